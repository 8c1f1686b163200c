"""What the subjects share: who may, which database."""

from typing import Annotated, Final

from fastapi import Depends, Request

from shared.kit.clock import now
from shared.kit.database import Database
from shared.kit.identity import Caller, require
from shared.kit.paging import Page, page
from spiral_service.domain.standing import OFFICE, TAKE_PART, Actor
from spiral_service.usecases.corrections import Act

READ = Depends(require("spiral:read"))


WRITE = Depends(require("spiral:write"))

EVERY_SCOPE: Final = "spiral:every-scope"
"""Permission to take every step, whoever it is that of."""


def get_database(request: Request) -> Database:
    """Return the database that the service opened."""
    database: Database = request.app.state.database
    return database


Db = Annotated[Database, Depends(get_database)]


Paging = Annotated[Page, Depends(page)]


def actor_of(caller: Caller) -> Actor:
    """Return who asks, as the rules of steps know him."""
    is_everywhere = bool(caller.roles & OFFICE) or caller.may(EVERY_SCOPE)
    return Actor(subject=caller.subject, is_everywhere=is_everywhere)


async def get_act(caller: Annotated[Caller, Depends(require(TAKE_PART))]) -> Act:
    """Return who takes a step, and when."""
    return Act(actor_of(caller), now())


async def get_reader(caller: Annotated[Caller, Depends(require("spiral:read"))]) -> Actor:
    """Return who reads."""
    return actor_of(caller)


Acting = Annotated[Act, Depends(get_act)]
Reading = Annotated[Actor, Depends(get_reader)]
