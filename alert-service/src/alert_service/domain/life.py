"""The life of an alert: raised → (merged | held) → acknowledged → (reopened) → settled.

Source: design "Alerts" 3 and 4. An alert is settled once; a value that falls again opens a
new one. What its correction does to it is told in ``correcting``, what people do in ``acting``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from alert_service.domain.severity import HoldReason, raised_by, rank_of
from shared.calendar import Calendar
from shared.contracts.lines import is_worse, lies_beyond
from shared.contracts.vocabulary import CrossedLine, Severity, State, Worst

Hours = Mapping[Severity, timedelta]
"""How soon an alert of each colour must be acknowledged, in working time; every one is named."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Hours by colour, and the school calendar by which they run."""

    hours: Hours
    calendar: Calendar

    def until(self, severity: Severity, at: datetime) -> datetime:
        """Return when the hours of a colour are over; no colour has more than a milder one."""
        milder = (each for each in Severity if rank_of(each) <= rank_of(severity))
        return self.calendar.add(at, min(self.hours[each] for each in milder))


class Step(StrEnum):
    """What happened to an alert; each is a published fact."""

    RAISED = "raised"
    MERGED = "merged"
    HELD = "held"
    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    ESCALATED = "escalated"
    REOPENED = "reopened"
    SETTLED = "settled"
    DISMISSED = "dismissed"


class How(StrEnum):
    """How an alert was settled."""

    RECOVERED = "recovered"
    """The value came back by itself."""

    CORRECTED = "corrected"
    """A correction was verified."""

    LINE_CHANGED = "line-changed"
    """Its line was changed (标准已调整): the value did not move, or lies beyond the old line."""

    WITHDRAWN = "withdrawn"
    """Its binding was withdrawn (绑定已撤回), or its rule: nobody watches the value any more."""

    FALSE_ALARM = "false-alarm"
    """Somebody found that it was none (误报)."""

    ACCEPTED = "accepted"
    """Somebody accepts the deviation until a day (接受偏差)."""

    CARRIED = "carried"
    """It is carried to the stage loop (转入阶段改进)."""


DISMISSALS: Final = frozenset({How.FALSE_ALARM, How.ACCEPTED, How.CARRIED})
"""How an alert ends although its value did not come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Somebody has seen the alert, in the colour that it had."""

    by: str
    at: datetime
    note: str
    severity: Severity
    """The colour it had then: a graver one must be acknowledged anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The alert is over."""

    how: How
    at: datetime
    effect: Decimal | None
    """Value after minus value before; None where one of them is missing, the line changed, or the
    binding was withdrawn."""

    by: str | None = None
    """Who dismissed it."""

    reason: str = ""
    until: datetime | None = None
    """Until when its deviation is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Somebody was named to answer for it."""

    by: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a cell shows now."""

    cell: str
    indicator: str | None
    scope: str
    period: str
    binding: str
    title: str
    owner: str
    severity: Severity | None = None
    """None: nothing is broken that should warn."""

    hold: HoldReason | None = None
    """Nothing may be raised or settled on it."""

    standing: State = State.NO_DATA
    value: Decimal | None = None
    crossed: CrossedLine | None = None
    is_forecast: bool = False
    """No line is crossed yet: the forecast alone warns."""

    withdrawn: bool = False
    """Its bindings were withdrawn: nothing is watched."""

    rule: str = ""
    family: str = ""
    """Of a rule of the college; empty: they follow from the indicator, see `rule_of`."""

    how: How | None = None
    """How it ends what it ends; None: the value tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert as it stands. Its scope and period never change."""

    id: str
    version: int
    cell: str
    rule: str
    indicator: str | None
    scope: str
    period: str
    binding: str
    severity: Severity
    """Its present colour; the last one it had, when it is settled."""

    title: str
    standing: State
    value: Decimal | None
    """Its present value; the value at settling, when it is settled."""

    value_before: Decimal | None
    """The value that raised it."""

    crossed: CrossedLine | None
    """The line it was raised on; the worst one crossed now, where repeats merged."""

    worst: Worst
    owner: str
    raised_at: datetime
    due_at: datetime
    """Until when it must be acknowledged, see `due_after`."""

    hold: HoldReason | None = None
    acknowledged: Acknowledgement | None = None
    settled: Settlement | None = None
    is_in_hand: bool = False
    """Work on its correction has begun: it is settled when that is verified, not by the value."""

    reopened: int = 0
    """How often a correction of it had no effect; so many colours it stands above its value's."""

    family: str = "indicator"
    assigned: Assignment | None = None
    """Who named its owner; None while that is whoever answers for the scope."""

    escalated: int = 0
    """How often it was not acknowledged in time (督办)."""

    supervisor: str | None = None
    """Who sees to it that it is answered, once it was escalated."""


