"""A measured value, as it is stored and published. Source: design "Indicators" 2–3."""

from decimal import Decimal
from typing import Final, NamedTuple

PARKED: Final = "parked"
"""The definition ran too long, or into a number that is none: it is measured no more."""


class Value(NamedTuple):
    """What was measured for one cell; a round makes tens of thousands."""

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    n: int
    """Rows that the value rests on."""

    coverage: Decimal
    reason: str | None


NOT_HANDED_IN: Final = "not-handed-in"
"""People hand the values in, and none that was is approved."""

UNTOLD: Final = Value(
    value=None, numerator=None, denominator=None, n=0, coverage=Decimal(0), reason=NOT_HANDED_IN
)
NOT_MEASURED: Final = Value(
    value=None, numerator=None, denominator=None, n=0, coverage=Decimal(0), reason=PARKED
)
