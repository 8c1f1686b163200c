"""The work list (待办) over REST."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.steps import StepHow, StepKind
from shared.contracts.vocabulary import (
    Level,
    PeriodKey,
    ScopeKey,
)
from spiral_service.schemas.common import State
from spiral_service.schemas.examples import ACTS

Service = Literal["datahub", "target", "spiral", "alert", "report", "gateway"]


class WorkFilter(BaseModel):
    """Which work is wanted."""

    mine: Annotated[bool, Field(description="只列我能办的 · only what the caller may do")] = True
    state: Annotated[State, Field(description="open 待办 | closed 已办结")] = "open"
    scope: Annotated[ScopeKey | None, Field(description="诊改对象")] = None
    kind: Annotated[StepKind | None, Field(description="办理事项类型 · kind of step")] = None
    service: Annotated[Service | None, Field(description="所属服务")] = None
    overdue: Annotated[
        bool | None, Field(description="true 只列逾期，false 只列未逾期 · only, or but, overdue")
    ] = None
    due: Annotated[
        Literal["today", "week"] | None,
        Field(description="到期：今天、本周（至周日）以内 · due by the end of today, of Sunday"),
    ] = None


class WorkItem(BaseModel):
    """A human step (待办): somebody has to do something, on a page of the portal."""

    model_config = ConfigDict(from_attributes=True)

    step: str
    service: str
    kind: StepKind
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
    overdue_since: datetime | None
    called: list[str] = []
    """Whom the ladder called because it was not done in time (督办), ``teacher/T001``."""

    state: State
    how: StepHow | None
    closed_by: str | None
    closed_at: datetime | None


class WorkCounts(BaseModel):
    """How much there is to do."""

    open: int
    overdue: int
    today: int
    """Due by the end of today, what is overdue among it."""

    week: int
    """Due by the end of Sunday, what is overdue among it."""

    by_kind: dict[str, int]
    by_service: dict[str, int]


class ActItem(BaseModel):
    """A step that is to be done."""

    model_config = ConfigDict(extra="forbid")

    step: Annotated[str, Field(min_length=1, max_length=400, examples=["spiral/cycle/C1/1"])]
    version: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    """Of its cycle, as it was seen; None: whichever there is."""


class ActBody(BaseModel):
    """Do several steps at once (批量办理)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [ACTS]})

    items: Annotated[list[ActItem], Field(min_length=1, max_length=100)]
    reason: Annotated[str, Field(max_length=500)] = ""


class ActView(BaseModel):
    """What became of one of them."""

    step: str
    done: bool
    code: str | None
    """Why not: the problem that doing it alone would answer; ``elsewhere`` where it is done on a
    page of another service."""

    zh: str
    en: str
    link: str | None
    """Page of the portal where it is done; None of a step that is not there."""
