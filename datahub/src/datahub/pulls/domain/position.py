"""How far a pull has read: a value of the source, kept so that it can be asked with again.

Source: our default.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

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
