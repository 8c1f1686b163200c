"""Keep the reports: each is stored once and never changed."""

import zlib
from dataclasses import fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import exists, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from report_service.domain.facts import Facts
from report_service.domain.facts_of_work import PastValue
from report_service.domain.handing_over import Made
from report_service.domain.periods import earlier
from report_service.repository.known import Record
from report_service.tables import RenditionRow, ReportRow, WorkRow
from shared.kit.database import Transaction

PAGE: Final = 500
"""Reports in one transaction."""

_ALIKE: Final = ("scope", "period", "template")
_REPORT_KEY: Final = ["scope", "period", "template", "template_version", "digest"]


def packed_facts(facts: Facts) -> bytes:
    """Return facts as they are kept beside their report."""
    return zlib.compress(msgspec.json.encode(facts), 6)


def unpacked_facts(packed: bytes) -> Facts:
    """Return the facts that a report was made from."""
    return msgspec.json.decode(zlib.decompress(packed), type=Facts)


async def add_report(tx: Transaction, report: Record) -> bool:
    """Store a report; return whether it is new, and leave one that is there as it is."""
    stored = await tx.session.execute(
        insert(ReportRow)
        .values(report)
        .on_conflict_do_nothing(index_elements=_REPORT_KEY)
        .returning(ReportRow.id)
    )
    return stored.scalar_one_or_none() is not None


async def read_report(tx: Transaction, report: UUID) -> ReportRow | None:
    """Return a report."""
    return await tx.session.get(ReportRow, report)


async def read_by_key(tx: Transaction, key: Record) -> ReportRow:
    """Return the report that has a natural key."""
    same = [getattr(ReportRow, name) == value for name, value in key.items()]
    return (await tx.session.scalars(select(ReportRow).where(*same))).one()


async def newest_of(tx: Transaction, scope: str, limit: int = 5) -> list[Record]:
    """Return the newest reports on an object: ``id number title period``."""
    rows = await tx.session.execute(
        select(ReportRow.id, ReportRow.number, ReportRow.title, ReportRow.period)
        .where(ReportRow.scope == scope)
        .order_by(ReportRow.created_at.desc(), ReportRow.id.desc())
        .limit(limit)
    )
    return [dict(each) for each in rows.mappings()]


async def is_first(tx: Transaction, made: Made) -> bool:
    """Whether no report of its scope, period and template was made before."""
    alike = [getattr(ReportRow, name) == getattr(made, name) for name in _ALIKE]
    other = await tx.session.scalar(select(ReportRow.id).where(*alike, ReportRow.id != made.id))
    return other is None


async def next_first_reports(tx: Transaction, after: str) -> list[Made]:
    """Return the reports that follow an id and were the first of their kind, a page of them."""
    before = aliased(ReportRow)
    alike = [getattr(before, name) == getattr(ReportRow, name) for name in _ALIKE]
    follows = ReportRow.id > UUID(after) if after else true()
    rows = await tx.session.execute(
        select(*[getattr(ReportRow, each.name) for each in fields(Made)])
        .where(follows, ~exists().where(*alike, before.id < ReportRow.id))
        .order_by(ReportRow.id)
        .limit(PAGE)
    )
    return [Made(**row) for row in rows.mappings()]


async def restated_since(
    tx: Transaction, facts: Facts, template: str, as_of: datetime | None
) -> tuple[PastValue, ...]:
    """Return what the last issued report of an earlier period said, and is another value now.

    Args:
        as_of: only those that were issued until then.
    """
    rows = await tx.session.execute(
        select(ReportRow.period, ReportRow.facts)
        .join(WorkRow, WorkRow.report == ReportRow.id)
        .where(
            ReportRow.scope == facts.about.scope,
            ReportRow.template == template,
            WorkRow.state.in_(["issued", "superseded"]),
            true() if as_of is None else WorkRow.issued_at <= as_of,
            ReportRow.facts.is_not(None),
            ReportRow.period.startswith(facts.period.partition(":")[0] + ":"),
        )
        .order_by(WorkRow.issued_at.desc())
        .limit(8)
    )
    last = next((row for row in rows if earlier(row.period, facts.period)), None)
    if last is None:
        return ()
    told = unpacked_facts(last.facts)
    return tuple(
        PastValue(
            indicator=said.indicator,
            period=told.period,
            value=said.value,
            formula_version=said.formula_version,
            id=said.id,
            version=said.version,
            at=said.at,
        )
        for said in told.measurements.values()
        if any(
            now.period == told.period and now.value != said.value
            for now in facts.history.get(said.indicator, ())
        )
    )


async def add_renditions(tx: Transaction, rows: list[dict[str, Any]]) -> None:
    """Store the files of an issued report."""
    await tx.session.execute(insert(RenditionRow).values(rows))


async def issued_files(
    tx: Transaction, scope: str, period: str, template: str, as_of: datetime
) -> tuple[str, dict[str, bytes]]:
    """Return number and files of what was issued last until a moment; nothing where nothing was."""
    row = await tx.session.scalar(
        select(ReportRow)
        .join(WorkRow, WorkRow.report == ReportRow.id)
        .where(
            ReportRow.scope == scope,
            ReportRow.period == period,
            ReportRow.template == template,
            WorkRow.issued_at <= as_of,
        )
        .order_by(WorkRow.issued_at.desc(), ReportRow.id.desc())
        .limit(1)
    )
    if row is None:
        return "", {}
    files = await tx.session.scalars(
        select(RenditionRow).where(RenditionRow.report == row.id).order_by(RenditionRow.format)
    )
    return row.number, {each.format: each.content for each in files}


async def read_rendition(tx: Transaction, report: UUID, kind: str) -> RenditionRow | None:
    """Return a file of an issued report."""
    return await tx.session.get(RenditionRow, (report, kind))


async def digests_of(tx: Transaction, report: UUID) -> dict[str, str]:
    """Return the digests of the files of an issued report, by format."""
    rows = await tx.session.execute(
        select(RenditionRow.format, RenditionRow.sha256)
        .where(RenditionRow.report == report)
        .order_by(RenditionRow.format)
    )
    return {row.format: row.sha256 for row in rows}
