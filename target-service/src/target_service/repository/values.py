"""Keep the newest measured value of each cell."""

from collections.abc import Sequence
from typing import Any, Final

from shared.contracts.datahub import MeasuredValue
from shared.kit.database import Transaction
from shared.kit.sql import columns_of, rows_of
from target_service.domain.judge import read_measured

Cell = tuple[str, str, str]
"""Indicator, scope and period."""


async def keep_newest(tx: Transaction, values: Sequence[MeasuredValue]) -> list[Cell]:
    """Keep the values that are newer than what is kept; return their cells.

    Args:
        values: at most one of each cell.
    """
    if not values:
        return []
    columns = columns_of(_KEPT, zip(*map(_kept, values), strict=True))
    rows = await (await tx.driver()).fetch(_KEEP, *columns)
    return [tuple(row) for row in rows]


def _kept(value: MeasuredValue) -> tuple[Any, ...]:
    """Return what is kept of a value, in the order of `_KEPT`.

    The numbers are read here: one that is none must not fail the statement of a whole batch.
    """
    return (
        value.indicator,
        value.scope,
        value.period,
        read_measured(value.value),
        read_measured(value.numerator),
        read_measured(value.denominator),
        value.n,
        read_measured(value.coverage),
        value.freshest_at,
        value.formula_version,
        value.reason,
        value.seq,
    )


_CELL: Final = ("indicator", "scope", "period")
_KEPT: Final = {
    **dict.fromkeys(_CELL, "text"),
    **dict.fromkeys(("value", "numerator", "denominator"), "numeric"),
    "n": "bigint",
    "coverage": "numeric",
    "freshest_at": "timestamptz",
    "formula_version": "int",
    "reason": "text",
    "seq": "bigint",
}
"""Columns of a measured value."""

_KEEP: Final = (
    f"INSERT INTO measured_value AS kept ({', '.join(_KEPT)})"
    f" SELECT * FROM {rows_of(_KEPT)}"
    # In one order everywhere, or two consumers could deadlock.
    f" ORDER BY {', '.join(_CELL)} ON CONFLICT ({', '.join(_CELL)}) DO UPDATE SET"
    f" {', '.join(f'{name} = excluded.{name}' for name in _KEPT if name not in _CELL)}"
    " WHERE (excluded.seq, excluded.formula_version) > (kept.seq, kept.formula_version)"
    f" RETURNING {', '.join(_CELL)}"
)
