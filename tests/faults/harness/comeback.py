"""Promise 7: how soon the suite is ready again when one of its processes was killed."""

import asyncio
import os
import signal
import time

from harness.monkey import backends
from harness.world import World

PROMISE_SECONDS = 5.0
ROUNDS = 3


async def measure_comebacks(world: World) -> str:
    """Kill every process on its own, three times, and return a table of what it took, seconds."""
    took: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name in (*world.keeper.parts, "backend"):
            took.setdefault(name, []).append(await _comeback(world, name))
    lines = [f"  {name:10} {' '.join(f'{each:5.1f}' for each in took[name])}" for name in took]
    worst = max(max(each) for each in took.values())
    verdict = "holds" if worst <= PROMISE_SECONDS else "does not hold"
    head = f"promise 7, ready ≤ {PROMISE_SECONDS:.0f} s after kill -9: {verdict}"
    # A process that starts needs two or three seconds of a core: what others took counts here.
    load = f"worst {worst:.1f} s; load {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores"
    return "\n".join([f"{head}, {load}", *lines])


async def _comeback(world: World, name: str) -> float:
    async with asyncio.timeout(60):
        while not await world.is_whole():  # noqa: ASYNC110 — other processes
            await asyncio.sleep(0.1)
    began = time.monotonic()
    if name == "backend":
        os.kill(backends(world)[0], signal.SIGKILL)
    else:
        world.keeper.kill(name)
        await world.keeper.ready(name)
    async with asyncio.timeout(60):
        while not await world.is_whole():  # noqa: ASYNC110 — other processes
            await asyncio.sleep(0.02)
    return time.monotonic() - began
