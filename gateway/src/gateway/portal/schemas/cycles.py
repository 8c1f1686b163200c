"""What the portal reads of cycles, their steps, gates, deadlines and what was done with them."""

from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from gateway.portal.schemas import Correction, EvidenceFile, May, Read
from shared.contracts.vocabulary import Level, PeriodKey, ScopeKey, Severity


class Cycle(Read):
    """A cycle in a list."""

    key: str
    version: int
    scope: ScopeKey
    scope_name: str
    level: Level
    period: PeriodKey
    definition: str
    definition_zh: str = ""
    definition_en: str = ""
    beside: bool = False
    """By a rule (制度) of its own, beside the cycle of its scope and period."""

    step: str
    step_zh: str
    step_en: str
    state: str
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None = None
    entered_at: AwareDatetime
    in_routine: bool = False
    parent: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    owners: dict[str, list[str]] = Field(default_factory=dict)
    open_corrections: int = 0
    overdue_since: AwareDatetime | None = None
    """Since when the deadline of its step is over; None while it is not."""


class Blocker(Read):
    """Something in the way of leaving a step."""

    kind: str
    key: str
    owner: str = ""
    zh: str
    en: str


class Lift(Read):
    """Who can lift a gate."""

    roles: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()


class Gate(Read):
    """What must exist before a step may be left."""

    gate: str
    zh: str
    en: str
    holds: bool | None = None
    blockers: tuple[Blocker, ...] = ()
    lifted_by: Lift | None = Field(None, alias="liftedBy")


class Step(Read):
    """A step of a loop."""

    step: str
    zh: str
    en: str
    phase: str | None = None
    phase_zh: str | None = None
    gates: tuple[Gate, ...] = ()
    next: tuple[str, ...] = ()
    lit: bool = False
    form: str | None = None
    evidence: tuple[str, ...] = ()


class Routine(Read):
    """The routine loop."""

    zh: str
    en: str
    inside: str
    steps: list[Step]
    open: int = 0
    closed: int = 0
    corrections: tuple[Correction, ...] = ()


class AlertOfCycle(Read):
    """An alert of a cycle that is not settled."""

    alert: str
    title: str
    severity: Severity
    owner: str = ""


class Deadline(Read):
    """Until when a step should be left."""

    clock: str
    zh: str
    en: str
    step: str
    persons: tuple[str, ...] = ()
    due_at: AwareDatetime | None = None
    planned_at: AwareDatetime | None = None
    state: str
    met_at: AwareDatetime | None = None
    reason: str = ""
    told: int = 0


class Entry(Read):
    """What was done with a cycle."""

    version: int
    what: str
    left: str | None = None
    step: str
    by: str
    at: AwareDatetime
    reason: str = ""
    lifted: tuple[str, ...] = ()
    clock: str | None = None
    was: AwareDatetime | None = None
    due_at: AwareDatetime | None = None


class CycleWhole(Cycle):
    """A cycle with its two loops."""

    steps: list[Step]
    next_steps: tuple[str, ...] = ()
    back_steps: tuple[str, ...] = ()
    routine_loop: Routine
    alerts: tuple[AlertOfCycle, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    forced: tuple[Entry, ...] = ()
    may: May = Field(default_factory=dict)
    blocked_by: tuple[str, ...] = Field((), alias="blockedBy")
    vacant: tuple[str, ...] = ()


class FormField(Read):
    """A field of a form that a step asks to be filled in."""

    name: str
    zh: str
    en: str
    type: str
    required: bool = True
    choices: tuple[str, ...] = ()


class StepForm(Read):
    """What a step asks to be filled in."""

    zh: str
    en: str
    fields: tuple[FormField, ...] = ()


class Definition(Read):
    """A definition of a cycle, as far as people fill something in."""

    zh: str = ""
    en: str = ""
    forms: dict[str, StepForm] = Field(default_factory=dict)


class Diagnosis(Read):
    """A self-diagnosis of a goal; without an id while nobody has drafted it."""

    id: str | None = None
    version: int = 0
    goal: str
    goal_title: str
    state: str
    known: "Known"
    cause: str | None = None
    conclusion: str = ""
    signed_by: str | None = None
    note: str = ""
    asked: list["AskedVoice"] = Field(default_factory=list)
    may: May = Field(default_factory=dict)


class AskedVoice(Read):
    """Somebody who was asked for his voice in a diagnosis."""

    source: str
    person: str
    spoken_at: AwareDatetime | None = None


class Voice(Read):
    """What somebody is asked to speak to, and what he has said."""

    source: str
    scope_name: str
    scope_name_en: str | None = None
    period: str
    goal_title: str
    due_at: AwareDatetime
    spoken_at: AwareDatetime | None = None
    rating: str | None = None
    text: str = ""
    may: May = Field(default_factory=dict)


class Known(Read):
    """The facts with which a diagnosis starts."""

    state: str | None = None
    value: str | None = None
    indicator: str | None = None
    suggested_cause: str | None = None


class Measure(Read):
    """A measure of improvement."""

    id: str
    version: int
    text: str
    owner: str = ""
    state: str
    may: May = Field(default_factory=dict)


class Lesson(Read):
    """What was learnt."""

    id: str
    title: str
    text: str
    used: int = 0
    helped: int = 0


class Proposal(Read):
    """Something new that a cycle proposes."""

    id: str
    title: str
    text: str
    state: str


class CorrectionPlan(Read):
    """Cause in words and measure of a correction."""

    cause_text: str
    measure: str
    due_on: date


class HistoryOfCorrection(Read):
    """What happened to a correction."""

    what: str
    by: str | None = None
    said: dict[str, Any] | None = None
    value: str | None = None
    at: AwareDatetime

    @property
    def text(self) -> str:
        """Return what was written with it, one thing after the other."""
        parts = ("cause_text", "measure", "said", "note", "reason")
        return "；".join(str(each) for name in parts if (each := (self.said or {}).get(name)))


class Alike(Read):
    """A correction of the same object that may be worked on together."""

    id: str
    title: str
    why_zh: str
    why_en: str


Acts = Annotated[May, Field(validation_alias="may")]


class Evidence(Read):
    """What shows that a measure was carried out."""

    said: str
    files: tuple[EvidenceFile, ...]


class CorrectionWhole(Correction):
    """A correction with what can be done to it."""

    version: int
    cycle: str
    alert: str | None = None
    stage: str
    state: str
    period: PeriodKey
    effect: str | None = None
    work_due_on: date | None = None
    cause: str | None = None
    plan: CorrectionPlan | None = None
    evidence: Evidence | None = None
    acts: Acts
    blocked_by: tuple[str, ...] = Field((), alias="blockedBy")
    suggested: tuple[Alike, ...] = ()
    history: tuple[HistoryOfCorrection, ...] = ()


Diagnosis.model_rebuild()
