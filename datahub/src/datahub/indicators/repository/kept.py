"""Measured values as they are kept, for whatever is reckoned with them."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from datahub.indicators.domain.measured import Value
from datahub.indicators.domain.view import Place
from shared.kit.database import Transaction
from shared.kit.sql import text

Said = dict[Place, Value]

_NAMES: Final = "m.indicator, m.scope, m.period"
_NUMBERS: Final = "m.value, m.numerator, m.denominator, m.n, m.coverage, m.reason"
"""In the order of `Value`."""

_READ: Final = (
    f"SELECT {_NAMES}, {_NUMBERS} FROM unnest($1::text[]) AS p(id)"
    " JOIN measurement m ON m.id = p.id"
)
_READ_ALL: Final = (
    f"SELECT {_NAMES}, {_NUMBERS} FROM measurement m WHERE m.indicator = ANY($1::text[])"
)


async def read(tx: Transaction, places: Collection[Place]) -> Said:
    """Return the measured values of some places that there are."""
    if not places:
        return {}
    driver = await tx.driver()
    return _said(await driver.fetch(_READ, ["|".join(place) for place in places]))


async def read_all(tx: Transaction, indicators: Iterable[str]) -> Said:
    """Return every measured value of some indicators."""
    driver = await tx.driver()
    return _said(await driver.fetch(_READ_ALL, sorted(indicators)))


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


def _said(rows: Iterable[Sequence[Any]]) -> Said:
    return {(row[0], row[1], row[2]): Value(*row[3:]) for row in rows}
