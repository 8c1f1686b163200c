"""The names of scopes and indicators, and who answers for scopes: copies of what the hub told."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update

from alert_service.repository.alerts import is_one_of, upsert
from alert_service.tables import IndicatorRow, ScopeRow
from shared.contracts.datahub import IndicatorPublished, ScopeItem
from shared.kit.database import Transaction
from shared.kit.sql import text

SCOPE_LOCK = 7_000
"""Advisory lock: deciding shares it, learning scopes has it alone.

Without it an alert raised while its scope's owner comes in could miss that owner for ever.
"""


async def share_scopes(tx: Transaction) -> None:
    """Let nobody change scopes until the transaction ends; others may decide beside."""
    await tx.session.execute(
        text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": SCOPE_LOCK}
    )


async def find_owners(tx: Transaction, scopes: Iterable[str]) -> dict[str, str]:
    """Return by scope the first owner that it names who has not left the college."""
    rows = await tx.session.execute(text(_OWNERS), {"scopes": sorted(set(scopes))})
    return {row.scope: _person(row.person) for row in rows}


_OWNERS = """
SELECT s.scope, first.person FROM scope s CROSS JOIN LATERAL (
    SELECT named ->> 'person' AS person
      FROM jsonb_array_elements(s.owners) WITH ORDINALITY AS n(named, place)
     WHERE NOT EXISTS (SELECT FROM scope g WHERE g.gone AND g.scope = named ->> 'person')
     ORDER BY place LIMIT 1) first
 WHERE s.scope = ANY(CAST(:scopes AS text[])) AND s.owner IS NOT NULL
"""


async def find_gone(tx: Transaction, scopes: Iterable[str]) -> set[str]:
    """Return those of some scopes that the hub has told are gone."""
    gone = select(ScopeRow.scope).where(is_one_of(ScopeRow.scope, sorted(set(scopes))))
    return set(await tx.session.scalars(gone.where(ScopeRow.gone)))


async def find_names(tx: Transaction, scopes: Iterable[str]) -> dict[str, str]:
    """Return the Chinese name by scope, of those that the hub has told of."""
    rows = await tx.session.execute(
        select(ScopeRow.scope, ScopeRow.name_zh).where(
            is_one_of(ScopeRow.scope, sorted(set(scopes)))
        )
    )
    return {row.scope: row.name_zh for row in rows}


async def save_scopes(tx: Transaction, items: Sequence[ScopeItem]) -> list[str]:
    """Store scopes that are newer than what is known.

    Returns:
        Those that have another owner now, lie elsewhere, or are gone.
    """
    await tx.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SCOPE_LOCK})
    before = await _places(tx, items)
    newest: dict[str, ScopeItem] = {}
    for item in items:
        if item.scope not in newest or newest[item.scope].seq < item.seq:
            newest[item.scope] = item
    rows = [
        {
            "scope": item.scope,
            "name_zh": item.name_zh,
            "name_en": item.name_en,
            "parents": list(item.parents),
            "owners": [owner.model_dump(mode="json") for owner in item.owners],
            "tags": list(item.tags),
            "owner": next((_person(owner.person) for owner in item.owners), None),
            "gone": item.gone,
            "seq": item.seq,
        }
        for _, item in sorted(newest.items())
    ]
    await upsert(tx, ScopeRow, ["scope"], rows, newer_by="seq")
    after = await _places(tx, items)
    return sorted(scope for scope, place in after.items() if before.get(scope) != place)


async def _places(tx: Transaction, items: Sequence[ScopeItem]) -> dict[str, tuple[object, ...]]:
    """Return by scope who answers for it, what it lies in, and whether it is gone."""
    columns = (ScopeRow.scope, ScopeRow.owners, ScopeRow.parents, ScopeRow.gone)
    rows = await tx.session.execute(
        select(*columns).where(is_one_of(ScopeRow.scope, sorted({each.scope for each in items})))
    )
    return {row.scope: tuple(row)[1:] for row in rows}


async def save_indicators(tx: Transaction, told: Sequence[IndicatorPublished]) -> None:
    """Store what is told of indicators that is newer than what is known.

    One that was retired is no core indicator any more.
    """
    newest = {each.indicator: each for each in sorted(told, key=lambda each: each.version)}
    rows = [
        {
            name: getattr(each, name)
            for name in ("indicator", "unit", "name_zh", "name_en", "version")
        }
        | {"core": each.core}
        for _, each in sorted(newest.items())
    ]
    await upsert(tx, IndicatorRow, ["indicator"], rows, newer_by="version")
    # Retirement is told by the same version.
    retired = [each.indicator for each in told if each.retired_on]
    await tx.session.execute(
        update(IndicatorRow).where(is_one_of(IndicatorRow.indicator, retired)).values(core=False)
    )


async def find_heads(tx: Transaction, scopes: Iterable[str]) -> dict[str, str]:
    """Return by scope who leads the unit that it is or lies in, the nearest one that has a head."""
    rows = await tx.session.execute(
        text(_HEADS),
        {"scopes": sorted(set(scopes)), "roles": ["unit_head", "unit_deputy"]},
    )
    return {row.about: _person(row.person) for row in rows}


_HEADS = """
WITH RECURSIVE above (about, scope, steps) AS (
    SELECT about, about, 0 FROM unnest(CAST(:scopes AS text[])) AS about
    UNION
    SELECT a.about, parent, a.steps + 1
      FROM above a JOIN scope s ON s.scope = a.scope CROSS JOIN unnest(s.parents) AS parent
     WHERE a.steps < 8)
SELECT DISTINCT ON (a.about) a.about, named ->> 'person' AS person
  FROM above a JOIN scope s ON s.scope = a.scope
  CROSS JOIN jsonb_array_elements(s.owners) AS named
 WHERE a.scope LIKE 'unit/%' AND named ->> 'role' = ANY(:roles)
 ORDER BY a.about, a.steps, array_position(CAST(:roles AS text[]), named ->> 'role'), a.scope
"""


def _person(person: str) -> str:
    return person if "/" in person else f"person/{person}"
