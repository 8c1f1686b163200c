"""Of several versions in force each measures periods of its own.

A version with a day from which it is effective measures the periods that end on that day or later;
those that end before stay with the version before it. Source: design "Indicators" 1 (an old value
stays pinned to its version).
"""

from datahub.indicators.domain.definition import Beneath, Indicator
from datahub.indicators.domain.periods import Terms


def edition_of(indicator: Indicator, version: int) -> Indicator | None:
    """Return a version that is in force; None where that one is not."""
    return next((each for each in indicator.editions if each.version == version), None)


def edition_at(indicator: Indicator, period: str, terms: Terms) -> Indicator | None:
    """Return the version that measures a period; None where none is in force for it."""
    return next((each for each in indicator.editions if each.is_for(period, terms)), None)


def kinds_beneath(indicator: Indicator) -> frozenset[str]:
    """Return the kinds of scope that an indicator goes through, in any version in force."""
    items = (item for each in indicator.editions for item in each.items)
    return frozenset(item.kind for item in items if isinstance(item, Beneath))
