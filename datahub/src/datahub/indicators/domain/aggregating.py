"""How the values of an indicator come together over the periods of a year so far.

Along the scopes every level is measured by the same formula over its own records, which is the
sum, the pooled ratio, the weighted mean, the least or the greatest of what lies beneath. So an
aggregation is refused that would say something else of a parent than its formula does. Source:
design "Indicators" 1 and 2.
"""

from collections.abc import Mapping
from typing import Final, cast, get_args

from datahub.dictionary.domain.document import Faults
from datahub.indicators.domain.definition import (
    Aggregation,
    Count,
    Indicator,
    Number,
    Reckoning,
    Result,
)

_ADDED_UP: Final = frozenset({"count", "sum"})
_EXTREMES: Final[Mapping[str, Aggregation]] = {"min": "minimum", "max": "maximum"}
_OF_EXTREMES: Final = {aggregation: name for name, aggregation in _EXTREMES.items()}


def read(said: object, indicator: Indicator, faults: Faults) -> Aggregation | None:
    """Return how the values of a definition come together: as it says, else as its formula does."""
    choices = get_args(Aggregation)
    stated = cast("Aggregation | None", faults.choice("$.aggregation", said, choices))
    if stated is None:
        return natural(indicator)
    if (why := contradiction(stated, indicator)) is not None:
        faults.add("$.aggregation", why)
    return stated


def natural(indicator: Indicator) -> Aggregation | None:
    """Return what the formula itself says; None where its values do not come together."""
    if any(grain.is_present for grain in indicator.grains):
        return "last"
    if adds_up(indicator):
        return "pooled_ratio" if indicator.is_ratio else "sum"
    match indicator.numerator:
        case Count(leg) if not indicator.is_ratio:
            return _EXTREMES.get(indicator.legs[leg].aggregate)
        case _:
            return None


def contradiction(stated: Aggregation, indicator: Indicator) -> str | None:
    """Return why a definition cannot say that, and what it can say; None where it can."""
    own = natural(indicator)
    if stated in {own, "last"} or (stated, own) == ("weighted_mean", "pooled_ratio"):
        return None
    if stated in _OF_EXTREMES:
        return _extreme(stated, indicator)
    if own is None:
        return (
            "公式的值不可相加（不同值、分位数、由其他指标得出或由人填报）：改为 last、minimum 或"
            " maximum (its values do not add up: say last, minimum or maximum)"
        )
    why = {
        "last": ("存量，各周期不相加", "a stock does not add up over periods"),
        "sum": ("公式不是除法，没有分母", "the formula is no quotient: there is no denominator"),
        "pooled_ratio": ("比率不能相加", "ratios are not added up"),
    }.get(own, ("公式得出最值，不能相加", "the formula gives an extreme, which does not add up"))
    return f"{why[0]}：改为 {own} ({why[1]}: say {own})"


def _extreme(stated: Aggregation, indicator: Indicator) -> str | None:
    kinds = sorted({grain.kind for grain in indicator.grains})
    if len(kinds) <= 1:
        return None
    name = _OF_EXTREMES[stated]
    return (
        f"上级的值由同一公式对其记录得出，不是下级的最{'小' if name == 'min' else '大'}值："
        f"只按一种对象测量，或另立指标 {name}([{indicator.id}] of {kinds[0]})"
        f" (a parent is measured by the formula over its own records: measure it for one kind of"
        f" scope, or define {name}([{indicator.id}] of {kinds[0]}))"
    )


def adds_up(indicator: Indicator) -> bool:
    """Whether what several groups or periods came to is the sum of what each of them did."""
    parts = (indicator.numerator, indicator.denominator)
    return all(each is None or _adds_up(indicator, each) for each in parts)


def _adds_up(indicator: Indicator, result: Result) -> bool:
    match result:
        case Count(leg):
            return indicator.legs[leg].aggregate in _ADDED_UP
        case Reckoning("+" | "-" | "neg", operands):
            return all(_adds_up(indicator, each) for each in operands)
        case Reckoning("*", (Number(), other) | (other, Number())) | Reckoning(
            "/", (other, Number())
        ):
            return _adds_up(indicator, other)
        case _:
            return False
