"""The way to a target (轨迹): no step leads away from it, and the last one reaches it.

A step counts by how much it lacks of the target: what meets it lacks nothing, on whichever side.

Source: design "Goals and standards" 2; that a step may not lose ground is our default.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from target_service.domain.attainment import gap_to
from target_service.domain.limits import Limit, write_number
from target_service.domain.units import Faults


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A value on the way, and when it is to be there."""

    path: str
    value: Decimal
    last_day: date


def faults_of_way(
    target: Limit, baseline: Decimal | None, way: Sequence[Waypoint], end: date
) -> Faults:
    """Return which steps lead away from the target, and that the last one misses it.

    Args:
        end: last day of the goal.
    """
    found: Faults = []
    before = None if baseline is None else (gap_to(target, baseline) or Fraction(), baseline)
    for each in sorted(way, key=lambda step: step.last_day):
        lacks, told = gap_to(target, each.value) or Fraction(), write_number(each.value)
        if each.last_day == end and not target.holds(each.value):
            zh = f"{told} 是期末的值，却未达到目标 {target.words}"
            found.append((each.path, f"{zh} (at the end of the goal it misses the target)"))
        elif before and lacks > before[0]:
            zh = f"{told} 比之前的 {write_number(before[1])} 离目标 {target.words} 更远"
            found.append((each.path, f"{zh} (it leads away from the target)"))
        before = lacks, each.value
    return found
