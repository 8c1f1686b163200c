"""Deadlines of cycles: when each clock runs out, who is reminded before and told after it (督办).

A deadline that was missed stays missed, and its cycle stays where it is: what follows from it is
told, nothing moves by itself. Source: design "The spiral" 3; the ladder is that of the definition.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate, takewhile
from typing import ClassVar

from shared.calendar import CAMPUS, Calendar
from shared.errors import DomainError, ErrorKind
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.definitions.model import Clock, Definition, Rung
from spiral_service.domain.moving import Act
from spiral_service.domain.reckoning import count, due_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A clock of a cycle as it stands."""

    cycle: str
    clock: str
    step: str
    planned_at: datetime
    """As the definition reckons it."""

    due_at: datetime
    """As it holds: another one where somebody planned it anew."""

    told: int = 0
    """How many rungs of the ladder were told."""

    overdue_since: datetime | None = None
    met_at: datetime | None = None
    """When its step was left."""

    reason: str = ""
    """Why it was planned anew; empty where it was not."""


class UnknownClockError(DomainError):
    """The definition has no such clock."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "clock-unknown"
    title_zh: ClassVar = "没有这个时限"
    title_en: ClassVar = "No such clock"


class ReplanningError(DomainError):
    """A deadline cannot be planned anew like that."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "replanning-refused"
    title_zh: ClassVar = "不能这样重排时限"
    title_en: ClassVar = "It cannot be planned anew like that"


def reckon(definition: Definition, cycle: Cycle, calendar: Calendar) -> list[Deadline]:
    """Return the deadlines of the step at which a cycle stands, as the definition reckons them."""
    return [
        Deadline(cycle=cycle.key, clock=clock.id, step=clock.step, planned_at=due, due_at=due)
        for clock in definition.clocks
        if clock.step == cycle.step and (due := due_of(clock, cycle, calendar))
    ]


def running(
    definition: Definition, cycle: Cycle, calendar: Calendar, before: Mapping[str, Deadline]
) -> list[Deadline]:
    """Return the deadlines that run at the step where a cycle stands.

    One that somebody planned runs also where it cannot be reckoned.

    Args:
        before: those that are known, by clock.
    """
    found = {
        each.clock: entered(each, before.get(each.clock))
        for each in reckon(definition, cycle, calendar)
    }
    clocks = {each.id for each in definition.clocks if each.step == cycle.step}
    planned = {
        name: replace(each, step=cycle.step)
        for name, each in before.items()
        if name in clocks and each.reason and each.met_at is None
    }
    return list((planned | found).values())


def entered(deadline: Deadline, before: Deadline | None) -> Deadline:
    """Return a deadline when its step is entered, or the window of its cycle is another.

    What somebody planned anew holds until its step was left; of a step that is entered once more
    the clock runs once more.
    """
    if before is None or before.met_at is not None:
        return deadline
    if before.reason:
        return replace(before, step=deadline.step, planned_at=deadline.planned_at)
    if before.due_at == deadline.due_at:
        return replace(before, step=deadline.step)
    return deadline


def missed(deadline: Deadline, at: datetime) -> datetime | None:
    """Return since when a deadline is missed, also where nobody has looked at it yet."""
    return deadline.due_at if deadline.due_at <= at else None


def find_clock(definition: Definition, name: str) -> Clock:
    """Return a clock of a definition.

    Raises:
        UnknownClockError: it has no such clock.
    """
    found = next((each for each in definition.clocks if each.id == name), None)
    if found is None:
        known = " ".join(each.id for each in definition.clocks) or "—"
        raise UnknownClockError(
            f"{definition.reference} 没有时限 {name}",
            f"{definition.reference} has no clock {name}",
            fields={"$.clock": [f"{known} 之一 (one of these)"]},
        )
    return found


def replan(
    deadline: Deadline, due_at: datetime, act: Act, cycle: Cycle, was: datetime | None
) -> Deadline:
    """Return a deadline that was planned anew; its ladder begins anew, too.

    Args:
        was: until when it ran before; None where that was not known.

    Raises:
        ReplanningError: its step was left, the instant is past, or it is that already.
    """
    at = act.at.astimezone(CAMPUS)
    faults = {
        f"环节 {deadline.step} 已完成 (its step was left)": deadline.met_at is not None,
        f"须晚于现在 {at:%Y-%m-%d %H:%M} (it must be later than now)": due_at <= at,
        "与现有时限相同 (it is that already)": due_at == was,
    }
    found = [reason for reason, is_so in faults.items() if is_so]
    if found:
        wanted = due_at.astimezone(CAMPUS)
        raise ReplanningError(
            f"周期 {cycle.key} 的时限 {deadline.clock} 不能改为 {wanted:%Y-%m-%d %H:%M}",
            f"the clock {deadline.clock} of {cycle.key} cannot be set like that",
            fields={"$.due_at": found},
        )
    return replace(deadline, due_at=due_at, told=0, overdue_since=None, reason=act.reason)


def ladder(
    definition: Definition, deadline: Deadline, calendar: Calendar
) -> list[tuple[datetime, Rung]]:
    """Return when each rung is told, in the order of the ladder: none before the one below it."""
    rungs = definition.escalation
    own = [count(deadline.due_at, each.after, each.unit, calendar) for each in rungs]
    return list(zip(accumulate(own, max), rungs, strict=True))


def still_told(told: int, left: Definition, definition: Definition) -> int:
    """Return how many rungs count as told where a cycle went over from a definition to another.

    From the first rung on that was not told on the ladder before, all are told.
    """
    before = set(left.escalation[:told])
    return len([*takewhile(before.__contains__, definition.escalation)])


def next_look(definition: Definition, deadline: Deadline, calendar: Calendar) -> datetime | None:
    """Return when a running deadline must be looked at again; None: never."""
    if deadline.met_at:
        return None
    rungs = ladder(definition, deadline, calendar)[deadline.told :]
    pending = [at for at, _ in rungs[:1]]
    return min([*pending, *([] if deadline.overdue_since else [deadline.due_at])], default=None)


def look(
    definition: Definition, deadline: Deadline, calendar: Calendar, at: datetime
) -> tuple[Deadline, list[Rung]]:
    """Return a deadline after a look at the clock, and the rungs whose time has come.

    However late the look is, none of them is left out.
    """
    come = list(_come(definition, deadline, calendar, at))
    seen = replace(deadline, told=deadline.told + len(come))
    if seen.due_at <= at and seen.overdue_since is None:
        seen = replace(seen, overdue_since=seen.due_at)
    return seen, come


def _come(
    definition: Definition, deadline: Deadline, calendar: Calendar, at: datetime
) -> Iterator[Rung]:
    for due, rung in ladder(definition, deadline, calendar)[deadline.told :]:
        if due <= at:
            yield rung
