"""Proposals (创新建议) and change requests to standards over REST."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.contracts.vocabulary import ScopeKey
from spiral_service.domain.innovations import Kind, ProposalState
from spiral_service.schemas import examples
from spiral_service.schemas.common import CycleKey, Said, Title, Words, closed


class ProposalBody(BaseModel):
    """Propose something new; with a standard it asks for a change of that."""

    model_config = closed(examples.PROPOSAL)

    cycle: CycleKey
    standard: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="申请变更的标准 · the standard to change"),
    ] = None
    title: Title
    text: Words


class DecideProposalBody(BaseModel):
    """Accept, reject or withdraw a proposal."""

    model_config = closed(examples.PROPOSAL_DECISION)

    state: Literal["accepted", "rejected", "withdrawn"]
    reason: Said = ""


class ProposalFilter(BaseModel):
    """Which proposals are wanted; what is not given does not restrict."""

    cycle: CycleKey | None = None
    scope: ScopeKey | None = None
    kind: Kind | None = None
    state: ProposalState | None = None


class ProposalView(BaseModel):
    """A proposal."""

    id: UUID
    version: int
    cycle: str
    scope: ScopeKey
    kind: Kind
    standard: str | None
    title: str
    text: str
    state: ProposalState
    by: str
    at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    may: dict[str, bool]
    """What the caller may do now: ``decide``, ``withdraw``."""

    blocked_by: Annotated[list[str], Field(serialization_alias="blockedBy")]
