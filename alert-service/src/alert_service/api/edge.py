"""What every resource asks for at its edge."""

from typing import Annotated, Final

from fastapi import Depends, Request

from alert_service.domain.acting import Right
from alert_service.domain.inbox import inboxes_of
from alert_service.domain.life import Hours
from shared.access.families import PERMISSION, hidden_from
from shared.access.sight import sight_of
from shared.kit.database import Database
from shared.kit.identity import Caller, current_caller, require
from shared.kit.paging import Page, page

WRITE: Final = "alert:write"


async def get_seen_database(
    request: Request, caller: Annotated[Caller, Depends(current_caller)]
) -> Database:
    """Return the database as far as the caller sees it."""
    database: Database = request.app.state.database
    return database.seen_as(sight_of(caller, "alert"))


async def get_database(
    request: Request, seen: Annotated[Database, Depends(get_seen_database)]
) -> Database:
    """Return the database: of who reads as far as he sees it; who writes has rules of his own."""
    database: Database = request.app.state.database
    return seen if request.method == "GET" else database


async def get_hours(request: Request) -> Hours:
    """Return how soon alerts must be acknowledged."""
    hours: Hours = request.app.state.parts.settings.clocks()
    return hours


Db = Annotated[Database, Depends(get_database)]
SeenDb = Annotated[Database, Depends(get_seen_database)]
Clock = Annotated[Hours, Depends(get_hours)]
Reader = Annotated[Caller, Depends(require("alert:read"))]
Writer = Annotated[Caller, Depends(require(WRITE))]
Anybody = Annotated[Caller, Depends(current_caller)]
Wanted = Annotated[Page, Depends(page)]


def right_of(caller: Caller) -> Right:
    """Return which alerts a caller may act on."""
    hidden = hidden_from(caller.roles, permitted=caller.may(PERMISSION))
    held = inboxes_of(caller.subject, caller.roles)
    roles = frozenset(each for each in held if each.startswith("role/"))
    return Right(subject=caller.subject, writer=caller.may(WRITE), hidden=hidden, roles=roles)
