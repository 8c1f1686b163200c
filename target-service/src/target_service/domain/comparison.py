"""Two versions of a standard, criterion by criterion: tightened, loosened, new or gone.

A line is tighter where every value that meets it met the old one, and not the other way round. The
warning is not compared by tightness: it says when to warn, not what is owed.

Source: design "Goals and standards" 7.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from target_service.domain.criteria import Criterion, weights_of
from target_service.domain.limits import Limit
from target_service.domain.lines import Lines, Tier


class Change(StrEnum):
    """What became of a line, or of a criterion."""

    SAME = "same"
    TIGHTENED = "tightened"
    LOOSENED = "loosened"
    MIXED = "mixed"
    """Some lines ask more, others less; or they cannot be compared."""

    CHANGED = "changed"
    """Every line as before, but weight, warning, source, basis or scoring differ."""

    NEW = "new"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChange:
    """What became of one line of a criterion."""

    line: str
    """``target``, ``tiers.good``, ``warning``; of a class with its tag before it."""

    change: Change
    before: Limit | None
    after: Limit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionChange:
    """What became of one criterion."""

    indicator: str | None
    change: Change
    lines: tuple[LineChange, ...] = ()
    """Those that differ."""

    others: tuple[str, ...] = ()
    """What else differs: ``weight`` and the like."""


_ASKING: Final = (Change.TIGHTENED, Change.LOOSENED, Change.MIXED)


def compare(before: Sequence[Criterion], after: Sequence[Criterion]) -> list[CriterionChange]:
    """Return what became of each criterion: those of the later version first, then what is gone."""
    old = {each.indicator: each for each in before}
    new = {each.indicator: each for each in after}
    weighed = _weighed_otherwise(before, after)
    found = [
        _compare_one(old[name], each, weight_differs=name in weighed)
        if name in old
        else CriterionChange(indicator=name, change=Change.NEW)
        for name, each in new.items()
    ]
    gone = [name for name in old if name not in new]
    return [*found, *(CriterionChange(indicator=name, change=Change.GONE) for name in gone)]


def compare_limits(before: Limit | None, after: Limit | None) -> Change:
    """Return what became of a line that says what shall hold."""
    if before is None or after is None:
        return _appeared(before, after)
    is_tighter, is_looser = after.lies_within(before), before.lies_within(after)
    if is_tighter and is_looser:
        return Change.SAME
    if is_tighter:
        return Change.TIGHTENED
    return Change.LOOSENED if is_looser else Change.MIXED


def _appeared(before: Limit | None, after: Limit | None) -> Change:
    """Return what a line that came or went means: one more is owed, or one less."""
    if before is after:
        return Change.SAME
    return Change.TIGHTENED if before is None else Change.LOOSENED


def _compare_one(before: Criterion, after: Criterion, *, weight_differs: bool) -> CriterionChange:
    lines = tuple(each for each in _lines(before, after) if each.change is not Change.SAME)
    others = tuple(
        name
        for name in sorted({*before.about, *after.about})
        if before.about.get(name) != after.about.get(name)
    )
    if weight_differs:
        others = ("weight", *others)
    return CriterionChange(
        indicator=after.indicator,
        change=_sum_up({each.change for each in lines}, others),
        lines=lines,
        others=others,
    )


def _sum_up(changes: set[Change], others: Sequence[str]) -> Change:
    asking = changes.intersection(_ASKING)
    if len(asking) > 1:
        return Change.MIXED
    if asking:
        return asking.pop()
    return Change.CHANGED if changes or others else Change.SAME


def _lines(before: Criterion, after: Criterion) -> list[LineChange]:
    found = _of_lines("", before.lines, after.lines)
    for name in {**before.classes, **after.classes}:
        # A class without lines of its own owes what all owe.
        old, new = before.lines_for({name}), after.lines_for({name})
        found += _of_lines(f"{name} ", old, new)
    return found


def _of_lines(prefix: str, before: Lines, after: Lines) -> list[LineChange]:
    pairs: dict[str, tuple[Limit | None, Limit | None]] = {"target": (before.target, after.target)}
    pairs |= {
        f"tiers.{tier.value}": (before.tiers.get(tier), after.tiers.get(tier)) for tier in Tier
    }
    found = [_line(prefix + name, old, new) for name, (old, new) in pairs.items()]
    if before.warning != after.warning:
        found.append(
            LineChange(
                line=f"{prefix}warning",
                change=Change.CHANGED,
                before=before.warning,
                after=after.warning,
            )
        )
    return found


def _line(name: str, before: Limit | None, after: Limit | None) -> LineChange:
    return LineChange(line=name, change=compare_limits(before, after), before=before, after=after)


def _weighed_otherwise(before: Sequence[Criterion], after: Sequence[Criterion]) -> set[str | None]:
    old: Mapping[str | None, object] = {
        each.indicator: weight for each, weight in zip(before, weights_of(before), strict=True)
    }
    return {
        each.indicator
        for each, weight in zip(after, weights_of(after), strict=True)
        if old.get(each.indicator) != weight
    }
