"""A condition compiled to one function: it holds, does not hold, or cannot be told, and why.

Three values go together as Kleene has it: an ``all`` with a part that does not hold does not hold,
whatever cannot be told beside it. A condition of values is about what may be decided: a value that
is missing, thin or stale tells nothing.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial, singledispatch
from typing import Any, Final

from alert_service.domain.rules.measures import change, deviation, goes_on
from alert_service.domain.rules.model import (
    Absent,
    All,
    AnyOf,
    Change,
    Condition,
    Cycle,
    CycleStep,
    Deviation,
    Feed,
    Judged,
    Least,
    Not,
    Quality,
    Signal,
    Task,
    Trend,
    Value,
    Verdict,
)
from alert_service.domain.rules.money import is_as_far
from alert_service.domain.rules.sights import Sight
from alert_service.domain.severity import HoldReason
from shared.calendar import CAMPUS
from shared.contracts.vocabulary import Operator

Check = Callable[[Sight], Verdict]
Breach = Callable[[Decimal], bool]

_RUNNING: Final = frozenset({"issued", "accepted", "in_progress"})


@singledispatch
def compile_condition(condition: Condition, least: Least, margin: Decimal) -> Check:
    """Return a condition as one function.

    Args:
        margin: lines are moved by it to their right side: what holds then keeps an alert.
    """
    raise NotImplementedError(type(condition).__name__, least, margin)


def breach_of_line(op: Operator, line: Sequence[Decimal], margin: Decimal) -> Breach:
    """Return whether a value lies beyond a line that says when to warn."""
    first, last = line[0], line[-1]
    low, high = first - margin, last + margin
    compare: dict[Operator, Breach] = {
        Operator.GT: lambda value: value > low,
        Operator.GE: lambda value: value >= low,
        Operator.LT: lambda value: value < high,
        Operator.LE: lambda value: value <= high,
        Operator.EQ: lambda value: value == first,
        Operator.IN: frozenset(line).__contains__,
        Operator.BETWEEN: lambda value: low <= value <= high,
    }
    return compare[op]


def doubt_of(signal: Signal | None, least: Least, at: datetime) -> HoldReason | None:
    """Return why nothing may be decided on a value; None when it may."""
    if signal is None or signal.value is None:
        return HoldReason.NO_DATA
    if least.n is not None and (signal.n or 0) < least.n:
        return HoldReason.THIN
    if least.coverage is not None and (signal.coverage or 0) < least.coverage:
        return HoldReason.THIN
    stale_at = stale_from(signal, least)
    return HoldReason.STALE if stale_at is not None and stale_at <= at else None


def stale_from(signal: Signal, least: Least) -> datetime | None:
    """Return when a value is too old to decide on; None where it never is."""
    if least.max_age_days is None or signal.freshest_at is None:
        return None
    return signal.freshest_at + timedelta(days=least.max_age_days)


def _doubt(sight: Sight, signal: Signal | None, least: Least) -> HoldReason | None:
    doubt = doubt_of(signal, least, sight.at)
    if doubt is None and signal and (stale_at := stale_from(signal, least)):
        sight.wake(stale_at)
    return doubt


@compile_condition.register
def _(condition: Value, least: Least, margin: Decimal) -> Check:
    breached = breach_of_line(condition.op, condition.value, margin)

    def check(sight: Sight) -> Verdict:
        signal = sight.value(condition.indicator)
        if doubt := _doubt(sight, signal, least):
            return doubt
        assert signal is not None
        assert signal.value is not None
        if not breached(signal.value):
            return False
        before = _numbers(sight.past(("measured", condition.indicator)), condition.periods - 1)
        if len(before) < condition.periods - 1:
            return False
        return all(breached(each) for each in before)

    return check


@compile_condition.register
def _(condition: Change, least: Least, margin: Decimal) -> Check:
    breached = breach_of_line(condition.op, (condition.value,), margin)

    def check(sight: Sight) -> Verdict:
        signal = sight.value(condition.indicator)
        if doubt := _doubt(sight, signal, least):
            return doubt
        before = _numbers(sight.past(("measured", condition.indicator)), 1)
        if not before:
            return HoldReason.NO_DATA
        assert signal is not None
        assert signal.value is not None
        moved = change(signal.value, before[0], relative=condition.relative)
        return HoldReason.NO_DATA if moved is None else breached(moved)

    return check


@compile_condition.register
def _(condition: Trend, least: Least, margin: Decimal) -> Check:
    del margin

    def check(sight: Sight) -> Verdict:
        signal = sight.value(condition.indicator)
        if doubt := _doubt(sight, signal, least):
            return doubt
        assert signal is not None
        assert signal.value is not None
        before = _numbers(sight.past(("measured", condition.indicator)), condition.times)
        if len(before) < condition.times:
            return HoldReason.NO_DATA
        return goes_on([*reversed(before), signal.value], falling=condition.way == "falling")

    return check


@compile_condition.register
def _(condition: Deviation, least: Least, margin: Decimal) -> Check:
    beyond = float(condition.beyond - margin)
    among = _from_own_past if condition.among == "own" else _from_group
    among = partial(among, condition, least)

    def check(sight: Sight) -> Verdict:
        signal = sight.value(condition.indicator)
        if doubt := _doubt(sight, signal, least):
            return doubt
        assert signal is not None
        assert signal.value is not None
        apart = among(sight, signal.value)
        if apart is None:
            return HoldReason.THIN
        low, high = apart < -beyond, apart > beyond
        return {"below": low, "above": high, "either": low or high}[condition.side]

    return check


def _from_own_past(
    condition: Deviation, least: Least, sight: Sight, value: Decimal
) -> float | None:
    """Return how far a value lies from those of the periods before; None: there are too few."""
    past = sight.past(("measured", condition.indicator))
    numbers = [each.value for each in past if doubt_of(each, least, sight.at) is None]
    known = [each for each in numbers if each is not None]
    if len(known) < condition.least:
        return None
    return deviation(value, known, by_median=condition.measure == "mad")


def _from_group(condition: Deviation, least: Least, sight: Sight, value: Decimal) -> float | None:
    """Return how far a value lies from those of the other scopes; None: there are too few."""
    crowd = sight.crowd(condition.indicator, lambda each: doubt_of(each, least, sight.at) is None)
    if crowd.others(sight.scope) < condition.least:
        return None
    return crowd.deviation(sight.scope, value, by_median=condition.measure == "mad")


@compile_condition.register
def _(condition: Absent, least: Least, margin: Decimal) -> Check:
    del least, margin

    def check(sight: Sight) -> Verdict:
        known = sight.store.of_scope(("measured", condition.indicator), sight.scope)
        seen = [each.freshest_at or each.at for each in known if each.value is not None]
        if not seen:
            return True
        until = max(seen) + timedelta(days=condition.days)
        sight.wake(until)
        return until <= sight.at

    return check


@compile_condition.register
def _(condition: Judged, least: Least, margin: Decimal) -> Check:
    del least, margin

    def check(sight: Sight) -> Verdict:
        judged = sight.judged(condition.indicator)
        usable = [each for each in judged if _hold_of(each) is None]
        found = [each for each in usable if _stands_so(condition, each)]
        if not found:
            return False if judged and len(usable) == len(judged) else _first_hold(judged)
        if condition.periods == 1:
            return True
        return any(_stood_so(condition, sight, each) for each in found)

    return check


def _first_hold(judged: Sequence[Signal]) -> HoldReason:
    return next((hold for each in judged if (hold := _hold_of(each))), HoldReason.NO_DATA)


def _hold_of(signal: Signal) -> HoldReason | None:
    said = signal.said
    if said["state"] == "no_data":
        return HoldReason.NO_DATA
    if said.get("thin"):
        return HoldReason.THIN
    return HoldReason.STALE if said.get("stale") else None


def _stands_so(condition: Judged, signal: Signal) -> bool:
    said = signal.said
    if condition.states and said["state"] not in condition.states:
        return False
    asked = {name: getattr(condition, name) for name in ("warning", "overdue", "forecast_misses")}
    if any(want is not None and said.get(name, False) is not want for name, want in asked.items()):
        return False
    if condition.gap_beyond is None:
        return True
    gap = said.get("relative_gap")
    return gap is not None and Decimal(gap) > condition.gap_beyond


def _stood_so(condition: Judged, sight: Sight, now: Signal) -> bool:
    """Return whether the periods before stood so too, one after the other."""
    by_period: dict[str, bool] = {}
    for each in sight.past(("judged", now.name)):
        stood = _hold_of(each) is None and _stands_so(condition, each)
        by_period[each.period] = by_period.get(each.period, False) or stood
    before = list(by_period.values())[: condition.periods - 1]
    return len(before) == condition.periods - 1 and all(before)


@compile_condition.register
def _(condition: Task, least: Least, margin: Decimal) -> Check:
    del least, margin
    return _some("task", lambda signal, sight: _task_is_so(condition, signal, sight))


def _task_is_so(condition: Task, signal: Signal, sight: Sight) -> bool:
    said = signal.said
    return (
        (not condition.kinds or said["kind"] in condition.kinds)
        and said["state"] in (condition.states or _RUNNING)
        and is_as_far(condition, said.get("executed"), Decimal(said["progress"]))
        and _is_due_so(condition, said.get("due_at"), sight)
    )


def _is_due_so(condition: Task, due: str | None, sight: Sight) -> bool:
    if condition.overdue is None and condition.due_within_days is None:
        return True
    if due is None:
        return False
    due_at = datetime.fromisoformat(due)
    from_then = due_at - timedelta(days=condition.due_within_days or 0)
    for turn in (from_then, due_at):
        sight.wake(turn)
    if condition.overdue is not None and (due_at <= sight.at) is not condition.overdue:
        return False
    return condition.due_within_days is None or from_then <= sight.at


@compile_condition.register
def _(condition: Cycle, least: Least, margin: Decimal) -> Check:
    del least, margin
    return _some("cycle", lambda signal, sight: _cycle_is_so(condition, signal, sight))


def _cycle_is_so(condition: Cycle, signal: Signal, sight: Sight) -> bool:
    said = signal.said
    if said["state"] != "open" or (condition.steps and said["step"] not in condition.steps):
        return False
    if condition.in_step_days is not None:
        entered = datetime.fromisoformat(said["entered_at"]) if said.get("entered_at") else None
        until = (entered or signal.at) + timedelta(days=condition.in_step_days)
        sight.wake(until)
        if until > sight.at:
            return False
    if condition.past_end is None:
        return True
    if not said.get("ends_on"):
        return not condition.past_end
    end = _evening_of(date.fromisoformat(said["ends_on"]))
    sight.wake(end)
    return (end <= sight.at) is condition.past_end


@compile_condition.register
def _(condition: CycleStep, least: Least, margin: Decimal) -> Check:
    del least, margin

    def is_so(signal: Signal, sight: Sight) -> bool:
        if signal.said["state"] != "open":
            return False
        late = datetime.fromisoformat(signal.said["due_at"]) + timedelta(days=condition.late_days)
        sight.wake(late)
        return late <= sight.at

    return _some("cycle_step", is_so)


def _evening_of(day: date) -> datetime:
    after = day + timedelta(days=1)
    return datetime(after.year, after.month, after.day, tzinfo=CAMPUS).astimezone(UTC)


@compile_condition.register
def _(condition: Feed, least: Least, margin: Decimal) -> Check:
    del least, margin
    return _some("feed", lambda signal, _: signal.said["level"] in condition.levels)


@compile_condition.register
def _(condition: Quality, least: Least, margin: Decimal) -> Check:
    del least, margin

    def is_so(signal: Signal, sight: Sight) -> bool:
        until = signal.at + timedelta(days=condition.days)
        sight.wake(until)
        said: Any = signal.said
        bad = said["gate"] in condition.gates and said["failed"] > condition.failed_over
        return bad and until > sight.at

    return _some("quality", is_so)


def _some(kind: str, is_so: Callable[[Signal, Sight], bool]) -> Check:
    def check(sight: Sight) -> Verdict:
        # Every one is looked at, for each may say when it will be otherwise.
        found = [is_so(each, sight) for each in sight.things(kind)]
        return any(found)

    return check


@compile_condition.register
def _(condition: All, least: Least, margin: Decimal) -> Check:
    parts = [compile_condition(each, least, margin) for each in condition.of]
    return lambda sight: _all([part(sight) for part in parts])


@compile_condition.register
def _(condition: AnyOf, least: Least, margin: Decimal) -> Check:
    parts = [compile_condition(each, least, margin) for each in condition.of]
    return lambda sight: _not(_all([_not(part(sight)) for part in parts]))


@compile_condition.register
def _(condition: Not, least: Least, margin: Decimal) -> Check:
    part = compile_condition(condition.of, least, -margin)
    return lambda sight: _not(part(sight))


def _all(verdicts: Sequence[Verdict]) -> Verdict:
    if any(each is False for each in verdicts):
        return False
    return next((each for each in verdicts if each is not True), True)


def _not(verdict: Verdict) -> Verdict:
    return not verdict if isinstance(verdict, bool) else verdict


def _numbers(signals: Sequence[Signal], most: int) -> list[Decimal]:
    """Return the first values there are, at most so many."""
    known = [each.value for each in signals if each.value is not None]
    return known[:most]
