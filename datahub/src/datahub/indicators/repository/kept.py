"""Measured values as they are kept, for whatever is reckoned with them."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from sqlalchemy import Result

from datahub.indicators.domain.measured import Value
from datahub.indicators.domain.view import Place
from shared.kit.database import Transaction
from shared.kit.sql import text

Said = dict[Place, Value]

_NAMES: Final = "m.indicator, m.scope, m.period"
_NUMBERS: Final = "m.value, m.numerator, m.denominator, m.n, m.coverage, m.reason"


async def read(tx: Transaction, places: Collection[Place]) -> Said:
    """Return the measured values of some places that there are."""
    if not places:
        return {}
    rows = await tx.session.execute(
        text(
            f"SELECT {_NAMES}, {_NUMBERS} FROM unnest(CAST(:ids AS text[])) AS p(id)"
            " JOIN measurement m ON m.id = p.id"
        ),
        {"ids": ["|".join(place) for place in places]},
    )
    return _said(rows)


async def read_all(tx: Transaction, indicators: Iterable[str]) -> Said:
    """Return every measured value of some indicators."""
    rows = await tx.session.execute(
        text(f"SELECT {_NAMES}, {_NUMBERS} FROM measurement m WHERE m.indicator = ANY(:ids)"),
        {"ids": sorted(indicators)},
    )
    return _said(rows)


async def places_of(
    tx: Transaction, indicators: Iterable[str], scopes: Iterable[str]
) -> list[Place]:
    """Return the places of some indicators for which there is a measured value of some scopes."""
    rows = await tx.session.execute(
        text(
            f"SELECT {_NAMES} FROM measurement m"
            " WHERE m.indicator = ANY(:ids) AND m.scope = ANY(:scopes)"
        ),
        {"ids": sorted(indicators), "scopes": sorted(scopes)},
    )
    return [(row.indicator, row.scope, row.period) for row in rows]


async def versions_of(tx: Transaction, indicator: str) -> dict[Place, int]:
    """Return the version of its definition that made each measured value of an indicator."""
    rows = await tx.session.execute(
        text(f"SELECT {_NAMES}, formula_version FROM measurement m WHERE m.indicator = :indicator"),
        {"indicator": indicator},
    )
    return {(row.indicator, row.scope, row.period): row.formula_version for row in rows}


def _said(rows: Result[Any]) -> Said:
    return {
        (row.indicator, row.scope, row.period): Value(
            value=row.value,
            numerator=row.numerator,
            denominator=row.denominator,
            n=row.n,
            coverage=row.coverage,
            reason=row.reason,
        )
        for row in rows
    }
