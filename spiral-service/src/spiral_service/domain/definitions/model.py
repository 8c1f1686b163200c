"""What a definition of the spiral says.

Source: plan §三(三), figures 2 and 3, and the 制度 of the engine line; design "The spiral" 5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Unit = Literal["calendar_day", "working_hour", "working_day", "teaching_day", "teaching_week"]
"""In what a clock counts; ``teaching_week`` is a 教学周 of the school calendar."""

Origin = Literal["window_start", "window_end", "step_entered"]
"""From where a clock counts."""

FieldType = Literal["text", "number", "date", "boolean", "choice", "list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A thing with an identifier and its names."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Role(Named):
    """Who takes part in a cycle (角色)."""

    held_by: Sequence[str]
    """Roles in which somebody answers for a scope (``course_lead``), or bodies (``body/<key>``);
    the first that anybody holds counts, at the scope itself or else the nearest one above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One thing that a form asks."""

    name: str
    zh: str
    en: str
    type: FieldType
    required: bool = True
    choices: Sequence[str] = ()
    """For ``choice``, and for ``list`` of choices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(Named):
    """What a step asks to be filled in (表单)."""

    fields: Sequence[FormField]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Named):
    """A kind of evidence (佐证)."""

    media: Sequence[str]
    """Media types of its files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate(Named):
    """What must exist before a step may be left."""

    check: str
    """The rule that judges it, one of `domain.gates.CHECKS`."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    role: str | None = None
    """Who can lift it; None: the roles of the step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock(Named):
    """Until when a step should be left. `domain.reckoning` reckons the instant."""

    step: str
    origin: Origin
    amount: int
    """Negative: before its origin."""

    unit: Unit
    role: str
    """Who is reminded, and answers for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A rung of the ladder: who is told when a clock has run out for so long (督办)."""

    after: int
    """Negative: who is reminded so long before it does (提醒)."""

    unit: Unit
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a loop."""

    step: str
    zh: str
    en: str
    phase: Named | None
    """None inside the routine loop, which as a whole lies in the middle phase."""

    gates: Sequence[Gate]
    """What must exist before the step may be left."""

    next: Sequence[str]
    """Steps that may follow; none after the last one."""

    roles: Sequence[str] = ()
    form: str | None = None
    evidence: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutineLoop:
    """The inner loop that corrects while the work goes on (常态纠偏)."""

    zh: str
    en: str
    inside: str
    """The step of the stage loop during which it runs."""

    back_to: Sequence[str]
    """Steps of the stage loop that a correction may send work back to."""

    steps: Sequence[Step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A version of a definition; it never changes."""

    definition: str
    version: int
    zh: str
    en: str
    basis: str
    """The clause of the plan or the rule (制度) that it puts into practice."""

    kinds: Sequence[str]
    """Kinds of scope that it is for; none: any."""

    periods: Sequence[str]
    """Kinds of period that it is for; none: any."""

    start: str
    steps: Sequence[Step]
    routine_loop: RoutineLoop
    phases: Mapping[str, Named]
    roles: Mapping[str, Role]
    forms: Mapping[str, Form]
    evidence: Mapping[str, Evidence]
    clocks: Sequence[Clock]
    escalation: Sequence[Rung]
    beside: bool = False
    """Its cycles run beside the one of their scope and period: a rule (制度) of its own."""

    @property
    def reference(self) -> str:
        """Name and version as one word: ``figure_eight@1``."""
        return f"{self.definition}@{self.version}"

    @property
    def track(self) -> str:
        """Return what its cycles share that follow each other: its name, where they run beside."""
        return self.definition if self.beside else ""

    def find(self, step: str) -> Step | None:
        """Return a step of the stage loop."""
        return next((each for each in self.steps if each.step == step), None)
