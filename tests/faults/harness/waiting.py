"""Waits for what other processes do."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], bool], seconds: float | None = 60.0) -> None:
    """Wait until ``condition`` holds.

    Args:
        seconds: how long at most; None waits for ever.

    Raises:
        TimeoutError: it did not hold in time.
    """
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 — what it waits for sets no event here
            await asyncio.sleep(0.02)
