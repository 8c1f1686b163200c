"""The work list (待办) over REST."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.steps import StepHow, StepKind
from shared.contracts.vocabulary import (
    Level,
    PeriodKey,
    ScopeKey,
)
from spiral_service.schemas.common import State


class WorkFilter(BaseModel):
    """Which work is wanted."""

    mine: Annotated[bool, Field(description="只列我能办的 · only what the caller may do")] = True
    state: Annotated[State, Field(description="open 待办 | closed 已办结")] = "open"
    scope: Annotated[ScopeKey | None, Field(description="诊改对象")] = None


class WorkItem(BaseModel):
    """A human step (待办): somebody has to do something, on a page of the portal."""

    model_config = ConfigDict(from_attributes=True)

    step: str
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
    state: State
    how: StepHow | None
    closed_by: str | None
    closed_at: datetime | None
