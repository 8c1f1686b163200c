"""Corrections (纠偏) over REST."""

from datetime import datetime
from typing import Annotated, Literal
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
from spiral_service.schemas.common import CycleKey, State


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