def rule_of(finding: Finding) -> str:
    """Return the rule that watches the bindings of an indicator, or the deadline of a task."""
    if finding.rule:
        return finding.rule
    if finding.indicator is None:
        return f"overdue{finding.binding}"
    return f"threshold/{finding.indicator}"


def family_of(finding: Finding) -> str:
    """Return ``indicator`` of a judged indicator, ``task`` of an overdue task, or its rule's."""
    return finding.family or ("task" if finding.indicator is None else "indicator")


def decide(
    current: Alert | None, finding: Finding, at: datetime, *, clocks: Clocks, new_id: str
) -> tuple[Step, Alert] | None:
    """Return what a finding does to the open alert of its cell; None when nothing.

    Args:
        current: the open alert, None where there is none.
        new_id: id of the alert that may be raised.
    """
    if current is None:
        if finding.severity is None or finding.hold:
            return None
        return Step.RAISED, _raised(finding, finding.severity, at, clocks, new_id)
    moves = not current.assigned and finding.owner not in {"", current.owner}
    owned = hand_on(current, finding.owner, at, clocks) if moves else current
    if finding.hold:
        return _step(Step.HELD, current, replace(owned, hold=finding.hold))
    if finding.severity is None:
        return _back(current, owned, finding, at)
    return _step(Step.MERGED, current, _merged(owned, finding, finding.severity, at, clocks))


def _step(step: Step, before: Alert, after: Alert) -> tuple[Step, Alert] | None:
    return None if after == before else (step, replace(after, version=before.version + 1))


def hand_on(alert: Alert, owner: str, at: datetime, clocks: Clocks) -> Alert:
    """Return an alert with another owner: he answers anew, in hours of his own if one had."""
    due_at = due_after(None, alert.severity, at, clocks) if alert.acknowledged else alert.due_at
    return replace(alert, owner=owner, acknowledged=None, due_at=due_at)


def due_after(current: Alert | None, severity: Severity, at: datetime, clocks: Clocks) -> datetime:
    """Return until when an alert that reaches a colour at an instant must be acknowledged.

    The working hours of a colour run from the instant at which the alert reached it: one that
    eases is given the hours of the milder colour from then on, one that grows graver those of the
    graver colour, but never a later date than it had while that is unanswered. No colour has more
    hours than a milder one.

    Args:
        current: the alert in the colour before; None when it is raised.
    """
    due_at = clocks.until(severity, at)
    graver = current is not None and rank_of(severity) > rank_of(current.severity)
    return min(current.due_at, due_at) if current and graver else due_at


def _back(was: Alert, owned: Alert, finding: Finding, at: datetime) -> tuple[Step, Alert] | None:
    """Return what becomes of an alert when nothing is broken any more."""
    if not _is_by_work(was, finding):
        return Step.SETTLED, _settled(was, finding, at)
    seen = replace(owned, standing=finding.standing, value=finding.value)
    return _step(Step.HELD, was, replace(seen, hold=HoldReason.VERIFICATION))


def _is_by_work(current: Alert, finding: Finding) -> bool:
    """Return whether it is the work on it that brought the value back, as it seems."""
    if not current.is_in_hand or finding.withdrawn:
        return False
    line, value = current.crossed, current.value
    was_back = line is not None and value is not None and not lies_beyond(value, line)
    how = finding.how or _how(current, finding.value)
    return was_back or how is How.RECOVERED


