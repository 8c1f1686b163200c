"""Events that the alert service publishes."""

from typing import ClassVar

from pydantic import AwareDatetime

from shared.contracts.base import Event
from shared.contracts.vocabulary import (
    CrossedLine,
    DismissedHow,
    PeriodKey,
    ScopeKey,
    SettledHow,
    Severity,
    State,
    Worst,
)


class AlertFact(Event):
    """What every fact about an alert carries."""

    alert: str
    version: int
    """Grows with every fact about this alert."""

    rule: str
    family: str
    scope: ScopeKey
    period: PeriodKey
    severity: Severity
    """Its present colour; the last one it had, when it is settled."""

    indicator: str | None
    title: str
    state: State
    value: str | None
    """Its present value; the value at settling, when it is settled."""

    value_before: str | None = None
    """The value that raised it."""

    crossed: CrossedLine | None = None
    """The line that was crossed, by its name, operator and value."""

    worst: Worst | None = None
    """The gravest colour it ever had, with the worst value in it, its line and instant."""

    owner: str
    raised_at: AwareDatetime
    due_at: AwareDatetime | None
    """Until when it must be acknowledged (签收时限); it follows the colour."""

    acknowledged_by: str | None = None
    """Who has seen it in its present colour or a graver one (签收); None while nobody has."""

    acknowledged_at: AwareDatetime | None = None
    reopened: int = 0
    """How often a correction of it had no effect: so many colours it stands above its value's."""

    escalated: int = 0
    """How often it was not acknowledged in time (督办): at least orange since the first."""

    supervisor: str | None = None
    """Who sees to it that it is answered, once it was escalated."""

    at: AwareDatetime


class AlertRaised(AlertFact):
    """A new alert (预警): the only open one of its rule, scope and period."""

    type: ClassVar[str] = "qa.alert.alert.raised.v1"


class AlertMerged(AlertFact):
    """A repeat was merged into the open alert; colour and value may have changed."""

    type: ClassVar[str] = "qa.alert.alert.merged.v1"


class AlertHeld(AlertFact):
    """An open alert rests on stale or thin data, or waits for its correction to be verified."""

    type: ClassVar[str] = "qa.alert.alert.held.v1"

    hold_reason: str


class AlertAcknowledged(AlertFact):
    """The owner has seen the alert."""

    type: ClassVar[str] = "qa.alert.alert.acknowledged.v1"

    by: str


class AlertAssigned(AlertFact):
    """Somebody was named to answer for an open alert (指派); he has not acknowledged it yet."""

    type: ClassVar[str] = "qa.alert.alert.assigned.v1"

    by: str
    note: str


class AlertEscalated(AlertFact):
    """Nobody acknowledged an open alert in time (督办): the next one is called."""

    type: ClassVar[str] = "qa.alert.alert.escalated.v1"

    to: str


class AlertSettled(AlertFact):
    """The alert is settled (销号)."""

    type: ClassVar[str] = "qa.alert.alert.settled.v1"

    how: SettledHow
    """``line-changed``: its line was changed, ``withdrawn``: its binding was withdrawn; the value
    did not come back."""

    effect: str | None = None
    """Value after minus value before, as a decimal string; None where the line was changed or
    withdrawn."""


class AlertReopened(AlertFact):
    """The correction of an open alert had no effect: it stands one colour higher."""

    type: ClassVar[str] = "qa.alert.alert.reopened.v1"


class AlertDismissed(AlertFact):
    """Somebody decided that the alert is over, although its value did not come back."""

    type: ClassVar[str] = "qa.alert.alert.dismissed.v1"

    how: DismissedHow
    by: str
    reason: str
    until: AwareDatetime | None = None
    """Until when a deviation is accepted."""
