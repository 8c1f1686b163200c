"""Cycles that imported plans propose, over REST."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request

from shared.calendar.table import read_calendar
from shared.kit.app import new_router
from shared.kit.clock import now
from shared.kit.identity import Caller, current_caller, require
from spiral_service.api.common import READ, Db
from spiral_service.domain.moving import Act
from spiral_service.queries import cycle_proposals as queries
from spiral_service.schemas.cycle_proposals import CycleProposal, DecideCycleProposalBody
from spiral_service.usecases import cycle_proposals as usecases

router = new_router(prefix="/cycle-proposals", tags=["programmes 诊改计划"])


@router.get("", summary="规划提出的诊改周期", dependencies=[READ])
async def list_cycle_proposals(
    db: Db,
    caller: Annotated[Caller, Depends(current_caller)],
    plan: Annotated[str | None, Query(max_length=400, description="规划编号")] = None,
) -> list[CycleProposal]:
    """The rhythms of diagnosis that imported plans set for the levels, as the plans say it."""
    decides = caller.may("spiral:write")
    async with db.transaction() as tx:
        return await queries.list_cycle_proposals(tx, plan, now(), decides=decides)


@router.post("/{number}/decision", summary="规划提出的诊改周期：采纳为诊改计划，或不采纳")
async def decide_cycle_proposal(
    request: Request,
    db: Db,
    body: DecideCycleProposalBody,
    number: Annotated[int, Path(ge=1, le=2**63 - 1)],
    caller: Annotated[Caller, Depends(require("spiral:write"))],
) -> CycleProposal:
    """Accepted it is a programme, which opens a cycle for each object of the level that has none.

    What a corrected plan still says stays decided; what it says anew is proposed again.
    """
    act = Act(by=caller.subject, at=now(), reason=body.reason)
    async with db.transaction(correlation=request.state.request_id) as tx:
        row = await usecases.decide_cycle_proposal(tx, number, body, act)
        calendar = await read_calendar(tx)
        return await queries.view_cycle_proposal(tx, row, act.at, calendar, decides=True)
