"""Cycles (诊改周期) over REST."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.vocabulary import (
    Level,
    PeriodKey,
    ScopeKey,
    Severity,
)
from spiral_service.schemas.common import CycleKey, State
from spiral_service.schemas.corrections import CorrectionSummary
from spiral_service.schemas.deadlines import DeadlineView
from spiral_service.schemas.definitions import DifferenceView

DEFAULT_DEFINITION: Final = "figure_eight"


class Body(BaseModel):
    """A body: unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid")


class OpenCycle(Body):
    """Open a cycle (诊改周期); the key is its natural key."""

    key: CycleKey
    scope: ScopeKey
    period: PeriodKey
    definition: Annotated[
        str | None,
        Field(
            pattern=r"^[a-z][a-z0-9_]*(@[1-9][0-9]{0,5})?$",
            examples=["figure_eight", "figure_eight@1"],
            description="螺旋定义，可带 @版本；不给则用“8”字螺旋的最新版本",
        ),
    ] = None

    parent: Annotated[
        CycleKey | None,
        Field(
            description="上级周期；不给则取起止包含它的最近上级周期 · the cycle it lies in; by"
            " default the nearest one above whose window holds it"
        ),
    ] = None

    def named_definition(self) -> tuple[str | None, int | None]:
        """Return name and version of the definition asked for, None for what is left open."""
        match = re.fullmatch(r"([a-z0-9_]+)(?:@(\d+))?", self.definition or "")
        if match is None:
            return None, None
        return match[1], int(match[2]) if match[2] else None


class MoveCycle(Body):
    """Move a cycle to another step."""

    to: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["standard"])]
    force: Annotated[
        bool, Field(description="强制放行（领导） · lift the gates that block; it takes a leader")
    ] = False
    reason: Annotated[str, Field(max_length=500, examples=["目标已由校长办公会审定"])] = ""
    """Why; a forced move and one that sends work back must say it."""


class CarryAlert(Body):
    """Hand an alert on to the next cycle."""

    alert: Annotated[str, Field(min_length=1, max_length=200, examples=["A1"])]
    reason: Annotated[str, Field(min_length=2, max_length=500, examples=["整改跨学期"])]


class CloseCycle(Body):
    """Close a cycle that stands at its end."""

    carried: Annotated[list[CarryAlert], Field(max_length=1000)] = []
    reason: Annotated[str, Field(max_length=500)] = ""


class FileForm(Body):
    """Fill in the form of the step at which a cycle stands."""

    form: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["diagnosis"])]
    data: Annotated[
        dict[str, Any],
        Field(
            max_length=50,
            examples=[{"result": "及格率 0.86", "cause": "execution", "conclusion": "未达目标"}],
        ),
    ]


class CycleFilter(BaseModel):
    """Which cycles are wanted; what is not given does not restrict."""

    scope: Annotated[ScopeKey | None, Field(description="诊改对象")] = None
    state: Annotated[State | None, Field(description="open 进行中 | closed 已结束")] = None
    parent: Annotated[CycleKey | None, Field(description="上级周期")] = None


class CycleSummary(BaseModel):
    """A cycle as lists show it."""

    key: str
    version: int
    scope: ScopeKey
    scope_name: str
    """Chinese name; the key of the scope while the hub has not told its name."""

    level: Level
    period: PeriodKey
    definition: str
    """Name and version: ``figure_eight@1``."""

    definition_zh: str
    definition_en: str
    step: str
    step_zh: str
    step_en: str
    state: State
    opened_at: datetime
    closed_at: datetime | None
    entered_at: datetime
    """When its step was entered."""

    in_routine: bool
    """The routine loop runs."""

    beside: bool
    """It runs beside the cycle of its scope and period, by a rule (制度) of its own."""

    parent: str | None
    """The cycle inside whose window it lies (大环套小环)."""

    starts_on: date | None
    """First day of its window; None while the school calendar does not know its period."""

    ends_on: date | None
    """The first day that does not belong to its window any more."""

    owners: dict[str, list[str]]
    """By role of its definition who holds it; of a closed one, who held it last."""

    open_corrections: int
    may: dict[str, bool]
    """What the caller may do now: ``move``, ``sendBack``, ``force``, ``close``, ``file``,
    ``migrate``, ``replan``."""

    blocked_by: Annotated[list[str], Field(serialization_alias="blockedBy")]
    """What stands in the way of leaving its step, or of closing it."""

    overdue_since: datetime | None = None
    """Since when the deadline of its step is over; None while it is not, or of an older state."""

    vacant: list[str] = []
    """That nobody holds a role of its step any more, and who fills it or takes the step instead."""


