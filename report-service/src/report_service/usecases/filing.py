"""The files of a report: those it was issued with, else as it stands."""

from collections.abc import Sequence
from typing import Final

from report_service.repository import reports, work
from report_service.tables import ReportRow
from report_service.usecases.rendering.press import Press
from report_service.usecases.reports import templates_for
from shared.kit.database import Transaction

MEDIA: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "zip": "application/zip",
}


async def files_of(
    tx: Transaction, row: ReportRow, formats: Sequence[str], press: Press
) -> dict[str, bytes]:
    """Return the files of a report by format.

    Raises:
        TemplateRefusedError: its template makes no file.
    """
    if not formats:
        return {}
    issued = {each: await reports.read_rendition(tx, row.id, each) for each in formats}
    files = {kind: found.content for kind, found in issued.items() if found is not None}
    left = [each for each in formats if each not in files]
    document = await work.current(tx, row)
    if "html" in left and document["cover"]["digest"] == row.digest:
        # Nobody wrote into it since: its page is there already.
        files["html"] = row.html.encode()
        left.remove("html")
    if left:
        files |= await press.make(document, left, await templates_for(tx, row))
    return files
