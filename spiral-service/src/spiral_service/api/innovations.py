"""Proposals and change requests over REST."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response

from shared.kit.app import new_router
from shared.kit.etags import etag_of
from shared.kit.paging import answer_page
from spiral_service.api.common import READ, Db, Paging, Reader
from spiral_service.api.doing import Do
from spiral_service.api.seen import OF_A_PROPOSAL
from spiral_service.queries import innovations as queries
from spiral_service.schemas.innovations import (
    DecideProposalBody,
    ProposalBody,
    ProposalFilter,
    ProposalView,
)
from spiral_service.usecases import innovations as usecases

TAGS: Final = ["proposals 创新建议"]
router = new_router(prefix="/proposals", tags=TAGS, dependencies=OF_A_PROPOSAL)


@router.get("", summary="创新建议列表", dependencies=[READ])
async def list_proposals(
    response: Response,
    db: Db,
    wanted: Paging,
    reader: Reader,
    only: Annotated[ProposalFilter, Query()],
) -> list[ProposalView]:
    async with db.transaction() as tx:
        items, total, after = await queries.list_proposals(tx, only, wanted, reader)
    answer_page(response, wanted, total=total, next_after=after)
    return items


@router.post("", status_code=201, summary="提出创新建议或标准变更申请")
async def make_proposal(body: ProposalBody, do: Do) -> ProposalView:
    """A change request never changes a standard: who answers for it does, or does not."""
    await do.sees_cycle(body.cycle)
    async with do.transaction() as tx:
        made = await usecases.propose(tx, body, do.turn)
        do.created(f"proposals/{made.id}", made.version)
        return await queries.get_proposal(tx, made.id, do.actor)


@router.get("/{proposal}", summary="创新建议", dependencies=[READ])
async def get_proposal(proposal: UUID, response: Response, db: Db, reader: Reader) -> ProposalView:
    async with db.transaction() as tx:
        answer = await queries.get_proposal(tx, proposal, reader)
    response.headers["ETag"] = etag_of(answer.version)
    return answer


@router.post("/{proposal}/decision", summary="创新建议：采纳、不采纳或撤回")
async def decide_proposal(proposal: UUID, body: DecideProposalBody, do: Do) -> ProposalView:
    """By another than who made it; he may withdraw it."""
    async with do.transaction() as tx:
        decided = await usecases.decide(tx, proposal, body, do.turn)
        do.created("", decided.version, is_new=False)
        return await queries.get_proposal(tx, proposal, do.actor)
