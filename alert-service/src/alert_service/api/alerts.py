"""Alerts: lists, one with its history, and what people do with it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from alert_service import queries, usecases
from alert_service.api.edge import WRITE, Anybody, Db, Reader, Wanted, right_of
from alert_service.schemas import (
    AcknowledgementBody,
    AlertDetail,
    AlertFilter,
    AlertSummary,
    AlertView,
)
from shared.kit.clock import now
from shared.kit.etags import Expect, etag_of
from shared.kit.paging import answer_page
from shared.kit.strict_json import StrictJsonRoute

router = APIRouter(prefix="/alerts", tags=["alerts 预警"], route_class=StrictJsonRoute)


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
async def summarise_alerts(db: Db, _: Reader) -> AlertSummary:
    async with db.transaction() as tx:
        return await queries.summarise_alerts(tx, now())


@router.get("/{alert_id}", summary="预警及其全过程")
async def get_alert(alert_id: UUID, response: Response, db: Db, caller: Reader) -> AlertDetail:
    async with db.transaction() as tx:
        alert = await queries.get_alert(tx, str(alert_id), right_of(caller))
    # No 304: the scope's name and what the caller may do change without a new version.
    response.headers["ETag"] = etag_of(alert.version)
    return alert


@router.post(
    "/{alert_id}/acknowledgement",
    summary="签收预警：责任人，或有 alert:write 者",
    # Its owner needs none: the use case decides, and the OpenAPI says what anybody else needs.
    openapi_extra={"x-permissions": [WRITE]},
)
async def acknowledge_alert(  # noqa: PLR0913, PLR0917 — the parameters of the contract
    alert_id: UUID,
    body: AcknowledgementBody,
    request: Request,
    response: Response,
    db: Db,
    expect: Expect,
    caller: Anybody,
) -> AlertDetail:
    async with db.transaction(correlation=request.state.request_id) as tx:
        right = right_of(caller)
        done = await usecases.acknowledge(tx, str(alert_id), right, body.note, expect, now())
        alert = await queries.get_alert(tx, str(alert_id), right)
    response.headers["ETag"] = etag_of(alert.version)
    response.headers["Changed"] = "true" if done.changed else "false"
    return alert
