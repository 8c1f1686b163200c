"""Cycles over REST."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from shared.contracts.vocabulary import ScopeKey
from shared.kit.clock import now
from shared.kit.etags import Expect, etag_of
from shared.kit.known import wait_until_known
from shared.kit.paging import answer_page
from shared.kit.strict_json import StrictJsonRoute
from spiral_service.api.common import READ, WRITE, Db, Paging
from spiral_service.queries import cycles as queries
from spiral_service.schemas.common import CycleKey, State
from spiral_service.schemas.cycles import CycleDetail, CycleSummary, OpenCycle
from spiral_service.usecases import cycles as usecases
from spiral_service.usecases.scopes import knows_scope

router = APIRouter(prefix="/cycles", tags=["cycles 诊改周期"], route_class=StrictJsonRoute)


@router.post("", status_code=201, summary="开启诊改周期", dependencies=[WRITE])
async def open_cycle(
    request: Request, response: Response, body: OpenCycle, db: Db, expect: Expect
) -> CycleDetail:
    # Its record may have been pushed just now.
    await wait_until_known(db, lambda tx: knows_scope(tx, body.scope))
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


@router.get("", summary="诊改周期列表", dependencies=[READ])
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


@router.get("/{key:path}", summary="诊改周期", dependencies=[READ])
async def get_cycle(response: Response, key: CycleKey, db: Db) -> CycleDetail:
    async with db.transaction() as tx:
        answer = await queries.get_cycle(tx, key)
    response.headers["ETag"] = etag_of(answer.version)
    return answer
