"""What the subjects share: who may, which database, who acts."""

from typing import Annotated

from fastapi import Depends, Request

from shared.kit.clock import now
from shared.kit.database import Database
from shared.kit.identity import Caller, current_caller, require
from shared.kit.paging import Page, page
from spiral_service.domain.standing import LEAD, TAKE_PART, Actor
from spiral_service.usecases.corrections import Act

READ = Depends(require("spiral:read"))
WRITE = Depends(require("spiral:write"))


def get_database(request: Request) -> Database:
    """Return the database that the service opened."""
    database: Database = request.app.state.database
    return database


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
Paging = Annotated[Page, Depends(page)]
Reader = Annotated[Actor, Depends(get_reader)]
TakesPart = Annotated[Actor, Depends(get_actor)]
Acting = Annotated[Act, Depends(get_act)]
