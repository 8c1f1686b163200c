"""Which lines cannot be meant: every contradiction, by JSON path, with what to do about it.

A stricter line lies within a looser one, whatever their operators: target within standard, good
within qualified within floor. The warning may lie on either side of the standard, but a value
that meets the target never warns.

Source: design "Goals and standards" 4, "Alerts" 2.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from shared.contracts.vocabulary import AlertFrom, Operator
from target_service.domain.limits import Direction, Limit, write_number
from target_service.domain.lines import NO_LINE, Lines, Tier
from target_service.domain.units import (
    Faults,
    Measure,
    faults_of_direction,
    faults_of_limit,
)

_OPPOSITE: Final = {Operator.GT: "<=", Operator.GE: "<", Operator.LT: ">=", Operator.LE: ">"}
_RAYS: Final = {Direction.HIGHER, Direction.LOWER}
"""Directions that exclude each other; a band may lie within either."""


def faults_of_lines(
    lines: Lines, alert_from: AlertFrom, measure: Measure, *, is_complete: bool = True
) -> Faults:
    """Return everything that cannot be meant, by JSON path, with what to do about it.

    Args:
        measure: of the indicator.
        is_complete: lines may be missing that a goal or standard should give, which is not there.
    """
    return [
        *(_nothing_to_judge(lines) if is_complete else []),
        *_opposite_directions(lines),
        *_disordered_tiers(lines.tiers),
        *_target_below_standard(lines),
        *_wrong_warning(lines),
        *(_unreachable_alert(lines, alert_from) if is_complete else []),
        *_beyond_the_measure(lines, measure),
    ]


def faults_of_tiers(tiers: Mapping[Tier, Limit], measure: Measure) -> Faults:
    """Return everything in the tiers of a standard that cannot be meant."""
    lines = Lines(tiers=tiers)
    return [
        *_opposite_directions(lines),
        *_disordered_tiers(tiers),
        *_beyond_the_measure(lines, measure),
    ]


def _nothing_to_judge(lines: Lines) -> Faults:
    if lines.target or lines.tiers or lines.warning:
        return []
    return [NO_LINE]


def _opposite_directions(lines: Lines) -> Faults:
    named = {path: limit for path, limit in _named(lines).items() if limit.direction in _RAYS}
    named.pop("$.warning", None)
    if not named:
        return []
    (first, leading), *others = named.items()
    reason = (
        f"方向与 {first} 的 {leading.words} 相反：改用同一方向的比较符"
        f" (it points the other way than {first}: use an operator of the same direction)"
    )
    return [(path, reason) for path, limit in others if limit.direction is not leading.direction]


def _disordered_tiers(tiers: Mapping[Tier, Limit]) -> Faults:
    present = [tier for tier in Tier if tier in tiers]
    found: Faults = []
    for lower, higher in pairwise(present):
        reason = _wrong_step(lower.value, tiers[lower], tiers[higher])
        if reason:
            found.append((f"$.tiers.{higher.value}", reason))
    return found


def _wrong_step(name: str, lower: Limit, higher: Limit) -> str | None:
    """Return what is wrong between a tier and the next one above it."""
    if _are_opposite(lower, higher):
        return None  # told by the directions
    if not higher.lies_within(lower):
        return (
            f"{higher.words} 没有落在 {name} 的 {lower.words} 之内：等级越高要求越严"
            f" (it does not lie within {name}: a higher tier asks more)"
        )
    if lower.lies_within(higher):
        return (
            f"与 {name} 的 {lower.words} 相同：删去一档或改其值"
            f" (the same as {name}: leave one out, or change it)"
        )
    return None


def _target_below_standard(lines: Lines) -> Faults:
    target, standard = lines.target, lines.standard
    if not target or not standard or _are_opposite(target, standard):
        return []
    reason = (
        f"目标 {target.words} 低于标准 {standard.words}：目标须落在标准之内"
        " (the target asks less than the standard: it must lie within it)"
    )
    return [] if target.lies_within(standard) else [("$.target", reason)]


def _wrong_warning(lines: Lines) -> Faults:
    """Find a warning that tells of what shall hold, or that the target is met."""
    warning, target = lines.warning, lines.target
    if not warning:
        return []
    held = [target] if target else list(lines.tiers.values())
    if warning.direction in _RAYS and {limit.direction for limit in held} == {warning.direction}:
        return [("$.warning", _meant(warning))]  # the common slip
    if target and warning.meets(target):
        reason = (
            f"预警值 {warning.words} 严于目标 {target.words}：达到目标的值也会预警，请放宽"
            " (it warns of values that meet the target: loosen it)"
        )
        return [("$.warning", reason)]
    return []


def _meant(warning: Limit) -> str:
    meant = f"{_OPPOSITE[warning.op]} {write_number(warning.values[0])}"
    return (
        f"预警值写的是何时预警，方向与目标、标准相反：应写作 {meant}"
        f" (a warning says when to warn: write {meant})"
    )


def _beyond_the_measure(lines: Lines, measure: Measure) -> Faults:
    """Find numbers that the indicator cannot have, and operators that ask for less of it."""
    found: Faults = []
    for path, limit in _named(lines).items():
        found += faults_of_limit(path, limit, measure.unit)
        if path != "$.warning":
            found += faults_of_direction(path, limit, measure.direction)
    return [*found, *_warning_of_better(lines, measure.direction)]


def _warning_of_better(lines: Lines, direction: str) -> Faults:
    """Find a warning that stands alone and tells of what is good; beside others they tell it."""
    warning = lines.warning
    if warning is None or lines.target or lines.tiers or warning.direction != direction:
        return []
    if warning.direction not in _RAYS:
        return []
    return [("$.warning", _meant(warning))]


def _named(lines: Lines) -> dict[str, Limit]:
    given = {"$.target": lines.target}
    given |= {f"$.tiers.{tier.value}": lines.tiers.get(tier) for tier in Tier}
    given["$.warning"] = lines.warning
    return {path: limit for path, limit in given.items() if limit}


def _are_opposite(one: Limit, other: Limit) -> bool:
    return {one.direction, other.direction} == _RAYS


def _unreachable_alert(lines: Lines, alert_from: AlertFrom) -> Faults:
    missing = (alert_from is AlertFrom.WARNING and lines.warning is None) or (
        alert_from is AlertFrom.STANDARD and lines.standard is None
    )
    if missing:
        reason = (
            f"没有给出 {alert_from.value} 这条线：补上它，或改 alert_from"
            " (the line it names is not given: give it, or name another)"
        )
        return [("$.alert_from", reason)]
    return []
