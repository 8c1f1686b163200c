"""Who asks, as the rules of tasks know him."""

from typing import Annotated, Final

from fastapi import Depends, Request

from shared.kit.clock import now
from shared.kit.identity import Caller, current_caller, require
from target_service.domain.standing import OFFICE, TAKE_PART, Actor
from target_service.usecases.tasks.telling import Act

EVERY_SCOPE: Final = "target:every-scope"
"""Permission to take every step, whoever it is that of."""

TakesSteps = Annotated[Caller, Depends(require(TAKE_PART))]
Reads = Annotated[Caller, Depends(require("target:read"))]


def actor_of(caller: Caller) -> Actor:
    """Return who asks."""
    is_everywhere = bool(caller.roles & OFFICE) or caller.may(EVERY_SCOPE)
    return Actor(subject=caller.subject, is_everywhere=is_everywhere)


async def get_act(caller: TakesSteps) -> Act:
    """Return who takes a step, and when."""
    return Act(actor_of(caller), now())


async def get_reader(caller: Annotated[Caller, Depends(current_caller)]) -> Actor:
    """Return who reads."""
    return actor_of(caller)


Acting = Annotated[Act, Depends(get_act)]
Reading = Annotated[Actor, Depends(get_reader)]


def correlation_of(request: Request) -> str:
    """Return the id of a request."""
    correlation: str = request.state.request_id
    return correlation
