"""Which records, and which scopes that records make, somebody sees."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import asyncpg

from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.domain.masking import Masking
from datahub.dictionary.domain.seeing import Narrowing
from datahub.dictionary.domain.spoken import pattern_of
from datahub.dictionary.repository.seeing import seen_sql
from datahub.dictionary.tables import table_name
from datahub.records.repository.conditions import bound
from shared.access.rules import OPEN, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """Which 诊改对象 are wanted."""

    kinds: Sequence[str]
    """Of these kinds only; empty for every kind."""

    scopes: Sequence[str] | None
    """Only these; None for any."""

    asked: str | None = None
    """Only those whose key or name holds this, or whose name has these initials; None for any."""

    @property
    def keys(self) -> list[str] | None:
        """Keys of the wanted ones, whatever their kind."""
        return None if self.scopes is None else [each.partition("/")[2] for each in self.scopes]


def seen_condition(
    entity: Entity, narrowing: Narrowing, values: list[Any], as_of: int | None
) -> str:
    """Return that a record is seen: by the scopes that it counts for now."""
    condition = seen_sql(narrowing, partial(bound, values))
    if as_of is None:
        return condition
    return f'key IN (SELECT key FROM "{table_name(entity.name)}" WHERE {condition})'


async def is_seen(
    reader: "asyncpg.Connection[Any]", entity: Entity, narrowing: Narrowing | None, key: str
) -> bool:
    """Return whether a record of a key is seen, or none has it."""
    if narrowing is None:
        return True
    values: list[Any] = [key]
    condition = seen_sql(narrowing, partial(bound, values))
    return not await reader.fetchval(
        f'SELECT EXISTS (SELECT FROM "{table_name(entity.name)}"'
        f" WHERE key = $1 AND NOT coalesce({condition}, false))",
        *values,
    )


async def hidden_of(
    reader: "asyncpg.Connection[Any]", entity: Entity, masking: Masking | None, key: str
) -> frozenset[str]:
    """Return the fields of one record that are told masked."""
    if masking is None:
        return frozenset()
    is_clear = bool(masking.clear) and await is_seen(reader, entity, masking.clear, key)
    return frozenset() if is_clear else masking.fields


async def list_seen_scopes(
    reader: "asyncpg.Connection[Any]",
    dictionary: Dictionary,
    which: Scopes,
    limit: int,
    seen: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """Return 诊改对象 with their names, in the order of the scopes; what was asked for best first.

    Args:
        seen: of kinds whose names are not for all, these only; None for all.
    """
    parts = [
        f"(SELECT '{each.scope.kind}/' || key AS scope, \"{each.scope.name}\" AS name"
        f' FROM "{table_name(each.name)}" WHERE deleted_at IS NULL'
        " AND ($2::text[] IS NULL OR"
        f" key = ANY($2) AND '{each.scope.kind}/' || key = ANY($3::text[]))"
        f" AND ({_is_named(each.scope.kind, seen)}"
        f" OR '{each.scope.kind}/' || key = ANY($4::text[]))"
        f" AND ($5::text IS NULL OR {_asked(each.scope.name)}) ORDER BY key LIMIT $6)"
        for each in dictionary.entities.values()
        if each.scope is not None and (not which.kinds or each.scope.kind in which.kinds)
    ]
    if not parts:
        return []
    asked = which.asked
    like = None if asked is None else "%" + _LIKE.sub(r"\\\g<0>", asked) + "%"
    rows = await reader.fetch(
        f"SELECT scope, name FROM ({' UNION ALL '.join(parts)}) x ORDER BY {_RANK}, scope LIMIT $1",
        limit,
        which.keys,
        which.scopes,
        seen,
        like,
        limit if asked is None else _LOOKED_AT,
        None if asked is None else await asyncio.to_thread(pattern_of, asked),
    )
    return [{"scope": row["scope"], "name": row["name"] or row["scope"]} for row in rows]


_LOOKED_AT: Final = 1_000
"""Of each kind that were found, so that the best of them come first."""

_LIKE: Final = re.compile(r"[%_\\]")
_RANK: Final = (
    "CASE WHEN $5::text IS NULL OR '%' || split_part(scope, '/', 2) || '%' = $5"
    " OR '%' || name || '%' = $5 THEN 0"
    " WHEN name ILIKE substr($5, 2) OR split_part(scope, '/', 2) ILIKE substr($5, 2)"
    " OR name ~ ('^' || $7::text || '$') THEN 1"
    " WHEN name ILIKE $5 OR name ~ ('^' || $7::text) THEN 2 ELSE 3 END"
)


def _asked(name: str) -> str:
    return f'key ILIKE $5 OR "{name}" ILIKE $5 OR "{name}" ~ $7::text'


def _is_named(kind: str, seen: Sequence[str] | None) -> str:
    return "true" if seen is None or kind in OPEN[Kind.NAME] else "false"
