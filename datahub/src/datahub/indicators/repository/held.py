"""What was counted is held against the values that are kept, by SQL.

Of hundreds of thousands of cells few have other counts than their neighbours, and fewer another
value than before: those of the same counts and the same kept value are told together, so that each
such value is reckoned once, and cells that stay as they are cost nothing here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from datahub.indicators.domain.counted import Counted
from datahub.indicators.domain.definition import Grain
from datahub.indicators.domain.measure import Measure
from datahub.indicators.domain.measured import Value
from shared.kit.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Cells of one indicator that counted the same, and of which the same value is kept."""

    counted: Sequence[Counted | None]
    """What each measure counted; None where there are no rows."""

    value: Value | None
    """None where no value is kept."""

    formula_version: int | None
    manual: bool
    spots: Sequence[tuple[str, str]]
    """Keys of scope and period."""


async def list_alike(
    tx: Transaction, indicator: str, grain: Grain, measures: Sequence[Measure]
) -> list[Alike]:
    """Return every cell of one grain of an indicator, counted or kept, with those like it.

    Args:
        measures: one for each leg; what they counted is kept.
    """
    driver = await tx.driver()
    kind, period = f"{grain.kind}/", f"{grain.period_kind}:"
    only = None if grain.fixed_period is None else period + grain.fixed_period
    ids = [measure.id for measure in measures]
    rows = await driver.fetch(_select(len(ids)), ids, indicator, kind, period, only)
    return [_alike(row, len(ids)) for row in rows]


def _alike(row: Sequence[Any], legs: int) -> Alike:
    counts, kept, (version, manual, keys, periods) = row[: 4 * legs], row[4 * legs : -4], row[-4:]
    value, numerator, denominator, n, coverage, reason = kept
    said = Value(
        value=value,
        numerator=numerator,
        denominator=denominator,
        n=n or 0,
        coverage=coverage,
        reason=reason,
    )
    return Alike(
        counted=[_counted(*counts[4 * leg : 4 * leg + 4]) for leg in range(legs)],
        value=None if version is None else said,
        formula_version=version,
        manual=bool(manual),
        spots=list(zip(keys, periods, strict=True)),
    )


def _counted(base: Any, rows: Any, present: Any, value: Any) -> Counted | None:
    if base is None:
        return None
    return Counted(value=value, rows=rows, base=base, present=present)


_KEPT: Final = "value, numerator, denominator, n, coverage, reason, formula_version, manual"
_SELECT: Final = f"""
    SELECT {{told}}, {_KEPT}, array_agg(key), array_agg(period)
      FROM (SELECT key, period, {{counts}} FROM indicator_sum WHERE measure = ANY($1::text[])
             GROUP BY key, period) c
      FULL JOIN (
        SELECT substr(scope, length($3::text) + 1) AS key,
               substr(period, length($4::text) + 1) AS period, {_KEPT}
          FROM measurement
         WHERE indicator = $2::text AND starts_with(scope, $3) AND starts_with(period, $4)
           AND period = coalesce($5::text, period)) m USING (key, period)
     GROUP BY {{told}}, {_KEPT}
"""


@cache
def _select(legs: int) -> str:
    """Return the statement for so many legs.

    $1 are their measures, $2 the indicator, $3 and $4 how its scopes and periods begin, $5 its one
    period.
    """
    names = [(name, leg) for leg in range(legs) for name in ("base", "rows", "present", "value")]
    counts = (
        f"max({name}) FILTER (WHERE measure = ($1::text[])[{leg + 1}]) AS {name}{leg}"
        for name, leg in names
    )
    told = (f"{name}{leg}" for name, leg in names)
    return _SELECT.format(counts=", ".join(counts), told=", ".join(told))
