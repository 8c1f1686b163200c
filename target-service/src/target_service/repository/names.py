"""Scopes and indicators as the hub told of them: what may be named, and what is like it."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import and_, select, true
from sqlalchemy.dialects.postgresql import insert

from shared.access.rules import Kind
from shared.access.sight import narrowed
from shared.contracts.datahub import IndicatorPublished, MeasuredFor, ScopeItem
from shared.kit.database import Transaction
from shared.kit.known import names_like
from shared.kit.sql import text
from target_service.domain.units import UNKNOWN, Measure
from target_service.tables import IndicatorRow, ScopeRow

_SCOPES: Final = "scopes"
_MEASURES: Final = "measures"
"""Under these a transaction keeps what it has found."""


async def has_scope(tx: Transaction, scope: str) -> bool:
    """Return whether the hub has told of a scope whose record is still there."""
    # A file names a few thousand times what a transaction need find but once.
    found: set[str] = tx.session.info.setdefault(_SCOPES, set())
    if scope not in found:
        query = select(ScopeRow.scope).where(ScopeRow.scope == scope, ~ScopeRow.gone)
        found.update(await tx.session.scalars(query))
    return scope in found


async def has_left(tx: Transaction, scope: str) -> bool:
    """Return whether the hub told of a person or unit that is there no more."""
    query = select(ScopeRow.gone).where(ScopeRow.scope == scope)
    return bool(await tx.session.scalar(query))


async def scopes_among(tx: Transaction, scopes: Iterable[str]) -> set[str]:
    """Return those of some scopes whose records are still there."""
    query = select(ScopeRow.scope).where(ScopeRow.scope.in_(sorted(scopes)), ~ScopeRow.gone)
    return set(await tx.session.scalars(query))


async def has_indicator(tx: Transaction, indicator: str) -> bool:
    """Return whether the hub has published an indicator."""
    return bool(await units_of(tx, [indicator]))


async def units_of(tx: Transaction, indicators: Iterable[str]) -> dict[str, str]:
    """Return the unit of each indicator that the hub has published."""
    return {key: each.unit for key, each in (await measures_of(tx, indicators)).items()}


async def cells_of(tx: Transaction, indicator: str) -> list[MeasuredFor]:
    """Return the kinds of cell that an indicator has values for; none where it was not told."""
    query = select(IndicatorRow.measured_for).where(IndicatorRow.indicator == indicator)
    return [MeasuredFor.model_validate(each) for each in await tx.session.scalar(query) or ()]


async def named_scopes(tx: Transaction, kind: str) -> list[tuple[str, str]]:
    """Return scope and name of every scope of a kind whose record is still there."""
    query = select(ScopeRow.scope, ScopeRow.name_zh).where(
        ScopeRow.scope.startswith(f"{kind}/", autoescape=True), ~ScopeRow.gone
    )
    rows = await tx.session.execute(query.order_by(ScopeRow.scope))
    return [(row.scope, row.name_zh) for row in rows]


async def scopes_like(tx: Transaction, scope: str) -> list[str]:
    """Return scopes of the same kind that somebody may have meant, of those that he knows."""
    kind, _, _ = scope.partition("/")
    columns = (ScopeRow.scope, ScopeRow.name_zh)
    among = and_(~ScopeRow.gone, *await narrowed(tx, Kind.NAME, ScopeRow.scope))
    return await names_like(tx, columns, scope, among=among, prefix=f"{kind}/")


async def indicators_like(tx: Transaction, indicator: str) -> list[str]:
    """Return indicators that somebody may have meant."""
    columns = (IndicatorRow.indicator, IndicatorRow.name_zh)
    return await names_like(tx, columns, indicator, among=true())


async def tags_of(tx: Transaction, scopes: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return the tags of scopes: those that the hub tells, and the classes that name them here."""
    rows = await tx.session.execute(
        text(
            "WITH asked AS (SELECT unnest(CAST(:scopes AS text[])) AS scope),"
            " classed AS (SELECT named.scope, array_agg(r.key) AS classes FROM register_entry r"
            "  CROSS JOIN jsonb_array_elements_text(r.document -> 'scopes') named(scope)"
            "  JOIN asked USING (scope) WHERE r.register = 'object-classes' AND r.newest"
            "  AND r.withdrawn_at IS NULL GROUP BY named.scope)"
            " SELECT a.scope, coalesce(s.tags, '{}') || coalesce(c.classes, '{}') AS tags"
            " FROM asked a LEFT JOIN scope s USING (scope) LEFT JOIN classed c USING (scope)"
        ),
        {"scopes": sorted(set(scopes))},
    )
    return {row.scope: frozenset(row.tags) for row in rows}


