"""Who was told, when, how, and why not."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, status

from alert_service.api.edge import Db, Reader, Wanted, Writer, right_of
from alert_service.queries import told as queries
from alert_service.schemas.notifying import (
    AlertNotifications,
    NotificationDetail,
    NotificationFilter,
    NotificationView,
)
from alert_service.usecases.delivering import send_again
from shared.kit.clock import now
from shared.kit.paging import answer_page
from shared.kit.strict_json import StrictJsonRoute

router = APIRouter(tags=["notifications 通知"], route_class=StrictJsonRoute)


@router.get("/alerts/{alert_id}/notifications", summary="通知了谁、何时、如何，未通知谁、为何")
async def get_alert_notifications(alert_id: UUID, db: Db, caller: Reader) -> AlertNotifications:
    async with db.transaction() as tx:
        return await queries.notifications_of(tx, str(alert_id), right_of(caller), now())


@router.get("/notifications", summary="通知列表，最新在前")
async def list_notifications(
    response: Response,
    db: Db,
    caller: Writer,
    wanted: Wanted,
    only: Annotated[NotificationFilter, Query()],
) -> list[NotificationView]:
    async with db.transaction() as tx:
        listed = await queries.list_notifications(tx, wanted, only, right_of(caller))
    answer_page(response, wanted, total=listed.total, next_after=listed.next_after)
    return listed.items


@router.get("/notifications/{notification_id}", summary="一条通知及其每次发送")
async def get_notification(notification_id: UUID, db: Db, caller: Writer) -> NotificationDetail:
    async with db.transaction() as tx:
        return await queries.get_notification(tx, str(notification_id), right_of(caller), now())


@router.post(
    "/notifications/{notification_id}/retry",
    summary="立即重发未送达的通知；已送达的不变",
    status_code=status.HTTP_202_ACCEPTED,
)
async def retry_notification(notification_id: UUID, db: Db, caller: Writer) -> NotificationDetail:
    async with db.transaction() as tx:
        await send_again(tx, str(notification_id), now())
        return await queries.get_notification(tx, str(notification_id), right_of(caller), now())
