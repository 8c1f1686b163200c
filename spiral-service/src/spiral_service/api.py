"""REST API of the spiral service: open the transaction, call one function, answer."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from shared.contracts.vocabulary import ScopeKey
from shared.kit.clock import now
from shared.kit.database import Database
from shared.kit.etags import Expect, etag_of
from shared.kit.identity import Caller, current_caller, require
from shared.kit.known import wait_until_known
from shared.kit.paging import Page, answer_page, page
from shared.kit.strict_json import StrictJsonRoute
from spiral_service import queries, usecases
from spiral_service.queries import proposals
from spiral_service.schemas import (
    CorrectionDetail,
    CorrectionFilter,
    CorrectionSummary,
    CycleDetail,
    CycleKey,
    CycleProposal,
    CycleSummary,
    OpenCycle,
    OpenedCycles,
    State,
    WorkFilter,
    WorkItem,
)

cycle_router = APIRouter(prefix="/cycles", tags=["cycles 诊改周期"], route_class=StrictJsonRoute)
correction_router = APIRouter(
    prefix="/corrections", tags=["corrections 纠偏"], route_class=StrictJsonRoute
)

proposal_router = APIRouter(
    prefix="/cycle-proposals", tags=["cycles 诊改周期"], route_class=StrictJsonRoute
)
work_router = APIRouter(prefix="/work-items", tags=["work 待办"], route_class=StrictJsonRoute)

READ = Depends(require("spiral:read"))
WRITE = Depends(require("spiral:write"))


def get_database(request: Request) -> Database:
    """Return the database that the service opened."""
    database: Database = request.app.state.database
    return database


Db = Annotated[Database, Depends(get_database)]
Paging = Annotated[Page, Depends(page)]


@cycle_router.post("", status_code=201, summary="开启诊改周期", dependencies=[WRITE])
async def open_cycle(
    request: Request, response: Response, body: OpenCycle, db: Db, expect: Expect
) -> CycleDetail:
    # Its record may have been pushed just now.
    await wait_until_known(db, lambda tx: usecases.knows_scope(tx, body.scope))
    async with db.transaction(correlation=request.state.request_id) as tx:
        cycle, is_new = await usecases.open_cycle(tx, body, now())
        expect(None if is_new else cycle.version)
        answer = await queries.get_cycle(tx, cycle.key)
    response.headers["ETag"] = etag_of(answer.version)
    if is_new:
        response.headers["Location"] = f"cycles/{quote(answer.key)}"
    else:
        response.status_code = 200
        response.headers["Changed"] = "false"
    return answer


@cycle_router.get("", summary="诊改周期列表", dependencies=[READ])
async def list_cycles(
    response: Response,
    db: Db,
    wanted: Paging,
    scope: Annotated[ScopeKey | None, Query(description="诊改对象")] = None,
    state: Annotated[State | None, Query(description="open 进行中 | closed 已结束")] = None,
) -> list[CycleSummary]:
    async with db.transaction() as tx:
        items, total, after = await queries.list_cycles(tx, scope=scope, state=state, page=wanted)
    answer_page(response, wanted, total=total, next_after=after)
    return items


@cycle_router.get("/{key:path}", summary="诊改周期", dependencies=[READ])
async def get_cycle(response: Response, key: CycleKey, db: Db) -> CycleDetail:
    async with db.transaction() as tx:
        answer = await queries.get_cycle(tx, key)
    response.headers["ETag"] = etag_of(answer.version)
    return answer


@proposal_router.get("", summary="规划提出的诊改周期", dependencies=[READ])
async def list_proposals(
    db: Db, plan: Annotated[str | None, Query(max_length=400, description="规划编号")] = None
) -> list[CycleProposal]:
    """The rhythms of diagnosis that imported plans set for the levels, as the plans say it."""
    async with db.transaction() as tx:
        return await proposals.list_proposals(tx, plan, now())


@proposal_router.post(
    "/{number}/cycles", status_code=201, summary="按规划开启诊改周期", dependencies=[WRITE]
)
async def open_proposed(
    request: Request, db: Db, number: Annotated[int, Path(ge=1, le=2**63 - 1)]
) -> OpenedCycles:
    """Open a cycle of the running period for each object of the level that has none, 500 at most.

    Of the level of the school it is the plan's own scope alone. Sent again it opens the others.
    """
    async with db.transaction(correlation=request.state.request_id) as tx:
        return await usecases.open_proposed(tx, number, now())


@correction_router.get("", summary="纠偏列表", dependencies=[READ])
async def list_corrections(
    response: Response,
    db: Db,
    wanted: Paging,
    only: Annotated[CorrectionFilter, Query()],
) -> list[CorrectionSummary]:
    async with db.transaction() as tx:
        items, total, after = await queries.list_corrections(tx, only, wanted)
    answer_page(response, wanted, total=total, next_after=after)
    return items


@correction_router.get("/{correction}", summary="纠偏及其经过", dependencies=[READ])
async def get_correction(response: Response, correction: UUID, db: Db) -> CorrectionDetail:
    async with db.transaction() as tx:
        answer = await queries.get_correction(tx, correction)
    response.headers["ETag"] = etag_of(answer.version)
    return answer


@work_router.get("", summary="待办", dependencies=[READ])
async def list_work(
    response: Response,
    db: Db,
    wanted: Paging,
    caller: Annotated[Caller, Depends(current_caller)],
    only: Annotated[WorkFilter, Query()],
) -> list[WorkItem]:
    """Human steps anywhere in the suite; unless asked otherwise those that the caller may do.

    The service of a step says who may: by permission, and by whose scopes they are.
    """
    async with db.transaction() as tx:
        items, total, after = await queries.list_work(tx, only, caller, wanted)
    answer_page(response, wanted, total=total, next_after=after)
    return items
