"""Corrections (纠偏) over REST."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.causes import Cause
from shared.contracts.vocabulary import (
    ClosedHow,
    CorrectionStage,
    CrossedLine,
    Level,
    PeriodKey,
    ScopeKey,
    Severity,
    Worst,
)
from spiral_service.domain.correcting import Act
from spiral_service.domain.correction import Evidence, Plan, Verdict
from spiral_service.schemas.common import CycleKey, State


class CorrectionFilter(BaseModel):
    """Which corrections are wanted, and in which order; what is not given does not restrict."""

    scope: Annotated[ScopeKey | None, Field(description="诊改对象")] = None
    state: Annotated[State | None, Field(description="open 处理中 | closed 已销号")] = None
    cycle: Annotated[CycleKey | None, Field(description="诊改周期编号")] = None
    severity: Severity | None = None
    stage: Annotated[
        CorrectionStage | None,
        Field(
            description="opened 待指派 | assigned 待制定措施 | planned 待落实 | evidenced 待核验"
            " | closed 已销号"
        ),
    ] = None
    cause: Annotated[Cause | None, Field(description="原因")] = None
    joined: Annotated[UUID | None, Field(description="并案编号")] = None
    alert: Annotated[str | None, Field(max_length=64, description="预警编号")] = None
    level: Level | None = None
    sort: Annotated[
        Literal["gravest", "newest", "due"],
        Field(description="gravest 最重、时限最早在前 | newest 最新在前 | due 签收时限最早在前"),
    ] = "gravest"


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
    """Who answers for it: whom somebody named, else the owner of its alert."""

    stage: CorrectionStage
    """How far the work on it has come."""

    joined: UUID | None
    """Id that corrections of one cause share (并案)."""

    reopened: int
    """How often its measure had no effect."""

    cause: Cause | None
    """The cause that its owner named last."""

    work_due_on: date | None
    """Campus date until which its measure is to be carried out."""

    remeasured: str | None
    """The newest value measured since the work began (复测值)."""

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
    """The value at settling, or the one that was verified; None while open."""

    effect: str | None
    """Value after minus value before; None where the value did not come back."""

    state: State
    how: ClosedHow | None
    opened_at: datetime
    due_at: datetime | None
    """Until when its alert must be acknowledged (签收时限); it follows the colour."""

    acknowledged_by: str | None
    """Who acknowledged its alert (签收人); None while nobody has."""

    acknowledged_at: datetime | None
    closed_at: datetime | None


class HistoryEntry(BaseModel):
    """What happened to a correction."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    what: Literal[
        "raised",
        "merged",
        "held",
        "acknowledged",
        "reopened",
        "settled",
        "attached",
        "remeasured",
        "assigned",
        "planned",
        "evidenced",
        "verified",
        "closed",
        "joined",
        "split",
    ]
    severity: Severity
    value: str | None
    cycle: str | None
    by: str | None
    """Who did it; None of what was heard."""

    said: dict[str, Any] | None
    """What he said."""

    at: datetime


class Suggestion(BaseModel):
    """A correction that may have the same cause."""

    id: UUID
    scope: ScopeKey
    title: str
    why_zh: str
    why_en: str


class CorrectionListed(CorrectionSummary):
    """A correction, and what the caller may do with it."""

    may: dict[Act, bool]
    """What the caller may do now."""

    blocked_by: Annotated[list[str], Field(serialization_alias="blockedBy")]
    """What it lacks before it can be closed, in Chinese and English; nothing once it is over."""


class CorrectionDetail(CorrectionListed):
    """A correction with its history, the oldest entry first."""

    plan: Plan | None
    evidence: Evidence | None
    verdict: Verdict | None
    """The last one; after one without effect it is planned anew."""

    together: list[UUID]
    """The open corrections that are dealt with as one with it, itself among them."""

    suggested: list[Suggestion]
    """Others that may have the same cause, at most 20: a person decides whether to join them."""

    history: list[HistoryEntry]


class StatisticsFilter(BaseModel):
    """Which corrections are counted, and by what."""

    by: Annotated[
        Literal["cause", "scope", "level", "indicator"],
        Field(description="按原因、对象、层面或指标 · counted by"),
    ] = "cause"
    scope: Annotated[ScopeKey | None, Field(description="诊改对象")] = None
    level: Level | None = None
    cycle: Annotated[CycleKey | None, Field(description="诊改周期编号")] = None
    since: Annotated[
        date | None, Field(ge=date(2000, 1, 1), description="自这一天起开启的 · opened on or after")
    ] = None
    until: Annotated[
        date | None,
        Field(le=date(2199, 12, 31), description="至这一天止开启的 · opened on or before"),
    ] = None


class CorrectionCount(BaseModel):
    """How corrections came out."""

    key: str | None
    """Cause, scope, level or indicator; None where none was named."""

    name_zh: str | None
    opened: int
    closed: int
    effective: int
    """Closed ones whose value came back: by itself, or by a measure that was verified."""

    effect_rate: str | None
    """Effective ÷ closed, a ratio; None where none is closed."""

    reopened: int
    """Those whose measure had no effect at least once."""

    days_to_close: str | None
    """Mean days from opening to closing; None where none is closed."""

    recurred: int
    """Closed ones after which the same indicator of the same scope needed another."""

    recurrence_rate: str | None
    """Recurred ÷ closed, a ratio; None where none is closed."""
