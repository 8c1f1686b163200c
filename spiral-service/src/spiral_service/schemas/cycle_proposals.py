"""Cycles that imported plans propose (诊改周期建议) over REST."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.vocabulary import Level, PeriodKey, ScopeKey
from spiral_service.domain.cycle_proposals import ProposalState
from spiral_service.schemas import examples
from spiral_service.schemas.common import Said, closed


class DecideCycleProposalBody(BaseModel):
    """Make a programme of what a plan proposes, or refuse it with a reason."""

    model_config = closed(examples.CYCLE_PROPOSAL_DECISION)

    state: Literal["accepted", "refused"]
    reason: Said = ""
    definition: Annotated[str | None, Field(pattern=r"^[a-z][a-z0-9_]*(@[1-9][0-9]{0,5})?$")] = None
    """By which the cycles run; unless one is named, the one made for the level and the rhythm."""

    opens: Annotated[int, Field(ge=-60, le=60)] = 0
    """Days from the beginning of a period until its cycles open."""


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

    state: ProposalState
    programme: str | None
    """The programme that it became."""

    decided_by: str | None
    decided_at: datetime | None
    reason: str
    running: PeriodKey | None
    """The period of the rhythm that runs today; of an appointment none: it follows contracts."""

    definition: str
    """By which its cycles would run, unless another is named."""

    missing: int
    """Objects of the level without a cycle of that period."""

    may: dict[str, bool]
    """What the caller may do now: ``accept``, ``refuse``."""

    blocked_by: Annotated[list[str], Field(serialization_alias="blockedBy")]
