"""Events that the spiral service publishes."""

from datetime import date
from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.contracts.base import Event
from shared.contracts.causes import Cause
from shared.contracts.vocabulary import (
    ClosedHow,
    CorrectionStage,
    CrossedLine,
    PeriodKey,
    ScopeKey,
    Severity,
    Worst,
)


class CycleFact(Event):
    """What every fact about a cycle (诊改周期) carries."""

    cycle: str
    version: int
    scope: ScopeKey
    period: PeriodKey
    definition: str
    step: str
    at: AwareDatetime


class CycleOpened(CycleFact):
    """A cycle began."""

    type: ClassVar[str] = "qa.spiral.cycle.opened.v1"


class CycleMoved(CycleFact):
    """A cycle left a step whose gate was satisfied."""

    type: ClassVar[str] = "qa.spiral.cycle.moved.v1"

    left: str


class CorrectionFact(Event):
    """What every fact about a correction (纠偏) carries."""

    correction: str
    version: int
    cycle: str | None
    """None while no cycle of the scope is open; the correction waits for one."""

    alert: str
    scope: ScopeKey
    period: PeriodKey
    severity: Severity
    """Present colour of its alert; the last one it had, when it is closed."""

    indicator: str | None = None
    title: str
    owner: str
    """Who answers for it: whom somebody named, else the owner of its alert."""

    stage: CorrectionStage = "opened"
    joined: str | None = None
    """Id that corrections of one cause share: the same measure answers them."""

    reopened: int = 0
    """How often its measure had no effect."""

    cause: Cause | None = None
    measure: str | None = None
    """What is done, in the owner's words (整改措施)."""

    work_due_on: date | None = None
    """Campus date until which it is to be done."""

    remeasured: str | None = None
    """The newest value that was measured since the work began (复测值)."""

    crossed: CrossedLine | None = None
    """The line that is crossed now."""

    worst: Worst | None = None
    """The gravest colour its alert ever had, with the worst value in it, its line and instant."""

    value_before: str | None
    """The value that raised its alert."""

    value: str | None = None
    """The present value; the value at settling, when it is closed."""

    opened_at: AwareDatetime
    due_at: AwareDatetime | None
    """Until when its alert must be acknowledged (签收时限)."""

    acknowledged_by: str | None = None
    """Who has seen its alert in its present colour or a graver one (签收); None: nobody has."""

    acknowledged_at: AwareDatetime | None = None
    at: AwareDatetime


class CorrectionOpened(CorrectionFact):
    """An alert opened a correction in the routine loop of its scope's cycle."""

    type: ClassVar[str] = "qa.spiral.correction.opened.v1"


class CorrectionChanged(CorrectionFact):
    """An open correction followed its alert (colour, value, line, date), or found its cycle."""

    type: ClassVar[str] = "qa.spiral.correction.changed.v1"


class CorrectionPlanned(CorrectionFact):
    """The owner of a correction stated its cause and a measure, or stated them anew."""

    type: ClassVar[str] = "qa.spiral.correction.planned.v1"

    by: str
    back_to: Literal["design", "organise", "implement"] | None
    """The step of the stage loop to which the work goes back."""

    tasks: tuple[str, ...]
    """Tasks that the measure changes."""


class CorrectionEvidenced(CorrectionFact):
    """Evidence of the measure was handed in."""

    type: ClassVar[str] = "qa.spiral.correction.evidenced.v1"

    by: str
    files: int
    """How many files there are now."""


class CorrectionVerified(CorrectionFact):
    """Another person found that the measure had an effect; `CorrectionClosed` follows."""

    type: ClassVar[str] = "qa.spiral.correction.verified.v1"

    by: str
    value_after: str
    effect: str | None
    """Value after minus value before; None where the value before is not known."""


class CorrectionReopened(CorrectionFact):
    """Another person found that the measure had no effect: it has to be planned anew."""

    type: ClassVar[str] = "qa.spiral.correction.reopened.v1"

    by: str
    reason: str
    value_after: str | None
    effect: str | None


class CorrectionClosed(CorrectionFact):
    """The correction is closed."""

    type: ClassVar[str] = "qa.spiral.correction.closed.v1"

    how: ClosedHow
    """``recovered``: the value came back by itself, ``verified``: another person found the effect
    of the measure; in the other ends the value did not come back."""

    value_after: str | None
    effect: str | None
    """Value after minus value before; None where the value did not come back."""
