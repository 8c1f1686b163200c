"""Improvement measures over REST."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response

from shared.kit.app import new_router
from shared.kit.etags import etag_of
from shared.kit.paging import answer_page
from spiral_service.api.common import READ, Db, Paging, Reader
from spiral_service.api.doing import Do
from spiral_service.api.seen import OF_A_MEASURE
from spiral_service.queries import measures as queries
from spiral_service.schemas.common import CycleKey
from spiral_service.schemas.measures import (
    DecideMeasureBody,
    LandingView,
    LowerBody,
    LoweredView,
    MeasureBody,
    MeasureFilter,
    MeasureView,
    VerifyMeasureBody,
)
from spiral_service.usecases import measures as usecases

TAGS: Final = ["measures 改进措施"]
router = new_router(prefix="/measures", tags=TAGS, dependencies=OF_A_MEASURE)
OfCycle = Annotated[CycleKey, Query(alias="cycle", description="诊改周期")]


@router.get("", summary="改进措施列表", dependencies=[READ])
async def list_measures(
    response: Response,
    db: Db,
    wanted: Paging,
    reader: Reader,
    only: Annotated[MeasureFilter, Query()],
) -> list[MeasureView]:
    async with db.transaction() as tx:
        items, total, after = await queries.list_measures(tx, only, wanted, reader)
    answer_page(response, wanted, total=total, next_after=after)
    return items


@router.post("", status_code=201, summary="提出改进措施")
async def propose_measure(body: MeasureBody, do: Do) -> MeasureView:
    """By who holds a role of the cycle; another one accepts it."""
    await do.sees_cycle(body.cycle)
    async with do.transaction() as tx:
        made = await usecases.propose(tx, body, do.turn)
        do.created(f"measures/{made.id}", made.version)
        return await queries.get_measure(tx, made.id, do.actor)


@router.get("/landing", summary="上轮整改落实率", dependencies=[READ])
async def get_landing(cycle: OfCycle, db: Db, reader: Reader) -> LandingView:
    """Of the measures that the cycle was handed: how many took effect, and which are unverified."""
    async with db.transaction() as tx:
        return await queries.get_landing(tx, cycle, reader)


@router.get("/lowered-targets", summary="新目标低于旧目标的理由", dependencies=[READ])
async def list_lowered_targets(cycle: OfCycle, db: Db) -> list[LoweredView]:
    async with db.transaction() as tx:
        return await queries.list_lowered(tx, cycle)


@router.post("/lowered-targets", summary="说明新目标低于旧目标的理由")
async def lower_target(body: LowerBody, do: Do) -> list[LoweredView]:
    """Without it a cycle with a lower target in a later goal does not end."""
    await do.sees_cycle(body.cycle)
    async with do.transaction() as tx:
        await usecases.lower(tx, body, do.turn)
        return await queries.list_lowered(tx, body.cycle)


@router.get("/{measure}", summary="改进措施", dependencies=[READ])
async def get_measure(measure: UUID, response: Response, db: Db, reader: Reader) -> MeasureView:
    async with db.transaction() as tx:
        answer = await queries.get_measure(tx, measure, reader)
    response.headers["ETag"] = etag_of(answer.version)
    return answer


@router.post("/{measure}/decision", summary="改进措施：采纳或不采纳")
async def decide_measure(measure: UUID, body: DecideMeasureBody, do: Do) -> MeasureView:
    """By another than who proposed it; accepted it goes into the next cycle when that is open."""
    async with do.transaction() as tx:
        decided = await usecases.decide(tx, measure, body, do.turn)
        do.created("", decided.version, is_new=False)
        return await queries.get_measure(tx, measure, do.actor)


@router.post("/{measure}/verification", summary="改进措施：验证成效")
async def verify_measure(measure: UUID, body: VerifyMeasureBody, do: Do) -> MeasureView:
    """In the cycle that took it over, by another than who answers for it."""
    async with do.transaction() as tx:
        verified = await usecases.verify(tx, measure, body, do.turn)
        do.created("", verified.version, is_new=False)
        return await queries.get_measure(tx, measure, do.actor)
