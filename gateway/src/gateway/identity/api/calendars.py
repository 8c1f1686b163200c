"""The address by which a calendar program reads one's deadlines: given once, ended at any time."""

from fastapi import APIRouter, Request

from gateway.audit.api import Now
from gateway.identity.api.sessions import InSession
from gateway.identity.schemas import CalendarAddress
from gateway.identity.usecases import calendars
from shared.kit.admin import Db
from shared.kit.idempotency import unkeyed
from shared.kit.strict_json import StrictJsonRoute

router = APIRouter(prefix="/api/gateway/v1", tags=["identity 身份"], route_class=StrictJsonRoute)


def url_of(request: Request, token: str) -> str:
    """Return the whole address of a calendar."""
    base = str(request.app.state.public_url or request.base_url).rstrip("/")
    return f"{base}/calendars/{token}.ics"


@router.post("/me/calendar", status_code=201, summary="生成本人的日历订阅地址（只显示一次）")
@unkeyed
async def give_calendar(request: Request, db: Db, _: InSession, now: Now) -> CalendarAddress:
    """Give an address for calendar programs: one's own deadlines, read only; the one before ends.

    Whoever has it needs to show nothing else.
    """
    async with db.transaction() as tx:
        token = await calendars.give_address(tx, now)
    return CalendarAddress(url=url_of(request, token))


@router.delete("/me/calendar", status_code=204, summary="停用本人的日历订阅地址")
async def end_calendar(db: Db, _: InSession, now: Now) -> None:
    async with db.transaction() as tx:
        await calendars.end_address(tx, now)
