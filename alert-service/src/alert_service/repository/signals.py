"""Load and save what rules read: all as it came, and the newest word where a rule is in force.

Many rows are one statement: a batch of a thousand values costs two.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from msgspec import json

from alert_service.domain.rules.model import Signal
from alert_service.domain.rules.reading import Read
from alert_service.domain.rules.selecting import Place
from shared.kit.database import Transaction
from shared.kit.sql import columns_of, rows_of

_PART: Final = 2_000
"""Signals from history that are handed on together, or a few more."""

_SERIES: Final = {"kind": "text", "name": "text", "period": "text", "thing": "text"}
"""What many signals of a batch have in common: it is given once."""

_GIVEN: Final = {
    "series": "int",
    "scope": "text",
    "seq": "bigint",
    "at": "timestamptz",
    "value": "numeric",
    "n": "int",
    "coverage": "numeric",
    "freshest_at": "timestamptz",
    "said": "text",
}
_KEY: Final = {
    each: f"(${at}::text[])[item.series]" for at, each in enumerate(_SERIES, len(_GIVEN) + 1)
} | {"scope": "item.scope"}
_REST: Final = {each: f"item.{each}" for each in _GIVEN if each not in {"series", "scope"}} | {
    "said": "CAST(item.said AS jsonb)"
}
_KEEP: Final = f"""
 MERGE INTO signal AS s
 USING {rows_of(_GIVEN, place="place")}
    ON {" AND ".join(f"s.{each} = {given}" for each, given in _KEY.items())}
  WHEN MATCHED AND s.seq < item.seq THEN UPDATE SET
       {", ".join(f"{each} = {given}" for each, given in _REST.items())}
  WHEN NOT MATCHED THEN INSERT ({", ".join([*_KEY, *_REST])})
       VALUES ({", ".join([*_KEY.values(), *_REST.values()])})
RETURNING item.place, old.seq
"""
"""Who keeps signals holds the lock of what they are of, so nobody adds the same meanwhile."""

_COLUMNS: Final = (
    "kind, name, scope, period, thing, seq, at, value, n, coverage, freshest_at, said::text"
)
_PLACES: Final = """
WITH RECURSIVE above (about, scope, steps) AS (
    SELECT about, about, 0 FROM unnest($1::text[]) AS about
    UNION
    SELECT a.about, parent, a.steps + 1
      FROM above a JOIN scope s ON s.scope = a.scope CROSS JOIN unnest(s.parents) AS parent
     WHERE a.steps < 8)
SELECT a.about, array_agg(a.scope) AS above,
       (SELECT s.tags FROM scope s WHERE s.scope = a.about) AS tags
  FROM above a GROUP BY a.about
