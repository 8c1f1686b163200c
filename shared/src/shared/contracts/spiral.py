"""Events that the spiral service publishes."""

from datetime import date
from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from shared.contracts.base import Event, Model
from shared.contracts.causes import Cause
from shared.contracts.vocabulary import (
    ClosedHow,
    CorrectionStage,
    CrossedLine,
    PeriodKey,
    ScopeKey,
    Severity,
    State,
    Worst,
)


class SeenFact(Model):
    """A fact of some service that a gate was judged on, in the version that it had."""

    kind: str
    """``goal binding task attainment assessment alert correction form``."""

    key: str
    version: int


class CarriedAlert(Model):
    """An alert that a closing cycle hands on to the next one."""

    alert: str
    reason: str


class CycleFact(Event):
    """What every fact about a cycle (诊改周期) carries: all of it, as it stands then."""

    cycle: str
    version: int
    """Grows by one with every fact about the cycle."""

    scope: ScopeKey
    period: PeriodKey
    definition: str
    """Name and version: ``figure_eight@1``."""

    step: str
    """The lit step of the stage loop."""

    definition_zh: str | None = None
    step_zh: str | None = None
    """What that version of the definition calls itself, and the step."""

    at: AwareDatetime
    state: Literal["open", "closed"] = "open"
    in_routine: bool = False
    """The routine loop runs."""

    parent: str | None = None
    """The cycle inside whose window it lies."""

    starts_on: date | None = None
    """First day of its window; None while the school calendar does not know its period."""

    ends_on: date | None = None
    """The first day that does not belong to its window any more."""

    owners: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By role of its definition who held it when it opened, ``teacher/T001``."""

    beside: bool = False
    """It runs beside the cycle of its scope and period, by a rule (制度) of its own."""

    opened_at: AwareDatetime | None = None
    entered_at: AwareDatetime | None = None
    """When its step was entered."""

    step_due_at: AwareDatetime | None = None
    """Until when its step should be left, as its definition reckons; None where no clock runs."""

    by: str = ""
    reason: str = ""


class CycleOpened(CycleFact):
    """A cycle began."""

    type: ClassVar[str] = "qa.spiral.cycle.opened.v1"


class CycleMoved(CycleFact):
    """A cycle went from one step to another."""

    type: ClassVar[str] = "qa.spiral.cycle.moved.v1"

    left: str
    how: Literal["moved", "sent_back", "forced"] = "moved"
    """``moved``: its gates held; ``sent_back``: work was sent back inside the routine loop;
    ``forced``: a leader lifted the gates."""

    seen: tuple[SeenFact, ...] = ()
    """What its gates were judged on."""

    lifted: tuple[str, ...] = ()
    """What stood in the way of a forced move."""


class CycleClosed(CycleFact):
    """A cycle ended: its orange and red alerts are settled, or carried over."""

    type: ClassVar[str] = "qa.spiral.cycle.closed.v1"

    left: str
    seen: tuple[SeenFact, ...]
    carried: tuple[CarriedAlert, ...]


class CycleMigrated(CycleFact):
    """A running cycle was put on another version of a definition."""

    type: ClassVar[str] = "qa.spiral.cycle.migrated.v1"

    left: str
    left_definition: str


class CycleReplanned(CycleFact):
    """The window of a running cycle is another, or a deadline of it was planned anew.

    A window follows the school calendar; who plans a deadline anew says why.
    """

    type: ClassVar[str] = "qa.spiral.cycle.replanned.v1"

    left: str
    clock: str | None = None
    """The deadline that somebody planned anew; None where the window is meant."""

    was: AwareDatetime | None = None
    """Until when it ran before."""

    due_at: AwareDatetime | None = None


class CycleReassigned(CycleFact):
    """Others hold roles of a running cycle: a post, a body, a grant or a loan is another."""

    type: ClassVar[str] = "qa.spiral.cycle.reassigned.v1"

    left: str
    owners_before: dict[str, tuple[str, ...]]


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
    value_after: str | None
    """None where its alert is about no value."""

    effect: str | None
    """Value after minus value before; None where one of them is not known."""


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


class DiagnosisSigned(Event):
    """The conclusion on a goal of a cycle was signed (诊断结论), by another than its drafter."""

    type: ClassVar[str] = "qa.spiral.diagnosis.signed.v1"

    diagnosis: str
    version: int
    cycle: str
    scope: ScopeKey
    period: PeriodKey
    goal: str
    indicator: str | None
    state: State
    """How the goal stood when it was signed."""

    value: str | None
    attainment: str | None
    gap: str | None
    cause: Cause | None
    """None of a goal that was met."""

    conclusion: str
    drafted_by: str
    signed_by: str
    at: AwareDatetime


class LessonLearnt(Event):
    """A lesson (经验教训) was added to the library."""

    type: ClassVar[str] = "qa.spiral.lesson.learnt.v1"

    lesson: str
    cycle: str
    scope: ScopeKey
    period: PeriodKey
    indicator: str | None
    cause: Cause | None
    """None of what went well."""

    title: str
    by: str
    at: AwareDatetime


class ProposalFact(Event):
    """What every fact about a proposal (创新建议) carries."""

    proposal: str
    version: int
    cycle: str
    scope: ScopeKey
    kind: Literal["proposal", "change_request"]
    """``change_request``: to a standard, which whoever answers for it changes, or does not."""

    standard: str | None
    title: str
    text: str
    state: Literal["submitted", "accepted", "rejected", "withdrawn"]
    reason: str
    by: str
    """Who submitted it, or decided."""

    at: AwareDatetime


class ProposalSubmitted(ProposalFact):
    """Somebody proposed something new, or asked for a change of a standard."""

    type: ClassVar[str] = "qa.spiral.proposal.submitted.v1"


class ProposalDecided(ProposalFact):
    """A proposal was accepted, rejected or withdrawn."""

    type: ClassVar[str] = "qa.spiral.proposal.decided.v1"


class MeasureFact(Event):
    """What every fact about an improvement measure (改进措施) carries."""

    measure: str
    version: int
    cycle: str
    """Where it was proposed."""

    scope: ScopeKey
    goal: str | None
    cause: Cause | None
    text: str
    owner: str
    carried_to: str
    """The cycle that it is an input of."""

    by: str
    at: AwareDatetime


class MeasureCarried(MeasureFact):
    """An accepted measure became an input of the next cycle."""

    type: ClassVar[str] = "qa.spiral.measure.carried.v1"


class MeasureVerified(MeasureFact):
    """Another person found in the next cycle whether a measure had an effect (落实)."""

    type: ClassVar[str] = "qa.spiral.measure.verified.v1"

    effective: bool
    note: str
