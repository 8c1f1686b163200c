"""Proposals (创新建议), and change requests to standards (标准变更申请).

A change request never changes a standard: who answers for standards decides, and does it himself.
Source: design "The spiral", step innovate, and rule 1.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final, Literal
from uuid import UUID

from shared.errors import DomainError, ErrorKind

Kind = Literal["proposal", "change_request"]
ProposalState = Literal["submitted", "accepted", "rejected", "withdrawn"]

_ZH: Final = {"accepted": "采纳", "rejected": "不采纳", "withdrawn": "撤回"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Something new that a cycle proposes."""

    id: UUID
    version: int
    cycle: str
    scope: str
    kind: Kind
    standard: str | None
    """What a change request is about."""

    title: str
    text: str
    state: ProposalState
    by: str
    at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str = ""
    """Why it was decided so."""


class ProposalDecidedError(DomainError):
    """It was decided on already."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "proposal-decided"
    title_zh: ClassVar = "建议已有结论"
    title_en: ClassVar = "The proposal was decided on"


class OwnProposalError(DomainError):
    """Nobody decides on what he proposed, and none but he withdraws it."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "own-proposal"
    title_zh: ClassVar = "提出与决定不能是同一人"
    title_en: ClassVar = "Another person decides than proposes"


def decide(
    proposal: Proposal, state: ProposalState, reason: str, by: str, at: datetime
) -> Proposal:
    """Return a proposal that was accepted, rejected, or taken back by who made it.

    Raises:
        ProposalDecidedError: it was decided on already.
        OwnProposalError: he decides on his own, or withdraws another one's.
    """
    if proposal.state != "submitted":
        raise ProposalDecidedError(
            f"已于 {proposal.decided_at:%Y-%m-%d} {_ZH[proposal.state]}",
            f"it was {proposal.state} already",
            fixes=["另提一项建议 (make another proposal)"],
        )
    if (proposal.by == by) is not (state == "withdrawn"):
        raise OwnProposalError(
            "本人只能撤回，由他人决定",
            "who proposed it may withdraw it; another person decides",
            fixes=["请另一位负责人决定 (ask another person who holds a role of the cycle)"],
        )
    return replace(
        proposal,
        version=proposal.version + 1,
        state=state,
        reason=reason,
        decided_by=by,
        decided_at=at,
    )
