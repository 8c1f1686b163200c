"""Windows of cycles, one inside the other (大环套小环). Source: design "The spiral" 3."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import ClassVar

from shared.errors import DomainError, ErrorKind
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.definitions.model import Definition

Window = tuple[date, date]
"""The first day, and the first one that does not belong to it any more."""


class OutsideParentError(DomainError):
    """A cycle does not lie in the window of its parent."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "cycle-outside-parent"
    title_zh: ClassVar = "周期超出上级周期的起止"
    title_en: ClassVar = "The cycle lies outside its parent's window"


class NoParentError(DomainError):
    """A cycle cannot lie in the one that is named as its parent."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "cycle-parent-unfit"
    title_zh: ClassVar = "不能作为上级周期"
    title_en: ClassVar = "That cycle cannot be its parent"


def check_parent(window: Window | None, parent: Cycle, above: Sequence[str]) -> None:
    """Refuse a parent that is closed, of a scope that is not above, or of another time.

    Args:
        window: of the cycle; None where the school calendar does not know its period.
        above: scopes above that of the cycle.

    Raises:
        NoParentError: it is closed, or its scope is not above.
        OutsideParentError: the window does not lie inside the parent's.
    """
    if parent.state == "closed" or parent.scope not in above:
        why_zh = "已结束" if parent.state == "closed" else f"的对象 {parent.scope} 不在其上级"
        why_en = "is closed" if parent.state == "closed" else f"is of {parent.scope}, not above it"
        raise NoParentError(
            f"周期 {parent.key} {why_zh}",
            f"cycle {parent.key} {why_en}",
            fields={"$.parent": [f"{why_zh} ({why_en})"]},
        )
    if not lies_in(window, parent):
        assert window is not None
        said = f"{parent.starts_on}–{parent.ends_on}"
        raise OutsideParentError(
            f"{window[0]}–{window[1]} 不在上级周期 {parent.key} 的 {said} 之内（不含末日）",
            f"{window[0]}–{window[1]} is not inside {said} of its parent {parent.key} (half-open)",
            fields={"$.period": [f"须在 {said} 之内 (inside {said})"]},
            fixes=["换一个周期，或不写 parent (another period, or no parent)"],
        )


def lies_in(window: Window | None, parent: Cycle) -> bool:
    """Return whether a window lies inside a parent's; what is not known is no contradiction."""
    if window is None or parent.starts_on is None or parent.ends_on is None:
        return True
    return parent.starts_on <= window[0] and window[1] <= parent.ends_on


def around_of(
    definition: Definition, above: Sequence[str], candidates: Iterable[Cycle]
) -> list[Cycle]:
    """Return the cycles that one of a definition may lie in, the nearest scope first.

    What runs beside lies in a cycle of its own rule, or in one that does not run beside.
    """
    own = definition.definition
    fit = [
        each
        for each in candidates
        if not each.beside or (definition.beside and each.definition == own)
    ]
    return sorted(fit, key=lambda each: (above.index(each.scope), not each.beside))


def nearest_around(window: Window | None, candidates: Sequence[Cycle]) -> str | None:
    """Return the cycle that a window lies in; None where it is in none, or is not known.

    Args:
        candidates: open cycles of the scopes above, the nearest scope first.
    """
    if window is None:
        return None
    known = [each for each in candidates if each.starts_on is not None]
    return next((each.key for each in known if lies_in(window, each)), None)
