"""Improvement measures (改进措施) over REST."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from shared.contracts.causes import Cause
from shared.contracts.vocabulary import ScopeKey
from spiral_service.domain.measures import MeasureState
from spiral_service.schemas import examples
from spiral_service.schemas.common import CycleKey, GoalKey, Said, Words, closed
from spiral_service.schemas.correcting import PartyKey


class MeasureBody(BaseModel):
    """Propose a measure for the next cycle."""

    model_config = closed(examples.MEASURE)

    cycle: CycleKey
    goal: GoalKey | None = None
    cause: Cause | None = None
    text: Words
    owner: PartyKey


class DecideMeasureBody(BaseModel):
    """Accept or reject a measure."""

    model_config = closed(examples.MEASURE_DECISION)

    accepted: bool
    reason: Said = ""


class VerifyMeasureBody(BaseModel):
    """Say whether a measure had an effect in the cycle that took it over."""

    model_config = closed(examples.VERIFY)

    effective: bool
    note: Words


class LowerBody(BaseModel):
    """Say why the target of a later goal lies below the one of a cycle."""

    model_config = closed(examples.LOWER)

    cycle: CycleKey
    goal: Annotated[GoalKey, Field(description="后续目标 · the later goal")]
    reason: Words


class MeasureFilter(BaseModel):
    """Which measures are wanted; what is not given does not restrict."""

    cycle: Annotated[CycleKey | None, Field(description="提出措施的周期")] = None
    carried_to: Annotated[
        CycleKey | None, Field(alias="carriedTo", description="承接措施的周期")
    ] = None
    scope: ScopeKey | None = None
    state: MeasureState | None = None


class MeasureView(BaseModel):
    """An improvement measure."""

    id: UUID
    version: int
    cycle: str
    scope: ScopeKey
    goal: str | None
    cause: Cause | None
    text: str
    owner: str
    state: MeasureState
    by: str
    at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    carried_to: str | None
    """The cycle that it is an input of."""

    carried_at: datetime | None
    verified_by: str | None
    verified_at: datetime | None
    note: str
    may: dict[str, bool]
    """What the caller may do now: ``decide``, ``verify``."""

    blocked_by: Annotated[list[str], Field(serialization_alias="blockedBy")]


class LandingView(BaseModel):
    """How many of the measures that a cycle was handed took effect (上轮整改落实率)."""

    cycle: str
    carried: int
    effective: int
    ineffective: int
    unverified: int
    rate: Decimal | None
    """Effective ÷ carried; the unverified count as not effective. None without measures."""

    words: str
    """The arithmetic."""

    measures: list[MeasureView]


class LoweredView(BaseModel):
    """Why a target is lower."""

    cycle: str
    goal: str
    reason: str
    by: str
    at: datetime
