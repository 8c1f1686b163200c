"""The work on reports as its screens show it."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select

from report_service.domain.drafting import places_of, spans_of
from report_service.domain.life import STATE_ZH, may
from report_service.domain.naming import masked
from report_service.domain.periods import earlier, sort_key
from report_service.repository import reports, work
from report_service.schemas.reports import Verification
from report_service.schemas.work import Comparison, Difference, Draft
from report_service.tables import ReportRow, WorkRow
from shared.access.rules import Kind
from shared.access.sight import is_seen
from shared.kit.database import Transaction


async def draft_of(tx: Transaction, row: ReportRow, doing: WorkRow, by: str) -> Draft:
    """Return how far a report has come, and what somebody may do with it."""
    document = await work.current(tx, row)
    is_near = await is_seen(tx, Kind.WORK, doing.scope, doing.owner)
    columns = {name: getattr(doing, name) for name in Draft.model_fields if hasattr(doing, name)}
    return Draft(
        **columns,
        state_zh=STATE_ZH[doing.state],
        texts={each.place: each.text for each in await work.read_texts(tx, row.id)},
        places=places_of(document),
        # Who signed other words, before it was sent back, has not signed these.
        signatures={
            each.role: each.by
            for each in await work.signatures_of(tx, row.id)
            if each.digest == document.get("cover", {}).get("digest")
        },
        files=await reports.digests_of(tx, row.id),
        may=may(doing.state, doing.submitted_by, by, is_near=is_near),
    )


async def verification_of(tx: Transaction, number: str) -> list[Verification]:
    """Return what is known of a number: which issued report bears it, and its files' digests.

    Anybody may ask: of persons it tells the first character of their name alone.
    """
    rows = await tx.session.execute(
        select(ReportRow, WorkRow)
        .outerjoin(WorkRow, WorkRow.report == ReportRow.id)
        .where(ReportRow.number == number)
        .order_by(ReportRow.created_at)
        .limit(10)
    )
    return [await _verified(tx, row, doing) for row, doing in rows]


async def comparison_of(tx: Transaction, row: ReportRow) -> Comparison:
    """Return which numbers differ from the newest report of the period before."""
    alike = (ReportRow.scope == row.scope, ReportRow.template == row.template)
    kind = ReportRow.period.startswith(row.period.partition(":")[0] + ":")
    rows = await tx.session.execute(
        select(ReportRow.id, ReportRow.period, ReportRow.created_at).where(*alike, kind)
    )
    before = [each for each in rows if earlier(each.period, row.period)]
    if not before:
        return Comparison(report=row.id, before=None, before_period=None, differences=[])
    last = max(before, key=lambda each: (sort_key(each.period), each.created_at))
    old = await reports.read_report(tx, last.id)
    assert old is not None
    was, now = (
        dict(_numbers(await work.current(tx, old))),
        dict(_numbers(await work.current(tx, row))),
    )
    differences = [
        Difference(point=point, before=was.get(point, "—"), now=value)
        for point, value in now.items()
        if was.get(point) != value
    ]
    return Comparison(
        report=row.id, before=last.id, before_period=last.period, differences=differences
    )


async def _verified(tx: Transaction, row: ReportRow, doing: WorkRow | None) -> Verification:
    document = await work.current(tx, row)
    is_issued = doing is not None and doing.issued_at is not None
    return Verification(
        number=row.number,
        title=row.title,
        scope_name=masked(row.scope, row.scope_name),
        period=row.period,
        as_of=row.as_of,
        state=doing.state if doing else "issued",
        digest=document["cover"]["digest"] if is_issued else row.digest,
        files=await reports.digests_of(tx, row.id) or {"html": row.sha256},
        issued_at=doing.issued_at if doing else None,
        superseded_by=str(doing.superseded_by) if doing and doing.superseded_by else None,
    )


def _numbers(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the first bound number of each row is, by table and row."""
    blocks = (block for section in document.get("sections", ()) for block in section["blocks"])
    for block in blocks:
        for row in block["rows"] if block["block"] == "table" else ():
            yield from _of_row(block, row)


def _of_row(block: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for column, cell in zip(block["columns"], row["cells"], strict=True):
        if column["key"] == "current":
            name = row["cells"][0][0]["text"] if row["cells"][0] else row["key"]
            yield name, next((each["text"] for each in spans_of(cell)), "—")
