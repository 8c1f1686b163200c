"""Dependencies of answers."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

Made = TypeVar("Made")


def made(what: Callable[..., Made]) -> Callable[..., Awaitable[Made]]:
    """Return a dependency that makes ``what`` of its own dependencies, on the loop.

    FastAPI would call a class in a worker thread; the way there and back took a third of the time
    of a page of records.
    """

    async def make(**given: Any) -> Made:
        return what(**given)

    # What FastAPI reads its dependencies from.
    vars(make)["__signature__"] = inspect.signature(what, eval_str=True)
    return make