def _raised(
    finding: Finding, severity: Severity, at: datetime, clocks: Clocks, new_id: str
) -> Alert:
    return Alert(
        id=new_id,
        version=1,
        cell=finding.cell,
        rule=rule_of(finding),
        family=family_of(finding),
        indicator=finding.indicator,
        scope=finding.scope,
        period=finding.period,
        binding=finding.binding,
        severity=severity,
        title=finding.title,
        standing=finding.standing,
        value=finding.value,
        value_before=finding.value,
        crossed=finding.crossed,
        worst=_moment(finding, severity, at),
        owner=finding.owner,
        raised_at=at,
        due_at=due_after(None, severity, at, clocks),
    )


def _merged(
    current: Alert, finding: Finding, severity: Severity, at: datetime, clocks: Clocks
) -> Alert:
    severity = at_least(raised_by(severity, current.reopened), current)
    due_at, seen = current.due_at, current.acknowledged
    if seen and rank_of(severity) > rank_of(seen.severity):
        # Nobody was late: what was asked before was answered.
        seen, due_at = None, due_after(None, severity, at, clocks)
    elif severity is not current.severity:
        due_at = due_after(current, severity, at, clocks)
    finding = replace(finding, crossed=_line_of(current, finding))
    return replace(
        current,
        binding=finding.binding,
        severity=severity,
        title=finding.title,
        standing=finding.standing,
        value=finding.value,
        crossed=finding.crossed,
        worst=_worst(current, finding, severity, at),
        due_at=due_at,
        hold=None,
        acknowledged=seen,
    )


def at_least(severity: Severity, alert: Alert) -> Severity:
    """Return a colour, or the one that an alert has for not being answered in time.

    Source: design "Alerts" 2: orange = … or not acknowledged in time.
    """
    return max(severity, Severity.ORANGE, key=rank_of) if alert.escalated else severity


def _line_of(current: Alert, finding: Finding) -> CrossedLine | None:
    """Return the line that is crossed now.

    One that was changed after the judgement may not be: then the line known before stays.
    """
    line, value = finding.crossed, finding.value
    if finding.is_forecast:
        return None
    if line is None or (value is not None and not lies_beyond(value, line)):
        return current.crossed
    return line


def _worst(current: Alert, finding: Finding, severity: Severity, at: datetime) -> Worst:
    """Return the worst moment: the gravest colour, and the worst value in it."""
    worst = current.worst
    steps = rank_of(severity) - rank_of(worst.severity)
    same_but_worse = not steps and is_worse(finding.value, worst.value, finding.crossed)
    return _moment(finding, severity, at) if steps > 0 or same_but_worse else worst


def _moment(finding: Finding, severity: Severity, at: datetime) -> Worst:
    value = None if finding.value is None else format(finding.value, "f")
    return Worst(severity=severity, value=value, crossed=finding.crossed, at=at)


def _settled(current: Alert, finding: Finding, at: datetime) -> Alert:
    if finding.withdrawn:
        return _withdrawn(current, at)
    after, before = finding.value, current.value_before
    how = finding.how or _how(current, after)
    effect = None if after is None or before is None else after - before
    if how is How.LINE_CHANGED:
        effect = None
    return replace(
        current,
        version=current.version + 1,
        standing=finding.standing,
        value=after,
        hold=None,
        settled=Settlement(how=how, at=at, effect=effect),
    )


def _withdrawn(current: Alert, at: datetime) -> Alert:
    """Return an alert that ends with its binding: its value stays the last that was judged."""
    over = Settlement(how=How.WITHDRAWN, at=at, effect=None)
    return replace(current, version=current.version + 1, hold=None, settled=over)


def _how(current: Alert, after: Decimal | None) -> How:
    """Return whether it is the value that came back, or the line that went."""
    if after is None:
        return How.RECOVERED
    beyond = current.crossed is not None and lies_beyond(after, current.crossed)
    return How.LINE_CHANGED if beyond or after == current.value else How.RECOVERED
