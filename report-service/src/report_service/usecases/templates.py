"""Take in templates that a college edited: tried on a report before they are kept."""

from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar

from report_service.domain.document.blocks import as_json
from report_service.domain.kinds.kind import Kind
from report_service.domain.kinds.registry import KINDS
from report_service.domain.kinds.specimen import specimen
from report_service.repository import templates
from report_service.schemas.reports import PutTemplate
from report_service.usecases.rendering.press import Press, Templates
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction


class KindNotFoundError(DomainError):
    """There is no such kind of report."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "report-kind-not-found"
    title_zh: ClassVar = "没有这种报告"
    title_en: ClassVar = "No such kind of report"


class SectionUnknownError(DomainError):
    """A template chooses a section that its kind has not."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "section-unknown"
    title_zh: ClassVar = "没有这个章节"
    title_en: ClassVar = "No such section"


def find_kind(key: str) -> Kind:
    """Return a kind of report.

    Raises:
        KindNotFoundError: there is none of that key.
    """
    if key not in KINDS:
        raise KindNotFoundError(
            f"没有 {key} 这种报告", f"there is no kind {key}", fixes=["GET /api/report/v1/kinds"]
        )
    return KINDS[key]


async def add_version(
    tx: Transaction, press: Press, kind: Kind, wanted: PutTemplate, by: str, at: datetime
) -> int:
    """Keep a version of a template, after a report was made with it; return its number.

    Raises:
        SectionUnknownError: it chooses sections that the kind has not.
        TemplateRefusedError: it makes no file.
    """
    known = [each.key for each in kind.sections]
    unknown = [each for each in wanted.sections if each not in known]
    if unknown:
        raise SectionUnknownError(
            f"{kind.title}没有章节 {'、'.join(unknown)}",
            f"{kind.key} has no section {', '.join(unknown)}",
            fields={"$.sections": [f"可选：{'、'.join(known)} (choose of {', '.join(known)})"]},
        )
    given = Templates(docx=wanted.docx, typst=wanted.typst)
    await press.make(as_json(specimen(kind)), ("docx", "pdf"), given)
    digest = sha256((wanted.docx or b"") + (wanted.typst or "").encode()).hexdigest()
    row: dict[str, Any] = {
        "kind": kind.key,
        "title": wanted.title,
        "sections": wanted.sections,
        "docx": wanted.docx,
        "typst": wanted.typst,
        "sha256": digest,
        "by": by,
        "at": at,
    }
    return await templates.add_template(tx, row)
