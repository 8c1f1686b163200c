"""Whether a new target lies below the old one. Source: design "The spiral", gate of improve."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

_RISES: Final = {">", ">="}
_FALLS: Final = {"<", "<="}

Target = Mapping[str, Any] | None
"""Operator and value of a target, as goals tell them; None where there is none."""


def is_lower(new: Target, old: Target) -> bool:
    """Return whether a new target asks for less than the old one.

    Where higher is better less is lower; where lower is better it is higher. Of bands and lists,
    and where the direction turned, a person judges: they are not lower. None where a target was
    asks for less, too.
    """
    if old is None:
        return False
    if new is None:
        return True
    both = {new["op"], old["op"]}
    if not (both <= _RISES or both <= _FALLS):
        return False
    before, after = (Decimal(each["value"]) for each in (old, new))
    return after < before if both <= _RISES else after > before
