"""Keep the work on reports: what people wrote, remarked and signed, and how far each has come."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from report_service.domain.drafting import with_texts
from report_service.tables import CommentRow, ReportRow, SignatureRow, TextRow, WorkRow
from shared.kit.database import Transaction


def opened_document(row: ReportRow) -> dict[str, Any]:
    """Return the document of a report as it was opened, in JSON types."""
    document: dict[str, Any] = json.loads(row.content)
    return document


async def current(tx: Transaction, row: ReportRow) -> dict[str, Any]:
    """Return the document of a report with what people wrote, in JSON types."""
    texts = {each.place: each.text for each in await read_texts(tx, row.id)}
    document = opened_document(row)
    return with_texts(document, texts) if texts else document


async def open_work(tx: Transaction, row: dict[str, Any]) -> None:
    """Begin the work on a report."""
    await tx.session.execute(insert(WorkRow).values(row))


async def lock_work(tx: Transaction, report: UUID) -> WorkRow | None:
    """Return the work on a report, locked until the end of the transaction."""
    query = select(WorkRow).where(WorkRow.report == report).with_for_update()
    return (await tx.session.scalars(query)).one_or_none()


async def read_work(tx: Transaction, report: UUID) -> WorkRow | None:
    """Return the work on a report."""
    return await tx.session.get(WorkRow, report)


async def drafts_alike(tx: Transaction, report: dict[str, Any]) -> list[WorkRow]:
    """Return the other drafts of the same scope, period and kind, of facts no newer, locked."""
    rows = await tx.session.scalars(
        select(WorkRow)
        .join(ReportRow, ReportRow.id == WorkRow.report)
        .where(
            WorkRow.scope == report["scope"],
            WorkRow.period == report["period"],
            WorkRow.template == report["template"],
            WorkRow.state == "draft",
            WorkRow.report != report["id"],
            ReportRow.as_of <= report["as_of"],
        )
        .order_by(ReportRow.as_of.desc(), WorkRow.report)
        .with_for_update(of=WorkRow)
    )
    return list(rows)


async def drafts_of(tx: Transaction, cycle: str, template: str) -> list[WorkRow]:
    """Return the drafts of a kind that a cycle asked for, locked."""
    rows = await tx.session.scalars(
        select(WorkRow)
        .where(WorkRow.cycle == cycle, WorkRow.template == template, WorkRow.state == "draft")
        .order_by(WorkRow.report)
        .with_for_update()
    )
    return list(rows)


async def take_texts(tx: Transaction, was: UUID, now: UUID, places: Collection[str]) -> None:
    """Put the newest texts of a report into the places of another that has none there."""
    rows = [
        {
            "report": now,
            "place": each.place,
            "version": 1,
            "text": each.text,
            "by": each.by,
            "at": each.at,
        }
        for each in await read_texts(tx, was)
        if each.place in places
    ]
    if rows:
        await tx.session.execute(insert(TextRow).values(rows).on_conflict_do_nothing())


async def issued_alike(tx: Transaction, work: WorkRow) -> list[WorkRow]:
    """Return the reports of the same scope, period and kind that stand issued, locked."""
    rows = await tx.session.scalars(
        select(WorkRow)
        .where(
            WorkRow.scope == work.scope,
            WorkRow.period == work.period,
            WorkRow.template == work.template,
            WorkRow.state == "issued",
            WorkRow.report != work.report,
        )
        .order_by(WorkRow.report)
        .with_for_update()
    )
    return list(rows)


async def write_texts(
    tx: Transaction, report: UUID, texts: dict[str, str], by: str, at: datetime
) -> None:
    """Add a version of what stands at each place."""
    known = {each.place: each.version for each in await read_texts(tx, report)}
    rows = [
        {
            "report": report,
            "place": place,
            "version": known.get(place, 0) + 1,
            "text": text,
            "by": by,
            "at": at,
        }
        for place, text in sorted(texts.items())
    ]
    await tx.session.execute(insert(TextRow).values(rows))


async def read_texts(tx: Transaction, report: UUID) -> list[TextRow]:
    """Return the newest text of every place."""
    rows = await tx.session.scalars(
        select(TextRow)
        .where(TextRow.report == report)
        .order_by(TextRow.place, TextRow.version.desc())
        .ext(distinct_on(TextRow.place))
    )
    return list(rows)


async def history_of(tx: Transaction, report: UUID, place: str) -> list[TextRow]:
    """Return every version of what stood at a place, the newest first."""
    rows = await tx.session.scalars(
        select(TextRow)
        .where(TextRow.report == report, TextRow.place == place)
        .order_by(TextRow.version.desc())
        .limit(200)
    )
    return list(rows)


async def add_comment(tx: Transaction, row: dict[str, Any]) -> None:
    """Store a remark."""
    await tx.session.execute(insert(CommentRow).values(row))


async def comments_of(tx: Transaction, report: UUID) -> list[CommentRow]:
    """Return the remarks on a report, the oldest first."""
    rows = await tx.session.scalars(
        select(CommentRow)
        .where(CommentRow.report == report)
        .order_by(CommentRow.at, CommentRow.id)
        .limit(500)
    )
    return list(rows)


async def settle_comment(
    tx: Transaction, report: UUID, comment: UUID, by: str, at: datetime
) -> bool:
    """Note that a remark is settled; return whether it was open."""
    found = await tx.session.scalar(
        update(CommentRow)
        .where(
            CommentRow.report == report, CommentRow.id == comment, CommentRow.settled_by.is_(None)
        )
        .values(settled_by=by, settled_at=at)
        .returning(CommentRow.id)
    )
    return found is not None


async def sign(tx: Transaction, row: dict[str, Any]) -> None:
    """Store a signature in place of one in the same role."""
    statement = insert(SignatureRow).values(row)
    await tx.session.execute(
        statement.on_conflict_do_update(
            index_elements=["report", "role"],
            set_={name: statement.excluded[name] for name in ("by", "at", "digest")},
        )
    )


async def signatures_of(tx: Transaction, report: UUID) -> list[SignatureRow]:
    """Return who signed a report."""
    rows = await tx.session.scalars(
        select(SignatureRow).where(SignatureRow.report == report).order_by(SignatureRow.at)
    )
    return list(rows)
