"""Deadlines (时限) of cycles over REST."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.kit.moments import Moment
from spiral_service.schemas.examples import REPLANNING


class ReplanDeadline(BaseModel):
    """Plan a deadline of a running cycle anew (重排时限)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [REPLANNING]})

    clock: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    """Which: a clock of its definition, of the step at which it stands or of a later one."""

    due_at: Moment
    reason: Annotated[str, Field(max_length=500)]
    """Why; it is kept, and shown."""


class DeadlineView(BaseModel):
    """Until when a step of a cycle should be left."""

    clock: str
    zh: str
    en: str
    step: str
    role: str
    """Who answers for it: a role of the definition."""

    persons: list[str]
    due_at: datetime | None
    """None while what it counts from is not known: the step is not entered, or its window."""

    planned_at: datetime | None
    """As the definition reckons it."""

    state: Literal["ahead", "running", "overdue", "met", "missed"]
    """``ahead``: its step is not reached; ``missed``: it was left after its deadline."""

    overdue_since: datetime | None = None
    met_at: datetime | None = None
    reason: str = ""
    """Why it was planned anew; empty where it was not."""

    told: int = 0
    """How many reminders and rungs of the ladder were told."""
