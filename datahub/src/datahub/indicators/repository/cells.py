"""Measured values: kept when they differ from what is stored, with their history."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Any, Final

from datahub.indicators.domain.measured import Value
from shared.kit.database import Transaction
from shared.kit.sql import columns_of, rows_of, text

AT_ONCE: Final = 500
"""Cells stored by one statement; while the database does so the next are reckoned."""

A_TURN: Final = 50
"""Cells reckoned before other work of this process has its turn: some two milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell and what was measured for it."""

    indicator: str
    formula_version: int
    scope: str
    period: str
    value: Value
    handed_at: datetime | None = None
    """When it was approved, if somebody handed it in."""

    @property
    def id(self) -> str:
        """Identify the cell."""
        return f"{self.indicator}|{self.scope}|{self.period}"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is kept with every value of a round."""

    seq: int
    """The number of the round."""

    watermark: int
    """The last change that counts."""

    at: datetime
    fresh: Mapping[str, datetime | None]
    """By indicator, when the newest batch behind it came in."""


async def known_cells(
    tx: Transaction, indicators: Sequence[str]
) -> dict[str, set[tuple[str, str]]]:
    """Return (scope, period) of the cells that indicators have."""
    rows = await tx.session.execute(
        text("SELECT indicator, scope, period FROM measurement WHERE indicator = ANY(:indicators)"),
        {"indicators": list(indicators)},
    )
    known: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        known.setdefault(row.indicator, set()).add((row.scope, row.period))
    return known


async def count_values(tx: Transaction) -> list[dict[str, Any]]:
    """Return, by indicator, how many cells have a value, and how many of them were handed in."""
    rows = await tx.session.execute(
        text(
            "SELECT indicator, count(value)::text AS values_told,"
            " count(value) FILTER (WHERE manual)::text AS values_typed"
            " FROM measurement GROUP BY indicator ORDER BY indicator"
        )
    )
    return [dict(row) for row in rows.mappings()]


async def hash_cells(tx: Transaction) -> str:
    """Return the hash of all that is kept of the cells: 64 hex digits, the same in any order.

    Equal numbers are one (0.50 and 0.5); when a cell was measured, and from how new a batch, is no
    part of it.
    """
    bits = await tx.session.scalar(
        text(
            "SELECT bit_xor(('x' || encode(sha256(convert_to("
            f"ROW(id, {_HASHED})::text, 'UTF8')), 'hex'))::bit(256))::text FROM measurement"
        )
    )
    return f"{int(bits or '0', 2):064x}"


async def newest_batches(tx: Transaction, entities: Iterable[str]) -> dict[str, Any]:
    """Return, by entity, when its newest batch came in; what was done here is no news."""
    rows = await tx.session.execute(
        text(
            "SELECT e.entity, (SELECT b.finished_at FROM batch b WHERE b.entity = e.entity"
            " AND b.finished_at IS NOT NULL AND b.feed <> '' ORDER BY b.id DESC LIMIT 1) AS at"
            " FROM unnest(CAST(:entities AS text[])) AS e(entity)"
        ),
        {"entities": sorted(set(entities))},
    )
    return {row.entity: row.at for row in rows}


async def store_cells(
    tx: Transaction,
    cells: Iterable[Cell],
    stamp: Stamp,
    tell: Callable[[Sequence[Cell]], None],
) -> None:
    """Keep cells whose value differs from what is stored, with their history.

    Args:
        cells: taken a part at a time: while the database stores one, the next is reckoned.
        tell: takes the cells of a part that have another value than before, when they are stored.
    """
    driver = await tx.driver()

    async def store(part: Sequence[Cell]) -> Sequence[Cell]:
        rows = sorted(((cell.id, cell) for cell in part), key=itemgetter(0))
        columns = columns_of(_TYPES, _columns(rows, stamp.fresh))
        found = await driver.fetch(_STORE, stamp.seq, stamp.watermark, stamp.at, *columns)
        stored = {row[0] for row in found}
        return [cell for name, cell in rows if name in stored]

    left = iter(cells)
    storing: asyncio.Task[Sequence[Cell]] | None = None
    try:
        while part := await _take(left):
            changed = await storing if storing is not None else ()
            storing = asyncio.create_task(store(part))
            await asyncio.sleep(0)  # it is sent before anything else is reckoned
            tell(changed)
        tell(await storing if storing is not None else ())
    except BaseException:
        if storing is not None:
            await asyncio.wait([storing])
        raise


async def _take(left: Iterator[Cell]) -> list[Cell]:
    """Return the next cells to store; whoever waits for another answer goes in between."""
    part: list[Cell] = []
    while len(part) < AT_ONCE and (some := list(islice(left, A_TURN))):
        part += some
        await asyncio.sleep(0)
    return part


def _columns(
    rows: Sequence[tuple[str, Cell]], fresh: Mapping[str, datetime | None]
) -> list[list[Any]]:
    """Return the columns of `_TYPES`."""
    cells = [cell for _, cell in rows]
    values = [cell.value for cell in cells]
    return [
        [name for name, _ in rows],
        [each.indicator for each in cells],
        [each.scope for each in cells],
        [each.period for each in cells],
        [each.value for each in values],
        [each.numerator for each in values],
        [each.denominator for each in values],
        [each.n for each in values],
        [each.coverage for each in values],
        [each.handed_at or fresh.get(each.indicator) for each in cells],
        [each.formula_version for each in cells],
        [each.reason for each in values],
        [each.handed_at is not None for each in cells],
    ]


_TYPES: Final = {
    "id": "text",
    "indicator": "text",
    "scope": "text",
    "period": "text",
    "value": "numeric",
    "numerator": "numeric",
    "denominator": "numeric",
    "n": "bigint",
    "coverage": "numeric",
    "freshest_at": "timestamptz",
    "formula_version": "int",
    "reason": "text",
    "manual": "bool",
}
_NAMES: Final = ", ".join(_TYPES)
_PLACE: Final = frozenset({"id", "indicator", "scope", "period"})
_SAID: Final = [name for name in _TYPES if name not in {*_PLACE, "freshest_at"}]
"""What makes a value another one; a newer batch alone does not."""

_HASHED: Final = ", ".join(
    f"trim_scale({name})" if _TYPES[name] == "numeric" else name for name in _SAID
)


def _said(table: str) -> str:
    return ", ".join(f"{table}.{name}" for name in _SAID)


_STORE: Final = f"""
    WITH fresh AS (
      SELECT {_NAMES} FROM {rows_of(_TYPES, 4)}
    ), stored AS (
      INSERT INTO measurement AS m ({_NAMES}, seq, watermark, measured_at)
      SELECT {_NAMES}, $1, $2, $3 FROM fresh
      ON CONFLICT (id) DO UPDATE SET value = excluded.value, numerator = excluded.numerator,
        denominator = excluded.denominator, n = excluded.n, coverage = excluded.coverage,
        freshest_at = excluded.freshest_at, formula_version = excluded.formula_version,
        reason = excluded.reason, manual = excluded.manual, seq = excluded.seq,
        watermark = excluded.watermark, measured_at = excluded.measured_at
      WHERE ({_said("m")}) IS DISTINCT FROM ({_said("excluded")})
      RETURNING {_NAMES}, seq, watermark, measured_at
    ), kept AS (
      INSERT INTO measurement_history ({_NAMES}, seq, watermark, measured_at)
      SELECT {_NAMES}, seq, watermark, measured_at FROM stored
    )
    SELECT id FROM stored
"""
