"""What somebody sees, by the hub's own table of scopes; as conditions whose values are bound."""

from collections.abc import Callable
from typing import Any, Final

import asyncpg

from datahub.dictionary.domain.seeing import Narrowing, Way
from datahub.dictionary.tables import table_name
from shared.access.sight import Sight

SEEN: Final = """
WITH RECURSIVE seen (scope) AS (
    SELECT unnest({roots}::text[])
    UNION
    SELECT s.scope FROM seen JOIN scope s ON s.doc -> 'parents' ? seen.scope
     WHERE seen.scope NOT LIKE 'student/%')
SELECT scope FROM seen ORDER BY scope
"""
"""Some scopes and all beneath them. An index finds what lies in a scope."""

Bind = Callable[[Any, str], str]
"""Binds a value of a type; returns its place in the statement."""


async def seen_by(reader: "asyncpg.Connection[Any]", sight: Sight) -> list[str]:
    """Return the scopes that somebody sees."""
    if not sight.known:
        rows = await reader.fetch(SEEN.format(roots="$1"), sorted(sight.roots))
        sight.known.append([row["scope"] for row in rows])
    return sight.known[0]


def seen_sql(narrowing: Narrowing, bind: Bind) -> str:
    """Return the condition that a row of the entity's own table is seen."""
    return f"({' OR '.join(_way(each, bind) for each in narrowing) or 'false'})"


def _way(way: Way, bind: Bind) -> str:
    condition = f'"{way.field}" = ANY({bind(list(way.keys), "text[]")})'
    for field, entity in reversed(way.through):
        condition = f'"{field}" IN (SELECT key FROM "{table_name(entity)}" WHERE {condition})'
    return condition
