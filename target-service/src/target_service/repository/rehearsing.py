"""Rehearse: do something and undo it; suppose other values and weights meanwhile."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Final

from shared.kit.database import Transaction
from target_service.domain.limits import write_number


async def goals_of(tx: Transaction, bindings: Iterable[str]) -> dict[str, str]:
    """Return the goals that bindings in force carry."""
    rows = await (await tx.driver()).fetch(
        "SELECT key, goal FROM binding WHERE key = ANY($1::text[]) AND goal IS NOT NULL"
        " AND withdrawn_at IS NULL",
        list(bindings),
    )
    return {row["key"]: row["goal"] for row in rows}


async def units_of(tx: Transaction, bindings: Iterable[str]) -> dict[str, str]:
    """Return the units of what bindings bind, where they are known."""
    rows = await (await tx.driver()).fetch(
        "SELECT b.key, i.unit FROM binding b JOIN indicator i USING (indicator)"
        " WHERE b.key = ANY($1::text[])",
        list(bindings),
    )
    return {row["key"]: row["unit"] for row in rows}


async def weighing(tx: Transaction, goals: Iterable[str]) -> dict[str, str | None]:
    """Return, by goal in force, its parent where that divides by weight; else None."""
    rows = await (await tx.driver()).fetch(
        "SELECT g.key, p.key AS parent FROM goal g LEFT JOIN goal p ON p.key = g.parent"
        " AND p.withdrawn_at IS NULL AND p.allocation = 'weighted'"
        " WHERE g.key = ANY($1::text[]) AND g.withdrawn_at IS NULL",
        list(goals),
    )
    return {row["key"]: row["parent"] for row in rows}


async def lines_to(tx: Transaction, goals: Iterable[str], top: str) -> dict[str, set[str]]:
    """Return the goals from each of these up to ``top``, for those that lie in its tree."""
    rows = await (await tx.driver()).fetch(_LINES, list(goals), top)
    lines: dict[str, set[str]] = {}
    for start, key in rows:
        lines.setdefault(start, set()).add(key)
    return {start: line for start, line in lines.items() if top in line}


@asynccontextmanager
async def undone(tx: Transaction, *, when: bool = True) -> AsyncGenerator[None]:
    """Undo at the end whatever the block did, and publish nothing of it.

    The transaction goes on: it may be that of a request whose answer is kept under its key.

    Args:
        when: not a rehearsal where it is false; then the block counts.
    """
    async with tx.part() as part:
        yield
        if not when:
            return
        await part.rollback()
    tx.session.expire_all()


async def suppose_values(tx: Transaction, values: Mapping[str, Decimal | None]) -> None:
    """Let bindings have other measured values, whole ones; None: none."""
    await (await tx.driver()).execute(_SUPPOSE, list(values), list(values.values()))


async def suppose_weight(tx: Transaction, goal: str, weight: Decimal) -> None:
    """Let a goal have another weight."""
    await (await tx.driver()).execute(
        "UPDATE goal SET weight = $2 WHERE key = $1", goal, write_number(weight)
    )


_LINES: Final = (
    "WITH RECURSIVE line AS (SELECT key AS start, key, parent FROM goal"
    " WHERE key = ANY($1::text[]) AND withdrawn_at IS NULL"
    " UNION ALL SELECT line.start, g.key, g.parent FROM line JOIN goal g ON g.key = line.parent"
    " WHERE line.key <> $2) SELECT start, key FROM line"
)

_SUPPOSE: Final = (
    "INSERT INTO measured_value AS m (indicator, scope, period, value, n, coverage,"
    " formula_version, seq)"
    " SELECT DISTINCT ON (b.indicator, b.scope, b.period) b.indicator, b.scope, b.period,"
    " g.value, 1, 1, 1, 1 FROM unnest($1::text[], $2::numeric[]) AS g(binding, value)"
    " JOIN binding b ON b.key = g.binding ORDER BY b.indicator, b.scope, b.period"
    " ON CONFLICT (indicator, scope, period) DO UPDATE SET value = excluded.value,"
    " numerator = NULL, denominator = NULL, coverage = 1"
)
