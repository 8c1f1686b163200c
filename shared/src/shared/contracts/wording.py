"""How numbers and lines read: one writing for the portal, the API and the report.

Numbers come as decimal strings and stay exact beside the words; rounding is for the eye only.
Source: our default.
"""

from decimal import Decimal
from typing import Final, Literal

from shared.contracts.vocabulary import OPERATOR_SYMBOL, Operator

Language = Literal["zh", "en"]

NO_VALUE: Final = "—"

_UNIT: Final[dict[str, tuple[str, str]]] = {
    "count": ("", ""),
    "to_one": (":1", ":1"),
    "score": ("分", " points"),
    "money": ("元", " yuan"),
    "days": ("天", " days"),
    "hours": ("小时", " hours"),
    "class_hours": ("学时", " class hours"),
    "years": ("岁", " years"),
    "person_days": ("人日", " person-days"),
    "m2": ("平方米", " m²"),
    "mbps": (" Mbps", " Mbps"),
    "number": ("", ""),
    "ratio": ("%", "%"),
    "percent": ("%", "%"),
    "per_mille": ("‰", "‰"),
}
"""What stands behind a number; a unit that is not here is shown as it was written."""

_DIFFERENCE: Final[dict[str, tuple[str, str]]] = {
    "ratio": ("个百分点", " percentage points"),
    "percent": ("个百分点", " percentage points"),
    "per_mille": ("个千分点", " per mille points"),
    "to_one": ("", ""),
}
"""What stands behind a difference, where it is not what stands behind the number."""

_YES_NO: Final = {"0": ("否", "no"), "1": ("是", "yes")}


def value_words(value: str | None, unit: str | None, language: Language = "zh") -> str:
    """Return a number for the eye: ``31.17%``, ``18.24:1``, ``12,000元``; ``—`` for none.

    Args:
        unit: None where it is not known; the number then stands alone.
    """
    if value is None:
        return NO_VALUE
    if unit == "boolean" and value in _YES_NO:
        return _of(_YES_NO[value], language)
    return _scaled(value, unit) + _behind(_UNIT, unit, language)


def change_words(change: str | None, unit: str | None, language: Language = "zh") -> str:
    """Return a difference with its sign; of shares in percentage points."""
    if change is None:
        return NO_VALUE
    sign = "+" if Decimal(change) > 0 else "−" if Decimal(change) < 0 else ""
    return sign + _scaled(change.lstrip("+-"), unit) + _behind(_UNIT | _DIFFERENCE, unit, language)


def limit_words(
    op: Operator, value: str, upper: str | None, unit: str | None, language: Language = "zh"
) -> str:
    """Return a limit in words: ``≤ 25%``, ``14–16``, ``1、2 之一``."""
    values = [value_words(each, unit, language) for each in limit_values(value, upper)]
    match op:
        case Operator.BETWEEN:
            return "–".join(values)
        case Operator.IN if language == "en":
            return f"one of {', '.join(values)}"
        case Operator.IN:
            return f"{'、'.join(values)} 之一"
        case _:
            return f"{OPERATOR_SYMBOL[op]} {values[0]}"


def limit_values(value: str, upper: str | None) -> list[str]:
    """Return the numbers of a limit as decimal strings: one, both ends, or all members."""
    return [each.strip() for each in value.split(",")] + ([upper] if upper else [])


def _scaled(value: str, unit: str | None) -> str:
    """Return a number with as few decimals as it needs: two at most, four below one."""
    number = Decimal(value) * 100 if unit == "ratio" else Decimal(value)
    rounded = round(number, 2 if abs(number) >= 1 else 4)
    # Nothing is added: it turns a rounded -0.00 into 0.00.
    text = f"{rounded + 0:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _behind(units: dict[str, tuple[str, str]], unit: str | None, language: Language) -> str:
    return _of(units[unit], language) if unit in units else unit or ""


def _of(words: tuple[str, str], language: Language) -> str:
    return words[0 if language == "zh" else 1]
