"""Keep the read model and the reports: the only writer of this service's tables."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Insert,
    Table,
    and_,
    bindparam,
    column,
    exists,
    func,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import aliased

from report_service.domain.facts import (
    AlertNote,
    BindingFact,
    CorrectionNote,
    CycleNote,
    Facts,
    GoalFact,
    IndicatorFact,
    JudgementFact,
    MeasurementFact,
    ScopeFact,
    names_of,
)
from report_service.domain.handing_over import Made
from report_service.domain.naming import scopes_of
from report_service.tables import (
    AlertRow,
    BindingRow,
    CorrectionRow,
    CycleRow,
    GoalRow,
    IndicatorRow,
    JudgementRow,
    Known,
    MeasurementRow,
    ReportRow,
    ScopeRow,
)
from shared.kit.database import Transaction
from shared.kit.known import names_like

Record = dict[str, Any]
Fact = TypeVar("Fact")

PAGE: Final = 500
"""Reports in one transaction."""

_ALIKE: Final = ("scope", "period", "template")
_REPORT_KEY: Final = ["scope", "period", "template", "template_version", "digest"]


async def keep_newest(tx: Transaction, kind: type[Known], records: Sequence[Record]) -> None:
    """Keep the newest word on each thing, by one statement; an older one changes nothing.

    Args:
        records: columns of the table in JSON types; what the table does not have is left out.
    """
    [key] = [each.name for each in _table(kind).primary_key]
    newest: dict[str, Record] = {}
    for record in records:
        known = newest.get(record[key])
        if known is None or known["version"] < record["version"]:
            newest[record[key]] = record
    await tx.session.execute(_merge(kind), {"records": list(newest.values())})


async def read_in_one_snapshot(tx: Transaction) -> None:
    """Make every statement of this transaction see the same moment; call it first."""
    _ = await tx.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


async def find_scope(tx: Transaction, scope: str) -> ScopeFact | None:
    """Return what the hub told of a scope; None while it told nothing."""
    found = await _all(tx, ScopeFact, ScopeRow, ScopeRow.scope == scope)
    return found[0] if found else None


async def scopes_like(tx: Transaction, scope: str) -> list[str]:
    """Return scopes of the same kind that somebody may have meant."""
    kind, _, _ = scope.partition("/")
    columns = (ScopeRow.scope, ScopeRow.name_zh)
    return await names_like(tx, columns, scope, among=true(), prefix=f"{kind}/")


async def read_facts(tx: Transaction, about: ScopeFact, period: str) -> Facts:
    """Return everything a report on a scope and period needs, in one stable order."""

    def here(row: Any) -> ColumnElement[bool]:
        return and_(row.scope == about.scope, row.period == period)

    measured = await _all(tx, MeasurementFact, MeasurementRow, here(MeasurementRow))
    bindings = await _all(tx, BindingFact, BindingRow, here(BindingRow) & ~BindingRow.withdrawn)
    judged = await _all(tx, JudgementFact, JudgementRow, here(JudgementRow))
    goals = await _all(tx, GoalFact, GoalRow, here(GoalRow) & ~GoalRow.withdrawn)
    alerts = await _all(tx, AlertNote, AlertRow, here(AlertRow))
    corrections = await _all(tx, CorrectionNote, CorrectionRow, here(CorrectionRow))
    joined = [each.cycle for each in corrections if each.cycle]
    cycles = await _all(tx, CycleNote, CycleRow, or_(here(CycleRow), CycleRow.cycle.in_(joined)))
    told = (measured, bindings, goals, alerts, corrections)
    used = {each.indicator for group in told for each in group}
    indicators = await _all(
        tx, IndicatorFact, IndicatorRow, IndicatorRow.indicator.in_(used - {None})
    )
    bound = {each.id for each in bindings}
    owners = [each.owner for group in (bindings, goals, alerts, corrections) for each in group]
    owners += [each.acknowledged_by for each in alerts if each.acknowledged_by]
    owners += [owner["person"] for owner in about.owners]
    called = {scope for owner in owners for scope in scopes_of(owner)}
    called |= set(about.parents)
    return Facts(
        about=about,
        period=period,
        told_periods=await _told_periods(tx, about.scope, but=period),
        names=await _names(tx, called),
        indicators={each.indicator: each for each in indicators},
        measurements={each.indicator: each for each in measured},
        bindings=tuple(sorted(bindings, key=lambda each: (each.title, each.id))),
        judgements={each.binding: each for each in judged if each.binding in bound},
        goals=tuple(sorted(goals, key=lambda each: (each.title, each.id))),
        alerts=tuple(alerts),
        cycles=tuple(cycles),
        corrections=tuple(sorted(corrections, key=lambda each: (each.opened_at, each.correction))),
    )


async def add_report(tx: Transaction, report: Record) -> bool:
    """Store a report; return whether it is new, and leave one that is there as it is."""
    stored = await tx.session.execute(
        insert(ReportRow)
        .values(report)
        .on_conflict_do_nothing(index_elements=_REPORT_KEY)
        .returning(ReportRow.id)
    )
    return stored.scalar_one_or_none() is not None


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


async def _all(
    tx: Transaction, kind: type[Fact], table: type[Known], where: ColumnElement[bool]
) -> list[Fact]:
    """Return the facts of a kind, in the order of their keys."""
    names = names_of(kind)
    query = select(*[getattr(table, name) for name in names]).where(where)
    rows = await tx.session.execute(query.order_by(*table.__table__.primary_key))
    return [kind(**dict(zip(names, row, strict=True))) for row in rows]


async def _told_periods(tx: Transaction, scope: str, *, but: str) -> tuple[str, ...]:
    told = union(
        *(
            select(kind.period).where(kind.scope == scope, kind.period != but, in_force)
            for kind, in_force in (
                (MeasurementRow, true()),
                (BindingRow, ~BindingRow.withdrawn),
                (GoalRow, ~GoalRow.withdrawn),
            )
        )
    ).subquery()
    rows = await tx.session.scalars(select(told.c.period).order_by(told.c.period.desc()).limit(12))
    return tuple(rows)


async def _names(tx: Transaction, scopes: Iterable[str]) -> dict[str, str]:
    rows = await tx.session.execute(
        select(ScopeRow.scope, ScopeRow.name_zh).where(ScopeRow.scope.in_(list(scopes)))
    )
    return {row.scope: row.name_zh for row in rows}


def _table(kind: type[Known]) -> Table:
    table = kind.__table__
    assert isinstance(table, Table)
    return table


@cache
def _merge(kind: type[Known]) -> Insert:
    """Return the statement that merges ``:records`` into the table of a kind.

    Rows are written in the order of their keys, or two consumers could deadlock. Not ``MERGE``:
    it fails when another consumer inserts the same key at the same time.
    """
    table = _table(kind)
    [key] = list(table.primary_key)
    items = (
        func.jsonb_to_recordset(bindparam("records", type_=JSONB()))
        .table_valued(*[column(each.name, each.type) for each in table.columns])
        .render_derived(name="item", with_types=True)
    )
    merge = insert(table).from_select(
        [each.name for each in table.columns], select(*items.c).order_by(items.c[key.name])
    )
    return merge.on_conflict_do_update(
        index_elements=[key],
        set_={each.name: merge.excluded[each.name] for each in table.columns if each is not key},
        where=table.c.version < merge.excluded.version,
    )
