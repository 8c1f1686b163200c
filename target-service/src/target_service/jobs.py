"""The clock: idempotent reconcilers that take no input."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from shared.kit.app import Parts
from shared.kit.clock import now
from shared.kit.database import Database, Transaction
from shared.kit.loops import Job, is_ending
from shared.kit.timers import run_timers
from target_service import usecases
from target_service.domain.judge import Rules
from target_service.usecases import tasks

ADOPT_SECONDS = 60.0
PLACE_SECONDS = 3600.0

Due = Callable[[Transaction], Awaitable[bool]]

log = structlog.get_logger()


def make_jobs(parts: Parts, rules: Rules) -> dict[str, Job]:
    """Return the background loops of this service."""
    database = parts.database

    async def judge_due(tx: Transaction) -> bool:
        return await usecases.judge_due(tx, rules)

    return {
        "places": partial(_place, database, rules),
        "standards-in-force": partial(_adopt, database, rules),
        # What the clock alone may have changed: a deadline passed, a value aged.
        "deadlines": partial(_when_due, database, usecases.JUDGEMENT, judge_due),
        "tasks-overdue": partial(_when_due, database, tasks.TASK, tasks.tell_overdue),
    }


async def _adopt(database: Database, rules: Rules) -> None:
    """Let bindings take the versions of standards that have come into force."""
    while not is_ending():
        async with database.transaction() as tx:
            refused = await usecases.adopt_standards(tx, now(), rules)
        if refused:
            log.warning("standard_not_adopted", bindings=refused)
        await asyncio.sleep(ADOPT_SECONDS)


async def _place(database: Database, rules: Rules) -> None:
    """Give their place in the stored tree to goals of before there was one."""
    while not is_ending():
        async with database.transaction() as tx:
            more = await usecases.place_missing(tx, now(), rules)
        await asyncio.sleep(0 if more else PLACE_SECONDS)


async def _when_due(database: Database, kind: str, do: Due) -> None:
    """Do what the timers of a kind bring back, when its time has come."""

    async def do_due() -> bool:
        async with database.transaction() as tx:
            return await do(tx)

    await run_timers(database, kind, do_due)
