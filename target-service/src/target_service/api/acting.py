"""Who asks, as the rules of goals, plans and tasks know him."""

from typing import Annotated, Final

from fastapi import Depends

from shared.kit.identity import Caller, current_caller, require
from target_service.domain.standing import OFFICE, TAKE_PART, Actor

EVERY_SCOPE: Final = "target:every-scope"
"""Permission to take every step, whoever it is that of."""

TakesPart = Annotated[Caller, Depends(require(TAKE_PART))]


def actor_of(caller: Caller) -> Actor:
    """Return who asks."""
    is_everywhere = bool(caller.roles & OFFICE) or caller.may(EVERY_SCOPE)
    return Actor(subject=caller.subject, is_everywhere=is_everywhere)


async def get_actor(caller: TakesPart) -> Actor:
    """Return who takes a step."""
    return actor_of(caller)


async def get_reader(caller: Annotated[Caller, Depends(current_caller)]) -> Actor:
    """Return who reads."""
    return actor_of(caller)


Reading = Annotated[Actor, Depends(get_reader)]
