"""Proposals (创新建议) and change requests to standards are made, and decided on by another."""

from typing import Any, Final
from uuid import UUID

from shared.contracts.spiral import ProposalDecided, ProposalFact, ProposalSubmitted
from shared.contracts.steps import StepHow
from shared.errors import UnknownReferenceError
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from spiral_service.domain import innovations as rules
from spiral_service.domain.innovations import Proposal, ProposalState
from spiral_service.domain.standing import check_holds
from spiral_service.repository.facts import is_told
from spiral_service.repository.records import keep
from spiral_service.schemas.innovations import DecideProposalBody, ProposalBody
from spiral_service.tables import ProposalRow
from spiral_service.usecases.moving import Turn
from spiral_service.usecases.stage import Ask, close_step, found_of, open_for, open_step

_HOW: Final[dict[ProposalState, StepHow]] = {
    "accepted": "approved",
    "rejected": "rejected",
    "withdrawn": "withdrawn",
}


async def propose(tx: Transaction, body: ProposalBody, turn: Turn) -> Proposal:
    """Make a proposal, or ask for a change of a standard: which changes nothing by itself.

    Raises:
        CycleNotFoundError: no cycle has that key.
        CycleClosedError: it is closed.
        NotYoursError: the caller holds no role of the cycle.
        UnknownReferenceError: there is no such standard.
    """
    cycle = await open_for(tx, body.cycle)
    turn.expect(None)
    check_holds(turn.actor, cycle.owners)
    if body.standard and not await is_told(tx, "standard", body.standard):
        raise UnknownReferenceError(
            f"没有已批准的标准 {body.standard}",
            f"there is no approved standard {body.standard}",
            fields={"$.standard": ["没有这个标准 (no such standard)"]},
        )
    proposal = Proposal(
        id=uuid7(),
        version=1,
        cycle=cycle.key,
        scope=cycle.scope,
        kind="change_request" if body.standard else "proposal",
        standard=body.standard,
        title=body.title,
        text=body.text,
        state="submitted",
        by=turn.act.by,
        at=turn.act.at,
    )
    await keep(tx, ProposalRow, proposal)
    _publish(tx, ProposalSubmitted, proposal, turn)
    what = ("标准变更申请", "change request") if body.standard else ("创新建议", "proposal")
    ask = Ask(
        step=_step(proposal),
        kind="approval",
        zh=f"审议{what[0]}：{body.title}",
        en=f"Decide on a {what[1]}: {body.title}",
    )
    open_step(tx, ask, cycle, turn.act)
    return proposal


async def decide(tx: Transaction, id_: UUID, body: DecideProposalBody, turn: Turn) -> Proposal:
    """Accept or reject a proposal of another person, or withdraw one's own.

    Its cycle may be over by then.

    Raises:
        RecordNotFoundError: there is no such proposal.
        NotYoursError: the caller holds no role of the cycle.
        ProposalDecidedError: it was decided on.
        OwnProposalError: he decides on his own, or withdraws another one's.
    """
    proposal, cycle = await found_of(tx, ProposalRow, Proposal, id_)
    turn.expect(proposal.version)
    check_holds(turn.actor, cycle.owners)
    decided = rules.decide(proposal, body.state, body.reason, turn.act.by, turn.act.at)
    await keep(tx, ProposalRow, decided)
    _publish(tx, ProposalDecided, decided, turn)
    close_step(tx, _step(decided), "approval", _HOW[body.state], cycle, turn.act)
    return decided


def _step(proposal: Proposal) -> str:
    return f"spiral/proposal/{proposal.id}"


def _publish(tx: Transaction, kind: type[ProposalFact], proposal: Proposal, turn: Turn) -> None:
    names = ("version", "cycle", "scope", "kind", "standard", "title", "text", "state", "reason")
    said: dict[str, Any] = {name: getattr(proposal, name) for name in names}
    more = {"proposal": str(proposal.id), "by": turn.act.by, "at": turn.act.at}
    tx.publish(kind.model_validate(said | more), key=str(proposal.id), subject=proposal.scope)
