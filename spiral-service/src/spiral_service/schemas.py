"""Requests and responses of the REST API."""

import re
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.vocabulary import (
    ClosedHow,
    CrossedLine,
    Level,
    PeriodKey,
    ScopeKey,
    Severity,
    Worst,
)

DEFAULT_DEFINITION: Final = "figure_eight"

State = Literal["open", "closed"]
CycleKey = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r"^[\w.:@/+-]+$",
        examples=["2026-2027-1/course/C0001"],
        description="周期编号（自然键）：文字、数字和 . : @ / + - _",
    ),
]


class CorrectionFilter(BaseModel):
    """Which corrections are wanted, and in which order; what is not given does not restrict."""

    scope: Annotated[ScopeKey | None, Field(description="诊改对象")] = None
    state: Annotated[State | None, Field(description="open 处理中 | closed 已销号")] = None
    cycle: Annotated[CycleKey | None, Field(description="诊改周期编号")] = None
    severity: Severity | None = None
    level: Level | None = None
    sort: Annotated[
        Literal["gravest", "newest", "due"],
        Field(description="gravest 最重、时限最早在前 | newest 最新在前 | due 签收时限最早在前"),
    ] = "gravest"


class OpenCycle(BaseModel):
    """Open a cycle (诊改周期); the key is its natural key."""

    model_config = ConfigDict(extra="forbid")

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

    def named_definition(self) -> tuple[str | None, int | None]:
        """Return name and version of the definition asked for, None for what is left open."""
        match = re.fullmatch(r"([a-z0-9_]+)(?:@(\d+))?", self.definition or "")
        if match is None:
            return None, None
        return match[1], int(match[2]) if match[2] else None


class CycleProposal(BaseModel):
    """A rhythm of diagnosis that an imported plan sets for a level (诊改周期建议)."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    plan: str
    title: str
    """Of the plan."""

    scope: ScopeKey
    """Of the plan."""

    level: Level
    rhythm: str
    """``year ayear term month construction appointment``."""

    warning_only: bool
    """It only warns in this rhythm (预警周期): no cycles."""

    words: str
    """As the plan says it."""

    running: PeriodKey | None
    """The period of the rhythm that runs today; of an appointment none: it follows contracts."""

    missing: int
    """Objects of the level without an open cycle of that period."""


class OpenedCycles(BaseModel):
    """The cycles that were opened by a proposal."""

    period: PeriodKey
    opened: list[CycleKey]
    left: int
    """Objects that have none yet: send it again."""


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

    step: str
    step_zh: str
    step_en: str
    state: State
    opened_at: datetime
    open_corrections: int


class GateView(BaseModel):
    """What must exist before a step may be left."""

    gate: str
    zh: str
    en: str


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


class CorrectionSummary(BaseModel):
    """A correction (纠偏) as lists show it; values are decimal strings."""

    id: UUID
    version: int
    cycle: str | None
    """None while no cycle of the scope is open."""

    alert: str
    scope: ScopeKey
    scope_name: str
    scope_name_en: str | None
    level: Level
    period: PeriodKey
    severity: Severity
    """Present colour of its alert (现级别); the last one it had, when closed."""

    indicator: str | None
    title: str
    owner: str
    crossed: CrossedLine | None
    """The line that is crossed now: floor, standard, warning or target."""

    worst: Worst | None
    """The gravest colour its alert ever had (曾达), with value, line and instant of that moment;
    None where it was opened before that was kept."""

    value_before: str | None
    """The value that raised its alert."""

    value: str | None
    """Present value (现值) while open; once closed the value at settling (销号时的值)."""

    value_after: str | None
    """The value at settling; None while open."""

    effect: str | None
    """Value after minus value before; None where the line was changed or withdrawn."""

    state: State
    how: ClosedHow | None
    opened_at: datetime
    due_at: datetime | None
    """Until when its alert must be acknowledged (签收时限); it follows the colour."""

    acknowledged_by: str | None
    """Who acknowledged its alert (签收人); None while nobody has."""

    acknowledged_at: datetime | None
    closed_at: datetime | None


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


class CycleDetail(CycleSummary):
    """A cycle with its two loops."""

    steps: list[StepView]
    """The stage loop (阶段改进), in order."""

    next_steps: list[str]
    routine_loop: RoutineLoopView


class HistoryEntry(BaseModel):
    """What happened to a correction."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    what: Literal["raised", "merged", "acknowledged", "settled", "attached"]
    severity: Severity
    value: str | None
    cycle: str | None
    at: datetime


class CorrectionDetail(CorrectionSummary):
    """A correction with its history, the oldest entry first."""

    history: list[HistoryEntry]


class WorkFilter(BaseModel):
    """Which work is wanted."""

    mine: Annotated[bool, Field(description="只列我能办的 · only what the caller may do")] = True
    state: Annotated[State, Field(description="open 待办 | closed 已办结")] = "open"
    scope: Annotated[ScopeKey | None, Field(description="诊改对象")] = None


class WorkItem(BaseModel):
    """A human step (待办): somebody has to do something, on a page of the portal."""

    model_config = ConfigDict(from_attributes=True)

    step: str
    kind: Literal["approval", "acceptance", "signature", "answer"]
    title_zh: str
    title_en: str
    scope: ScopeKey
    scope_name: str
    """Chinese name; the key of the scope while the hub has not told its name."""

    scope_name_en: str | None
    level: Level
    period: PeriodKey | None
    link: str
    """Page of the portal where it is done."""

    opened_at: datetime
    due_at: datetime
    state: State
    how: (
        Literal[
            "approved",
            "rejected",
            "withdrawn",
            "replaced",
            "accepted",
            "negotiated",
            "answered",
            "signed",
        ]
        | None
    )
    closed_by: str | None
    closed_at: datetime | None
