"""What a cell is as text: the form in which every other way in delivers the same value.

Whole numbers have no ``.0``; dates are ISO; a number of more digits than a spreadsheet keeps
shows its exponent, so that nobody takes the zeros behind for digits.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

ERRORS: Final = frozenset(
    {
        *("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"),
        *("#SPILL!", "#CALC!", "#CONNECT!", "#BLOCKED!", "#UNKNOWN!", "#FIELD!"),
    }
)
"""What a spreadsheet shows where a formula failed."""

UNCALCULATED: Final = "#FORMULA!"
"""A formula whose program never stored a result."""

KEPT_DIGITS: Final = 15
"""A spreadsheet keeps no more digits of a number."""


def texts(column: Sequence[Any]) -> list[str | None]:
    """Return a column's cells as text; an empty cell is None.

    Of a column with instants, a cell at midnight is an instant too, and not a date.
    """
    kinds = set(map(type, column))
    if kinds <= {str}:
        return [cell or None for cell in column]
    if date in kinds and datetime in kinds:
        return [_instant(cell) if type(cell) is date else text(cell) for cell in column]
    return [_TEXTS[type(cell)](cell) for cell in column]


def _instant(day: date) -> str:
    return f"{day.isoformat()}T00:00:00"


def text(cell: Any) -> str | None:
    """Return one cell as text."""
    return _TEXTS[type(cell)](cell)


def _number(value: float) -> str:
    if abs(value) >= 10**KEPT_DIGITS:
        return f"{value:.{KEPT_DIGITS - 1}E}"
    return str(int(value)) if value.is_integer() else f"{Decimal(repr(value)):f}"


def span(value: timedelta) -> str:
    """Write a length of time as a spreadsheet shows it: hours, however many, minutes, seconds."""
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"


_TEXTS: Final[dict[type, Callable[[Any], str | None]]] = {
    type(None): lambda _: None,
    str: lambda value: value or None,
    float: _number,
    int: lambda value: _number(float(value)) if abs(value) >= 10**KEPT_DIGITS else str(value),
    bool: lambda value: "true" if value else "false",
    date: date.isoformat,
    datetime: lambda value: value.isoformat(timespec="seconds"),
    time: lambda value: value.isoformat(timespec="seconds"),
    timedelta: span,
}
