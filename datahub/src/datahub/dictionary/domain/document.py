"""Read the parts of a document by their shape, and collect every fault on the way.

Definitions come as JSON from anybody who may write them: a part of the wrong shape is a fault
with its place, never an error. Source: contract "Errors" (all faults at once).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any


class Faults:
    """Collects what is wrong with a document, and reads its parts by their shape."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def add(self, place: str, reason: str) -> None:
        """Note what is wrong at a place."""
        self.found.setdefault(place, []).append(reason)

    def one_of(self, place: str, allowed: Iterable[str]) -> None:
        """Note that a place takes one of some words."""
        names = list(allowed)
        self.add(place, f"只能是 {'、'.join(names)} (one of {', '.join(names)})")

    def known(self, place: str, spec: Mapping[str, Any], allowed: frozenset[str]) -> None:
        """Refuse keys that nobody reads."""
        for name in sorted(set(spec) - allowed):
            self.add(f"{place}.{name}", "未知的键 (unknown key)")

    def table(self, place: str, value: object) -> Mapping[str, Any]:
        """Return an object; empty when there is none."""
        if value is None:
            return {}
        if isinstance(value, Mapping):
            return value
        self.add(place, "须为对象 (an object)")
        return {}

    def words(self, place: str, value: object) -> tuple[str, ...]:
        """Return a text or a list of texts as a tuple; empty when there is none."""
        match value:
            case None:
                return ()
            case str():
                return (value,)
            case list() | tuple() if all(isinstance(each, str) for each in value):
                return tuple(value)
            case _:
                self.add(place, "须为文本或文本列表 (a text or a list of texts)")
                return ()

    def text(self, place: str, value: object) -> str | None:
        """Return a TOML or JSON scalar as the text that a source would have written."""
        match value:
            case None:
                return None
            case bool():
                return "true" if value else "false"
            case str() | int() | float() | date():
                return str(value)
            case _:
                self.add(place, "须为文本、数字或是否 (a text, a number or a boolean)")
                return None

    def flag(self, place: str, value: object) -> bool:
        """Return a boolean; false when there is none."""
        if value is None or isinstance(value, bool):
            return bool(value)
        self.add(place, "true | false")
        return False

    def choice(self, place: str, value: object, allowed: Collection[str]) -> str | None:
        """Return one of some words; None when there is none."""
        if value is None or (isinstance(value, str) and value in allowed):
            return value
        self.one_of(place, sorted(allowed))
        return None

    def whole(self, place: str, value: object) -> int | None:
        """Return a whole number; None when there is none."""
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self.add(place, "须为整数 (a whole number)")
        return None

    def number(self, place: str, value: object) -> Decimal | None:
        """Return an exact number below 10^18; None when there is none."""
        if value is None:
            return None
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number) >= Decimal(10) ** 18:
            self.add(place, "须为数字 (a number)")
            return None
        return number

    def day(self, place: str, value: object) -> str:
        """Return an ISO date."""
        try:
            return date.fromisoformat(str(value)).isoformat()
        except ValueError:
            self.add(place, f"{value!r} 不是日期 YYYY-MM-DD ({value!r} is no date YYYY-MM-DD)")
            return ""