async def known_of(tx: Transaction, indicator: str | None) -> Measure:
    """Return the unit and the direction of an indicator; empty where they are not known."""
    return (await measures_of(tx, [indicator])).get(indicator, UNKNOWN) if indicator else UNKNOWN


async def measures_of(tx: Transaction, indicators: Iterable[str]) -> dict[str, Measure]:
    """Return the unit and the direction of each indicator that the hub has published."""
    known: dict[str, Measure] = tx.session.info.setdefault(_MEASURES, {})
    asked = set(indicators)
    if new := asked - known.keys():
        query = select(IndicatorRow.indicator, IndicatorRow.unit, IndicatorRow.direction)
        for row in await tx.session.execute(query.where(IndicatorRow.indicator.in_(new))):
            known[row.indicator] = Measure(row.unit, row.direction)
    return {key: known[key] for key in asked & known.keys()}


async def save_scopes(tx: Transaction, items: Sequence[ScopeItem]) -> list[str]:
    """Keep the newest word on each scope; an older one changes nothing.

    Returns:
        The scopes that came, went, or lie or are sorted elsewhere than before.
    """
    tx.session.info.pop(_SCOPES, None)
    newest: dict[str, ScopeItem] = {}
    for item in items:
        if item.scope not in newest or newest[item.scope].seq < item.seq:
            newest[item.scope] = item
    new = insert(ScopeRow)
    names = ("name_zh", "parents", "owners", "tags", "gone", "seq")
    statement = new.on_conflict_do_update(
        index_elements=["scope"],
        set_={name: new.excluded[name] for name in names},
        where=ScopeRow.seq <= new.excluded.seq,
    )
    # In one order everywhere, or two consumers could deadlock.
    rows = [
        {"scope": scope, **item.model_dump(mode="json", include=set(names))}
        for scope, item in sorted(newest.items())
    ]
    before = await _places(tx, newest)
    await tx.session.execute(statement, rows)
    after = await _places(tx, newest)
    return [scope for scope in after if after[scope] != before.get(scope)]


async def _places(tx: Transaction, scopes: Iterable[str]) -> dict[str, Any]:
    columns = (ScopeRow.scope, ScopeRow.parents, ScopeRow.tags, ScopeRow.gone)
    query = select(*columns).where(ScopeRow.scope.in_(sorted(scopes))).order_by(ScopeRow.scope)
    rows = await tx.session.execute(query)
    return {row.scope: (row.parents, row.tags, row.gone) for row in rows}


async def save_indicators(tx: Transaction, told: Sequence[IndicatorPublished]) -> None:
    """Keep the newest version of each indicator; an older one changes nothing."""
    tx.session.info.pop(_MEASURES, None)
    newest: dict[str, IndicatorPublished] = {}
    for each in told:
        if each.indicator not in newest or newest[each.indicator].version < each.version:
            newest[each.indicator] = each
    new = insert(IndicatorRow)
    names = ("name_zh", "unit", "direction", "core", "version", "measured_for")
    statement = new.on_conflict_do_update(
        index_elements=["indicator"],
        set_={name: new.excluded[name] for name in names},
        where=IndicatorRow.version < new.excluded.version,
    )
    rows = [
        {"indicator": indicator} | each.model_dump(include=set(names))
        for indicator, each in sorted(newest.items())
    ]
    await tx.session.execute(statement, rows)
