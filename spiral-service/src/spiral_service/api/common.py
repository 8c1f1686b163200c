"""What the subjects share: who may, which database, who acts."""

from typing import Annotated

from fastapi import Depends, Request

from shared.access.sight import closed_to, sight_of
from shared.kit.clock import now
from shared.kit.database import Database
from shared.kit.identity import Caller, current_caller, require
from shared.kit.paging import Page, page
from spiral_service.domain.standing import LEAD, TAKE_PART, Actor
from spiral_service.usecases.corrections import Act

READ = Depends(require("spiral:read"))
WRITE = Depends(require("spiral:write"))


async def get_seen_database(
    request: Request, caller: Annotated[Caller, Depends(current_caller)]
) -> Database:
    """Return the database that the service opened, as far as the caller sees it."""
    database: Database = request.app.state.database
    return database.seen_as(sight_of(caller, "spiral"), closed_to(caller))


async def get_database(
    request: Request, seen: Annotated[Database, Depends(get_seen_database)]
) -> Database:
    """Return the database: of who reads as far as he sees it; who writes has rules of his own."""
    database: Database = request.app.state.database
    return seen if request.method == "GET" else database


def actor_of(caller: Caller) -> Actor:
    """Return the caller as the rules see him."""
    is_everywhere = caller.may("spiral:write") or caller.may("spiral:every-scope")
    return Actor(subject=caller.subject, is_everywhere=is_everywhere, leads=caller.may(LEAD))


async def get_reader(caller: Annotated[Caller, Depends(current_caller)]) -> Actor:
    """Return who reads."""
    return actor_of(caller)


async def get_actor(caller: Annotated[Caller, Depends(require(TAKE_PART))]) -> Actor:
    """Return who takes a step."""
    return actor_of(caller)


async def get_act(actor: Annotated[Actor, Depends(get_actor)]) -> Act:
    """Return who takes a step, and when."""
    return Act(actor, now())


Db = Annotated[Database, Depends(get_database)]
SeenDb = Annotated[Database, Depends(get_seen_database)]
"""As far as the caller sees it, also where he writes."""

Paging = Annotated[Page, Depends(page)]
Reader = Annotated[Actor, Depends(get_reader)]
TakesPart = Annotated[Actor, Depends(get_actor)]
Acting = Annotated[Act, Depends(get_act)]
