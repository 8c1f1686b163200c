"""What the subjects share: who may, which database, who acts."""

from typing import Annotated, Final

from fastapi import Depends, Request

from shared.kit.clock import now
from shared.kit.database import Database
from shared.kit.identity import Caller, current_caller, require
from shared.kit.paging import Page, page
from spiral_service.domain.standing import LEAD, OFFICE, TAKE_PART, Actor
from spiral_service.usecases.corrections import Act

READ = Depends(require("spiral:read"))
WRITE = Depends(require("spiral:write"))

EVERY_SCOPE: Final = "spiral:every-scope"
"""Permission to take every step, whoever it is that of."""


def get_database(request: Request) -> Database:
    """Return the database that the service opened."""
    database: Database = request.app.state.database
    return database


def actor_of(caller: Caller) -> Actor:
    """Return the caller as the rules of cycles see him."""
    is_everywhere = caller.may("spiral:write") or caller.may(EVERY_SCOPE)
    return Actor(subject=caller.subject, is_everywhere=is_everywhere, leads=caller.may(LEAD))


def works_on_corrections(caller: Caller) -> Actor:
    """Return the caller as the rules of corrections see him: leaders stand in for everybody."""
    is_everywhere = bool(caller.roles & OFFICE) or caller.may(EVERY_SCOPE)
    return Actor(subject=caller.subject, is_everywhere=is_everywhere)


async def get_reader(caller: Annotated[Caller, Depends(current_caller)]) -> Actor:
    """Return who reads."""
    return actor_of(caller)


async def get_actor(caller: Annotated[Caller, Depends(require(TAKE_PART))]) -> Actor:
    """Return who takes a step."""
    return actor_of(caller)


async def get_act(caller: Annotated[Caller, Depends(require(TAKE_PART))]) -> Act:
    """Return who works on a correction, and when."""
    return Act(works_on_corrections(caller), now())


async def get_correction_reader(
    caller: Annotated[Caller, Depends(require("spiral:read"))],
) -> Actor:
    """Return who reads corrections."""
    return works_on_corrections(caller)


Db = Annotated[Database, Depends(get_database)]
Paging = Annotated[Page, Depends(page)]
Reader = Annotated[Actor, Depends(get_reader)]
TakesPart = Annotated[Actor, Depends(get_actor)]
Acting = Annotated[Act, Depends(get_act)]
Reading = Annotated[Actor, Depends(get_correction_reader)]
