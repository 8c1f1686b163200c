"""One's deadlines for a calendar program, by an address of one's own; and the forms for that."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from gateway.access.api import Door, address_of, count_stranger
from gateway.audit.api import Now
from gateway.identity.api.calendars import url_of
from gateway.identity.api.sessions import InSession
from gateway.identity.usecases import calendars
from gateway.portal.api.account import PATH, show_account
from gateway.portal.api.pages import services_for
from shared.kit.admin import Db

router = APIRouter(include_in_schema=False)


@router.get("/calendars/{token}.ics", dependencies=[Depends(count_stranger)])
async def own_calendar(request: Request, token: str, db: Db, door: Door) -> Response:
    """Answer until when whose address it is has to acknowledge which alerts."""
    async with db.transaction() as tx:
        visitor = await calendars.meet(tx, token)
    await door.limiter.admit(visitor, address_of(request, door), request.scope["state"])
    services = services_for(request, visitor)
    answer = await services.get("alert", "alerts/deadlines.ics", mine="true")
    return Response(
        answer.body,
        media_type="text/calendar; charset=utf-8",
        headers={"Cache-Control": "private, max-age=300", "Referrer-Policy": "no-referrer"},
    )


@router.post("/portal/calendar")
async def give_calendar(request: Request, db: Db, visitor: InSession, now: Now) -> Response:
    """Show a new address, once."""
    async with db.transaction() as tx:
        token = await calendars.give_address(tx, now)
    return await show_account(request, db, visitor, calendar=url_of(request, token))


@router.post("/portal/calendar/end")
async def end_calendar(db: Db, _: InSession, now: Now) -> Response:
    """End the address that the visitor has."""
    async with db.transaction() as tx:
        await calendars.end_address(tx, now)
    return RedirectResponse(PATH, status_code=303)
