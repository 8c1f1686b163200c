"""Cycles that imported plans propose, over REST."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request

from shared.kit.app import new_router
from shared.kit.clock import now
from shared.kit.identity import Caller, require
from spiral_service.api.common import READ, Db
from spiral_service.domain.moving import Act
from spiral_service.queries import proposals as queries
from spiral_service.schemas.proposals import CycleProposal, OpenedCycles
from spiral_service.usecases import proposals as usecases

router = new_router(prefix="/cycle-proposals", tags=["cycles 诊改周期"])


@router.get("", summary="规划提出的诊改周期", dependencies=[READ])
async def list_cycle_proposals(
    db: Db, plan: Annotated[str | None, Query(max_length=400, description="规划编号")] = None
) -> list[CycleProposal]:
    """The rhythms of diagnosis that imported plans set for the levels, as the plans say it."""
    async with db.transaction() as tx:
        return await queries.list_proposals(tx, plan, now())


@router.post("/{number}/cycles", status_code=201, summary="按规划开启诊改周期")
async def open_proposed(
    request: Request,
    db: Db,
    number: Annotated[int, Path(ge=1, le=2**63 - 1)],
    caller: Annotated[Caller, Depends(require("spiral:write"))],
) -> OpenedCycles:
    """Open a cycle of the running period for each object of the level that has none, 500 at most.

    Of the level of the school it is the plan's own scope alone. Sent again it opens the others.
    """
    act = Act(by=caller.subject, at=now())
    async with db.transaction(correlation=request.state.request_id) as tx:
        return await usecases.open_proposed(tx, number, act)
