"""The clock: idempotent reconcilers that take no input."""

import asyncio
from decimal import Decimal

import structlog

from shared.kit.app import Parts
from shared.kit.clock import now
from shared.kit.loops import Job, is_ending
from target_service import usecases

ADOPT_SECONDS = 60.0

log = structlog.get_logger()


def make_jobs(parts: Parts, minimum_coverage: Decimal) -> dict[str, Job]:
    """Return the background loops of this service."""

    async def standards_in_force() -> None:
        """Let bindings take the versions of standards that have come into force."""
        while not is_ending():
            async with parts.database.transaction() as tx:
                refused = await usecases.adopt_standards(tx, now(), minimum_coverage)
            if refused:
                log.warning("standard_not_adopted", bindings=refused)
            await asyncio.sleep(ADOPT_SECONDS)

    return {"standards-in-force": standards_in_force}
