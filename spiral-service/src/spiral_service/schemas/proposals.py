"""Cycles that imported plans propose (诊改周期建议) over REST."""

from pydantic import BaseModel, ConfigDict

from shared.contracts.vocabulary import Level, PeriodKey, ScopeKey
from spiral_service.schemas.common import CycleKey


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
