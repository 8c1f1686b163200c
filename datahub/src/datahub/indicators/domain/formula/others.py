"""Other indicators in a formula: of the same period, of periods before, of the year so far.

Source: design "Indicators" 1 and 4.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from datahub.indicators.domain.definition import (
    Count,
    Indicator,
    Input,
    Number,
    Reckoning,
    Result,
    ShiftName,
    When,
)
from datahub.indicators.domain.formula.syntax import FormulaError, Other, Shifted
from shared.errors import no_such

Known = Mapping[str, Indicator]
NOBODY: Final[Known] = MappingProxyType({})

_SHIFTS: Final[Mapping[str, ShiftName]] = {
    "previous": "back",
    "offset": "back",
    "same_term_last_year": "year_before",
}
_ADDED_UP: Final = frozenset({"count", "sum"})


def taken(tree: Other | Shifted, known: Known) -> Result:
    """Return what a formula takes of another indicator.

    Raises:
        FormulaError: there is no such indicator, or it does not add up over a year.
    """
    if isinstance(tree, Other):
        find(tree, known)
        return Input(tree.indicator, at=tree.at)
    found = find(tree.operand, known)
    if tree.name == "year_to_date":
        return _year_to_date(tree, found)
    steps = tree.steps if _SHIFTS[tree.name] == "back" else 0
    return Input(found.id, When(_SHIFTS[tree.name], steps), at=tree.at)


def find(tree: Other, known: Known) -> Indicator:
    """Return the indicator that a formula names.

    Raises:
        FormulaError: there is none.
    """
    found = known.get(tree.indicator)
    if found is None:
        near = get_close_matches(tree.indicator, known)
        zh, _, en = no_such("指标", "indicator", tree.indicator, near).rstrip(")").partition(" (")
        raise FormulaError(tree.at, zh, en)
    return found


def _year_to_date(tree: Shifted, indicator: Indicator) -> Result:
    is_stock = any(grain.is_present for grain in indicator.grains)
    adds_up = all(
        _adds_up(indicator, each) for each in (indicator.numerator, indicator.denominator)
    )
    if is_stock or not adds_up:
        raise FormulaError(
            tree.at,
            f"{indicator.id} 各周期不可累加（存量、不同值、最小、最大、分位数或由其他指标得出）",
            f"{indicator.id} does not add up over periods: it is a stock, counts different values,"
            " a least, a greatest or a percentile, or is made of other indicators",
        )
    when = When("year_to_date")
    top = Input(indicator.id, when, "numerator", at=tree.at)
    if not indicator.is_ratio:
        return top
    return Reckoning("/", (top, Input(indicator.id, when, "denominator", at=tree.at)))


def _adds_up(indicator: Indicator, result: Result | None) -> bool:
    """Whether a result of several groups is the sum of the groups' results."""
    match result:
        case None:
            return True
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
