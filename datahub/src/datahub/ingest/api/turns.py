"""Guesses wait for one another, and no delivery waits for them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, ParamSpec, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

Args = ParamSpec("Args")
Result = TypeVar("Result")

_THREAD: Final = ThreadPoolExecutor(1, thread_name_prefix="guess")
"""Deliveries have the threads of the event loop; a guess must not take those from them."""


async def in_turn(
    request: Request,
    work: Callable[Args, Result],
    *args: Args.args,
    **more: Args.kwargs,
) -> Result:
    """Work in the thread of guesses, one after another, unless the client leaves before.

    Args:
        request: its body has been read.

    Raises:
        ClientDisconnect: nobody waits for the result any more.
    """
    loop = asyncio.get_running_loop()
    turn = _THREAD.submit(work, *args, **more)
    result = asyncio.wrap_future(turn)
    gone = loop.create_task(_gone(request))
    either: set[asyncio.Future[Any]] = {result, gone}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not result.done():
            raise ClientDisconnect
        return result.result()
    finally:
        # What has not begun never will.
        turn.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    """Return when the client has left."""
    while (await request.receive())["type"] != "http.disconnect":
        continue
