"""How far a pull has read: a value of the source, kept so that it can be asked with again.

Source: our default.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

MINUTES_A_DAY: Final = 24 * 60

_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "str": str,
    "int": int,
    "float": float,
    "Decimal": Decimal,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}


def kept(value: Any) -> dict[str, str] | None:
    """Return a watermark as JSON; None where a value of this kind cannot be one."""
    name = type(value).__name__
    if name not in _READERS:
        return None
    is_day = isinstance(value, date)
    return {"type": name, "value": value.isoformat() if is_day else str(value)}


def value_of(position: Mapping[str, str]) -> Any:
    """Return a watermark as the source gave it."""
    return _READERS[position["type"]](position["value"])


def looked_back(value: Any, lookback: int) -> Any:
    """Return the watermark from which rows are read; None where a text cannot be looked back from.

    Args:
        lookback: minutes before a time, as many days before a date as they begin; units of a
            number.
    """
    if not lookback:
        return value
    match value:
        case datetime():
            return value - timedelta(minutes=lookback)
        case date():
            return value - timedelta(days=-(-lookback // MINUTES_A_DAY))
        case str():
            return None
        case _:
            return value - lookback
