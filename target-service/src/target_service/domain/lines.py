"""The lines of a binding: target, standard tiers, warning; what they inherit, what contradicts.

Target and tiers say what shall hold. The warning is the other way round: it says **when to
warn** (real data: target ≤ 14, standard ≤ 15, warning > 16), so its operator points the other
way. Source: design "Alerts" 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import ClassVar

from shared.contracts.vocabulary import AlertFrom
from shared.errors import DomainError, ErrorKind
from target_service.domain.limits import Direction, Limit


class Tier(StrEnum):
    """A tier of a standard (标准等级), from the lowest to the highest."""

    FLOOR = "floor"
    """底线: breaking it vetoes"""

    QUALIFIED = "qualified"
    """合格: this tier is *the standard* of a binding"""

    GOOD = "good"
    """良好"""

    BENCHMARK = "benchmark"
    """标杆"""


_SLIPPED_WARNING = (
    "预警值写的是何时预警，方向应与目标、标准相反"
    " (the warning says when to warn: it points the other way than target and tiers)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """What a value is held against. An absent line is not judged."""

    target: Limit | None = None
    tiers: Mapping[Tier, Limit] = field(default_factory=dict)
    warning: Limit | None = None

    @property
    def standard(self) -> Limit | None:
        """The qualified tier; the floor where there is no qualified tier."""
        return self.tiers.get(Tier.QUALIFIED) or self.tiers.get(Tier.FLOOR)


class LinesError(DomainError):
    """The lines contradict each other."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "binding-lines"
    title_zh: ClassVar = "目标、标准、预警互相矛盾"
    title_en: ClassVar = "The lines contradict each other"


def inherit(own: Lines, *, target: Limit | None, tiers: Mapping[Tier, Limit]) -> Lines:
    """Return the lines in force: the binding's own, then its goal's target and standard's tiers."""
    return Lines(target=own.target or target, tiers={**tiers, **own.tiers}, warning=own.warning)


def check_lines(lines: Lines, alert_from: AlertFrom) -> None:
    """Refuse lines that cannot be meant.

    Raises:
        LinesError: with every reason, by JSON path.
    """
    found = [
        *_nothing_to_judge(lines),
        *_mixed_directions(lines),
        *_disordered_tiers(lines.tiers),
        *_target_below_standard(lines),
        *_unreachable_alert(lines, alert_from),
    ]
    if found:
        raise_lines(found)


def check_tiers(tiers: Mapping[Tier, Limit]) -> None:
    """Refuse the tiers of a standard that cannot be meant.

    Raises:
        LinesError: with every reason, by JSON path.
    """
    found = [*_mixed_directions(Lines(tiers=tiers)), *_disordered_tiers(tiers)]
    if found:
        raise_lines(found)


def raise_lines(found: list[tuple[str, str]]) -> None:
    """Raise the reasons, gathered by JSON path."""
    fields: dict[str, list[str]] = {}
    for path, reason in found:
        fields.setdefault(path, []).append(reason)
    named = "、".join(fields)
    raise LinesError(f"请检查：{named}", f"Check {named}", fields=fields)


def is_as_strict(stricter: Limit, looser: Limit) -> bool:
    """Return whether one limit asks at least what another asks; bands are not compared."""
    if stricter.direction is not looser.direction:
        return True  # the contradiction is told by the directions
    if stricter.direction is Direction.HIGHER:
        return stricter.values[0] >= looser.values[0]
    if stricter.direction is Direction.LOWER:
        return stricter.values[0] <= looser.values[0]
    return True


def _nothing_to_judge(lines: Lines) -> list[tuple[str, str]]:
    if lines.target or lines.tiers or lines.warning:
        return []
    return [("$", "目标值、标准、预警值至少要有一个 (give a target, a standard or a warning)")]


def _mixed_directions(lines: Lines) -> list[tuple[str, str]]:
    named = {f"$.tiers.{tier.value}": limit for tier, limit in lines.tiers.items()}
    if lines.target:
        named = {"$.target": lines.target} | named
    if not named:
        return []
    (first, leading), *others = named.items()
    found = [
        (path, f"方向与 {first} 相反 (its direction contradicts {first})")
        for path, limit in others
        if limit.direction is not leading.direction
    ]
    # The common slip: the warning written as what shall hold instead of when to warn.
    slipped = lines.warning and lines.warning.direction is leading.direction
    if slipped and leading.direction is not Direction.BAND:
        found.append(("$.warning", _SLIPPED_WARNING))
    return found


def _disordered_tiers(tiers: Mapping[Tier, Limit]) -> list[tuple[str, str]]:
    present = [tier for tier in Tier if tier in tiers]
    return [
        (f"$.tiers.{higher.value}", f"比 {lower.value} 还宽 (it asks less than {lower.value})")
        for lower, higher in pairwise(present)
        if not is_as_strict(tiers[higher], tiers[lower])
    ]


def _target_below_standard(lines: Lines) -> list[tuple[str, str]]:
    if lines.target and lines.standard and not is_as_strict(lines.target, lines.standard):
        return [("$.target", "目标低于标准 (the target asks less than the standard)")]
    return []


def _unreachable_alert(lines: Lines, alert_from: AlertFrom) -> list[tuple[str, str]]:
    missing = (alert_from is AlertFrom.WARNING and lines.warning is None) or (
        alert_from is AlertFrom.STANDARD and lines.standard is None
    )
    if missing:
        return [("$.alert_from", "指定的预警线没有给出 (the line it names is not given)")]
    return []
