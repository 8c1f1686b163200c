"""Alerts: lists, one with its history, and what people do with it."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from alert_service import queries, usecases
from alert_service.api.edge import WRITE, Anybody, Clock, Db, Reader, Wanted, right_of
from alert_service.domain.life import How
from alert_service.schemas import (
    AcknowledgementBody,
    AlertDetail,
    AlertFilter,
    AlertSummary,
    AlertView,
    AssignmentBody,
    DismissalBody,
)
from alert_service.schemas.statistics import Statistics, StatisticsFilter
from shared.access.edge import within_sight
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.etags import Expect, etag_of
from shared.kit.identity import Caller
from shared.kit.paging import answer_page
from shared.kit.strict_json import StrictJsonRoute


@dataclass(frozen=True, slots=True)
class Acted:
    """An act, and the request that asks for it."""

    act: usecases.Act
    request: str


async def _acting(alert_id: UUID, request: Request, expect: Expect, caller: Anybody) -> Acted:
    act = usecases.Act(alert=str(alert_id), right=right_of(caller), expect=expect, at=now())
    return Acted(act, request.state.request_id)


async def _alert(tx: Transaction, key: str, caller: Caller) -> None:
    with suppress(ValueError):  # what is no id is refused by the route itself
        await queries.get_alert(tx, str(UUID(key)), right_of(caller))


router = APIRouter(
    prefix="/alerts",
    tags=["alerts 预警"],
    route_class=StrictJsonRoute,
    dependencies=[Depends(within_sight("alert", "alert_id", _alert))],
)


@router.get("", summary="预警列表，默认最重、最新在前")
async def list_alerts(
    response: Response,
    db: Db,
    caller: Reader,
    wanted: Wanted,
    only: Annotated[AlertFilter, Query()],
) -> list[AlertView]:
    async with db.transaction() as tx:
        listed = await queries.list_alerts(tx, wanted, only, right_of(caller))
    answer_page(response, wanted, total=listed.total, next_after=listed.next_after)
    return listed.items


@router.get("/summary", summary="未销号预警：按层面与颜色计数")
async def summarise_alerts(db: Db, caller: Reader) -> AlertSummary:
    async with db.transaction() as tx:
        return await queries.summarise_alerts(tx, right_of(caller), now())


@router.get("/statistics", summary="预警统计：查准率、成效、签收与处置时长、复发率")
async def get_alert_statistics(
    db: Db, caller: Reader, only: Annotated[StatisticsFilter, Query()]
) -> Statistics:
    """By rule, family, colour, level or owner: precision, effect, time to answer, recurrence."""
    async with db.transaction() as tx:
        return await queries.get_statistics(tx, only, right_of(caller), now())


@router.get("/{alert_id}", summary="预警及其全过程")
async def get_alert(alert_id: UUID, response: Response, db: Db, caller: Reader) -> AlertDetail:
    async with db.transaction() as tx:
        alert = await queries.get_alert(tx, str(alert_id), right_of(caller))
    # No 304: the scope's name and what the caller may do change without a new version.
    response.headers["ETag"] = etag_of(alert.version)
    return alert


@router.post(
    "/{alert_id}/acknowledgement",
    summary="签收预警：责任人、督办人，或有 alert:write 者",
    # Its owner needs none: the use case decides, and the OpenAPI says what anybody else needs.
    openapi_extra={"x-permissions": [WRITE]},
)
async def acknowledge_alert(
    body: AcknowledgementBody, response: Response, db: Db, act: Annotated[Acted, Depends(_acting)]
) -> AlertDetail:
    async with db.transaction(correlation=act.request) as tx:
        done = await usecases.acknowledge(tx, act.act, body.note)
        return await _answer(tx, response, act, done)


@router.post(
    "/{alert_id}/assignment",
    summary="指派责任人：现责任人、督办人，或有 alert:write 者",
    openapi_extra={"x-permissions": [WRITE]},
)
async def assign_alert(
    body: AssignmentBody,
    response: Response,
    db: Db,
    act: Annotated[Acted, Depends(_acting)],
    hours: Clock,
) -> AlertDetail:
    async with db.transaction(correlation=act.request) as tx:
        done = await usecases.assign(tx, act.act, body.owner, body.note, hours)
        return await _answer(tx, response, act, done)


@router.post(
    "/{alert_id}/dismissal",
    summary="撤销预警：误报、接受偏差、转入阶段改进；须有 alert:write 且非责任人",
    openapi_extra={"x-permissions": [WRITE]},
)
async def dismiss_alert(
    body: DismissalBody, response: Response, db: Db, act: Annotated[Acted, Depends(_acting)]
) -> AlertDetail:
    async with db.transaction(correlation=act.request) as tx:
        done = await usecases.dismiss(tx, act.act, How(body.how), body.reason, body.until)
        return await _answer(tx, response, act, done)


async def _answer(
    tx: Transaction, response: Response, act: Acted, done: usecases.Acted
) -> AlertDetail:
    # He saw it when he acted; what he handed on he may not see any more.
    right = replace(act.act.right, hidden=frozenset())
    alert = await queries.get_alert(tx, act.act.alert, right)
    response.headers["ETag"] = etag_of(alert.version)
    response.headers["Changed"] = "true" if done.changed else "false"
    return alert