"""


Where = tuple[str, str, str, str, str]
"""Kind, name, scope, period and thing: what there is one newest signal of."""


Series = tuple[str, str, str, str]
"""Kind, name, period and thing: what a batch holds of many scopes."""


class Kept(NamedTuple):
    """What became of signals."""

    fresh: list[tuple[Signal, int | None]]
    """What was kept, with the seq of what was known before."""

    late: list[Signal]
    """What was not kept, for a newer one is known."""


def where_of(signal: Signal) -> Where:
    """Return of what a signal is the newest."""
    return signal[:5]


def series_of(signal: Signal) -> Series:
    """Return what a signal has in common with those of other scopes."""
    return signal.kind, signal.name, signal.period, signal.thing


async def log_signals(tx: Transaction, signals: Sequence[Signal], at: datetime) -> None:
    """Keep signals as they came, a row for each indicator and kind."""
    by_read: dict[Read, list[tuple[Any, ...]]] = {}
    for each in signals:
        by_read.setdefault((each.kind, each.name), []).append(_spelled(each))
    columns = [
        [kind for kind, _ in by_read],
        [name for _, name in by_read],
        [json.encode(items) for items in by_read.values()],
    ]
    await (await tx.driver()).execute(
        "INSERT INTO heard (kind, name, items, at)"
        " SELECT kind, name, items, $4 FROM unnest($1::text[], $2::text[], $3::bytea[])"
        " AS g(kind, name, items)",
        *columns,
        at,
    )


def _spelled(signal: Signal) -> tuple[Any, ...]:
    """Return what is not the same of the whole row: all but kind, name and instant."""
    return signal[2:6] + signal[7:]


def _read_spelled(kind: str, name: str, at: datetime, items: bytes) -> list[Signal]:
    return [
        Signal(
            kind,
            name,
            scope,
            period,
            thing,
            seq,
            at,
            None if value is None else Decimal(value),
            n,
            None if coverage is None else Decimal(coverage),
            None if freshest is None else datetime.fromisoformat(freshest),
            said or {},
        )
        for scope, period, thing, seq, value, n, coverage, freshest, said in json.decode(items)
    ]


async def keep_newest(tx: Transaction, signals: Sequence[Signal]) -> Kept:
    """Keep signals that are newer than what is known of the same."""
    newest: dict[Where, Signal] = {}
    late: list[Signal] = []
    for each in signals:
        where = where_of(each)
        known = newest.get(where)
        if known is None:
            newest[where] = each
            continue
        older, newest[where] = sorted((known, each), key=lambda one: one.seq)
        late.append(older)
    if not newest:
        return Kept([], late)
    # Neighbours in the index one after the other: what is next to it is at hand.
    rows = [newest[where] for where in sorted(newest)]
    series: dict[Series, int] = {}
    places = [series.setdefault(series_of(each), len(series) + 1) for each in rows]
    columns = list(zip(*rows, strict=True))
    told = [json.encode(each).decode() if each else None for each in columns[-1]]
    given = columns_of(_GIVEN, [places, columns[2], *columns[5:-1], told])
    found = await (await tx.driver()).fetch(_KEEP, *given, *zip(*series, strict=True))
    before: dict[int, int | None] = {row[0]: row[1] for row in found}
    fresh = [(each, before[place]) for place, each in enumerate(rows, 1) if place in before]
    late += [each for place, each in enumerate(rows, 1) if place not in before]
    return Kept(fresh, late)


async def load_signals(
    tx: Transaction, reads: Collection[Read], scopes: Collection[str]
) -> list[Signal]:
    """Return the newest signals of scopes, of every period."""
    if not reads or not scopes:
        return []
    rows = await (await tx.driver()).fetch(
        f"SELECT {_COLUMNS} FROM signal WHERE (kind, name) IN (SELECT * FROM unnest($1::text[],"
        " $2::text[])) AND scope = ANY($3::text[])",
        [kind for kind, _ in reads],
        [name for _, name in reads],
        sorted(scopes),
    )
    return [_read_row(row) for row in rows]


async def load_peers(tx: Transaction, cells: Collection[tuple[str, str]]) -> list[Signal]:
    """Return every value of indicators in periods, whatever its scope.

    Args:
        cells: indicator and period.
    """
    if not cells:
        return []
    rows = await (await tx.driver()).fetch(
        f"SELECT {_COLUMNS} FROM signal WHERE kind = 'measured' AND (name, period) IN"
        " (SELECT * FROM unnest($1::text[], $2::text[]))",
        [name for name, _ in cells],
        [period for _, period in cells],
    )
    return [_read_row(row) for row in rows]


async def load_heard(
    tx: Transaction, reads: Collection[Read], since: datetime, until: datetime
) -> AsyncIterator[list[Signal]]:
    """Yield what was heard in a stretch of time, the oldest first, in parts: it may be millions."""
    rows = (await tx.driver()).cursor(
        "SELECT kind, name, at, items FROM heard WHERE (kind, name) IN (SELECT * FROM"
        " unnest($1::text[], $2::text[])) AND at >= $3 AND at < $4 ORDER BY id",
        [kind for kind, _ in reads],
        [name for _, name in reads],
        since,
        until,
        prefetch=20,
    )
    part: list[Signal] = []
    async for row in rows:
        part += _read_spelled(*row)
        if len(part) >= _PART:
            yield part
            part = []
    if part:
        yield part


async def load_newest(
    tx: Transaction, reads: Collection[Read], since: datetime, until: datetime
) -> list[Signal]:
    """Return the newest of everything that was heard in a stretch of time."""
    newest: dict[Where, Signal] = {}
    async for part in load_heard(tx, reads, since, until):
        for each in part:
            known = newest.setdefault(where_of(each), each)
            if known.seq < each.seq:
                newest[where_of(each)] = each
    return list(newest.values())


async def load_places(tx: Transaction, scopes: Iterable[str]) -> dict[str, Place]:
    """Return where scopes lie, and their tags."""
    rows = await (await tx.driver()).fetch(_PLACES, sorted(set(scopes)))
    return {
        row["about"]: Place(frozenset(row["above"]), frozenset(row["tags"] or ())) for row in rows
    }


def _read_row(row: Any) -> Signal:
    *values, said = row
    return Signal._make([*values, json.decode(said) if said else {}])


async def places_of(tx: Transaction, reads: Collection[Read]) -> list[tuple[str, str]]:
    """Return the scopes and periods of the newest signals."""
    rows = await (await tx.driver()).fetch(
        "SELECT DISTINCT scope, period FROM signal WHERE (kind, name) IN (SELECT * FROM"
        " unnest($1::text[], $2::text[]))",
        [kind for kind, _ in reads],
        [name for _, name in reads],
    )
    return [(row["scope"], row["period"]) for row in rows]
