"""Kills at random, while records flow."""

import asyncio
import os
import signal
from collections import Counter
from contextlib import suppress
from random import Random

import psutil

from harness.clients import Flow
from harness.waiting import until
from harness.world import World
from helix8.suite import EVERY_SERVICE

KINDS = (
    *(service.name for service in EVERY_SERVICE),
    *("nats", "postgres", "backend", "backend", "datahub", "nats"),
)
"""What twelve kills hit, and ten hit each at least once; a backend is the process of one
connection to PostgreSQL."""

PATIENCE_SECONDS = 6.0


async def rage(world: World, flow: Flow, kills: int, random: Random) -> Counter[str]:
    """Kill ``kills`` times while the flow goes from nothing to its end; return what was hit."""
    hit: Counter[str] = Counter()
    kinds = [kind for _ in range(0, kills, len(KINDS)) for kind in KINDS][:kills]
    random.shuffle(kinds)
    for number, kind in enumerate(kinds, 1):
        flow.allowed = number / kills
        # Most kills meet a suite at work; some meet one that is still on its way back.
        patience = PATIENCE_SECONDS if random.random() < 0.8 else random.random()
        await _flowed(flow, (number - random.random()) / kills, patience)
        await _kill(world, kind, random)
        hit[kind] += 1
    flow.allowed = 1.0
    return hit


async def _flowed(flow: Flow, share: float, seconds: float) -> None:
    """Wait until that share of the records is through, at most for ``seconds``."""
    with suppress(TimeoutError):
        await until(lambda: flow.done >= share, seconds)


async def _kill(world: World, kind: str, random: Random) -> None:
    if kind != "backend":
        await until(lambda: world.keeper.parts[kind].is_alive)
        world.keeper.kill(kind)
        return
    victims: list[int] = []
    while not victims:
        victims = await asyncio.to_thread(backends, world)
        await asyncio.sleep(0.02)
    with suppress(ProcessLookupError):
        os.kill(random.choice(victims), signal.SIGKILL)


def backends(world: World) -> list[int]:
    """Return the processes of PostgreSQL that serve connections of the services."""
    process = world.keeper.parts["postgres"].process
    if process is None:
        return []
    found = []
    with suppress(psutil.Error):
        for child in psutil.Process(process.pid).children():
            title = " ".join(child.cmdline())
            if any(f" {each.name} {each.name} " in title for each in EVERY_SERVICE):
                found.append(child.pid)
    return found
