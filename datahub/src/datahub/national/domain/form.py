"""The form in which the standard wants a value, and whether a field can give it.

Source: 数字基座高职 V3.0.2: dates are ``YYYYMMDD``, ``YYYYMM`` or ``YYYY``, instants
``YYYYMMDDhhmmss``, times ``hhmmss``, yes and no ``1`` and ``0``; numbers have the decimals of
their length, money two.
"""

from typing import Final

from datahub.dictionary.domain.entity import FieldType
from datahub.dictionary.domain.national import Element

YES_NO: Final = "szjz_sfbzdm"
DAYS: Final = "GB/T 7408"
_NUMBERS: Final = frozenset({FieldType.INTEGER, FieldType.DECIMAL})
_PATTERNS: Final = {4: "YYYY", 6: "YYYYMM", 8: "YYYYMMDD", 15: "YYYYMMDDHH24MISS"}
MONEY_DECIMALS: Final = 2


def characters(element: Element) -> int:
    """Return how many characters a value may have."""
    return int(element.length.partition(",")[0])


def decimals(element: Element) -> int:
    """Return how many decimals a number keeps."""
    if element.type == "M":
        return MONEY_DECIMALS
    return int(element.length.partition(",")[2] or 0)


def is_number(element: Element) -> bool:
    """Return whether the standard wants a number."""
    return element.type in {"N", "M"}


def pattern(element: Element) -> str | None:
    """Return the pattern of a date, an instant or a time of day; None for anything else."""
    if element.values != DAYS or is_number(element):
        return None
    if element.length == "6" and not element.zh.endswith("年月"):
        return "HH24MISS"
    return _PATTERNS[characters(element)]


def misfit(element: Element, kind: FieldType) -> str | None:
    """Return why a value of a type cannot be brought into the form; None where it can."""
    wanted = pattern(element)
    if wanted is not None:
        return _of_time(wanted, kind)
    if kind in {FieldType.DATE, FieldType.TIMESTAMP}:
        return "要的不是日期 (no date is wanted)"
    if is_number(element) and kind not in _NUMBERS:
        return f"要的是数字，不是 {kind} (a number is wanted)"
    if kind is FieldType.BOOLEAN and element.code_set != YES_NO:
        return "要的不是“是/否” (no yes or no is wanted)"
    return None


def _of_time(wanted: str, kind: FieldType) -> str | None:
    clock = "HH" in wanted
    fits = {
        FieldType.TIMESTAMP: True,
        FieldType.DATE: not clock,
        FieldType.TEXT: wanted == "HH24MISS",
        FieldType.INTEGER: wanted == "YYYY",
    }
    return None if fits.get(kind, False) else f"{kind} 不能写成 {wanted} (cannot be written so)"
