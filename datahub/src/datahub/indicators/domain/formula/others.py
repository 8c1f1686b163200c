"""Other indicators in a formula: of the same period, of periods before, of the year so far.

Source: design "Indicators" 1 and 4.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from datahub.indicators.domain.definition import (
    Indicator,
    Input,
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
    match indicator.aggregation:
        case None:
            raise FormulaError(
                tree.at,
                f"{indicator.id} 各周期不可累加（不同值、分位数或由其他指标得出）；"
                "要取末期、最小或最大值，在它的定义中写明 aggregation",
                f"{indicator.id} does not add up over periods: it counts different values, a"
                " percentile, or is made of other indicators; where the last, least or greatest"
                " value is meant, say aggregation in its definition",
            )
        case "minimum" | "maximum" | "last" as by:
            return Input(indicator.id, When("year_to_date", by=by), at=tree.at)
        case _:
            when = When("year_to_date")
    top = Input(indicator.id, when, "numerator", at=tree.at)
    if not indicator.is_ratio:
        return top
    return Reckoning("/", (top, Input(indicator.id, when, "denominator", at=tree.at)))
