"""The clock: idempotent reconcilers that take no input."""

import asyncio

import structlog

from shared.kit.app import Parts
from shared.kit.clock import now
from shared.kit.loops import Job, is_ending
from shared.kit.timers import run_timers
from target_service import usecases
from target_service.domain.judge import Rules

ADOPT_SECONDS = 60.0
PLACE_SECONDS = 3600.0

log = structlog.get_logger()


def make_jobs(parts: Parts, rules: Rules) -> dict[str, Job]:
    """Return the background loops of this service."""

    async def standards_in_force() -> None:
        """Let bindings take the versions of standards that have come into force."""
        while not is_ending():
            async with parts.database.transaction() as tx:
                refused = await usecases.adopt_standards(tx, now(), rules)
            if refused:
                log.warning("standard_not_adopted", bindings=refused)
            await asyncio.sleep(ADOPT_SECONDS)

    async def judge_due() -> bool:
        async with parts.database.transaction() as tx:
            return await usecases.judge_due(tx, rules)

    async def deadlines() -> None:
        """Judge again what the clock alone may have changed: a deadline passed, a value aged."""
        await run_timers(parts.database, usecases.JUDGEMENT, judge_due)

    async def places() -> None:
        """Give their place in the stored tree to goals of before there was one."""
        while not is_ending():
            async with parts.database.transaction() as tx:
                more = await usecases.place_missing(tx, now(), rules)
            await asyncio.sleep(0 if more else PLACE_SECONDS)

    return {"places": places, "standards-in-force": standards_in_force, "deadlines": deadlines}