class BlockerView(BaseModel):
    """One thing in the way, by its key."""

    kind: str
    key: str
    """Of the thing; the scope where nothing is there at all."""

    owner: str
    zh: str
    en: str


class LiftView(BaseModel):
    """Who can lift a gate."""

    roles: list[str]
    persons: list[str]


class GateView(BaseModel):
    """What must exist before a step may be left."""

    gate: str
    zh: str
    en: str
    check: str
    """The rule that judges it."""

    holds: bool | None = None
    """None where the cycle does not stand at the step."""

    blockers: list[BlockerView] = []
    lifted_by: Annotated[LiftView | None, Field(serialization_alias="liftedBy")] = None


class StepView(BaseModel):
    """A step of a loop."""

    step: str
    zh: str
    en: str
    phase: str | None
    phase_zh: str | None
    gates: list[GateView]
    next: list[str]
    lit: bool
    """The loop stands here."""

    roles: list[str]
    form: str | None
    """What it asks to be filled in."""

    evidence: list[str]
    """Kinds of evidence that it takes."""


class RoutineLoopView(BaseModel):
    """The routine loop of a cycle (常态纠偏) with its corrections."""

    zh: str
    en: str
    inside: str
    steps: list[StepView]
    open: int
    """Corrections that are open."""

    closed: int
    corrections: list[CorrectionSummary]
    """The open ones first, at most 100; all of them by ``GET /corrections?cycle=``."""


class EntryView(BaseModel):
    """What was done with a cycle (审计)."""

    version: int
    what: Literal[
        "opened", "moved", "sent_back", "forced", "closed", "migrated", "replanned", "reassigned"
    ]
    left: str | None
    step: str
    by: str
    at: datetime
    reason: str
    seen: list[dict[str, Any]]
    """The facts that gates were judged on, with their versions."""

    lifted: list[str]
    """What stood in the way of a forced move."""

    carried: list[dict[str, str]]
    clock: str | None
    """The deadline that was planned anew."""

    was: datetime | None
    due_at: datetime | None


class AlertView(BaseModel):
    """An alert of a cycle."""

    alert: str
    title: str
    severity: Severity
    owner: str


class CycleDetail(CycleSummary):
    """A cycle with its two loops."""

    steps: list[StepView]
    """The stage loop (阶段改进), in order."""

    next_steps: list[str]
    back_steps: list[str]
    """Steps that the routine loop may send work back to."""

    routine_loop: RoutineLoopView
    alerts: list[AlertView]
    """Its alerts that are not settled."""

    deadlines: list[DeadlineView]
    """Of every clock of its definition; none as of an earlier instant."""

    forced: list[EntryView]
    """Its forced moves, for ever; and where another version of its definition put it elsewhere."""

    as_of: datetime | None = None
    """The instant of which this is the state; None: now. Gates are judged for now alone."""


class MigrationView(BaseModel):
    """What would become of a cycle under another version of its definition."""

    cycle: str
    definition: str
    becomes: str
    step: str
    step_becomes: str
    differences: list[DifferenceView]
    blocking: list[GateView]
    """Gates of the step that would block then, and do not block now."""

    owners: dict[str, list[str]]
    """By role of that version who would hold it; roles that nobody would hold are left out."""
