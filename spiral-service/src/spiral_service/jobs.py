"""The clock: deadlines, programmes and grants, and what was there before they were."""

import asyncio
from functools import partial
from typing import Final

from shared.kit.app import Parts
from shared.kit.clock import now
from shared.kit.database import Database, Transaction
from shared.kit.handing_over import hand_over_earlier
from shared.kit.loops import Job, is_ending
from shared.kit.timers import run_due
from spiral_service.domain.handing_over import ENTITY
from spiral_service.repository.deadlines import DEADLINE
from spiral_service.repository.owners import GRANT, OWNERS
from spiral_service.repository.programmes import PROGRAMME
from spiral_service.repository.steps import CORRECTION_STEP
from spiral_service.repository.work import WORK
from spiral_service.usecases.corrections import (
    hand_over_page,
    look_at_steps,
    tell_earlier_steps,
)
from spiral_service.usecases.cycles import light_missing
from spiral_service.usecases.deadlines import look_at_due
from spiral_service.usecases.owning import reassign_due, turn_grants
from spiral_service.usecases.programmes import sweep_due
from spiral_service.usecases.work import tell_overdue

LIGHT: Final = 200
"""Cycles in one transaction."""

LIGHT_SECONDS: Final = 10.0


def make_jobs(parts: Parts) -> dict[str, Job]:
    """Return the background loops of this service."""
    database = parts.database
    earlier = partial(hand_over_earlier, database)
    return {
        "hand-over": partial(earlier, ENTITY, hand_over_page),
        "earlier-steps": partial(earlier, "correction-steps", _tell_earlier_steps),
        "light": partial(_light, database),
        "deadlines": partial(run_due, database, DEADLINE, look_at_due),
        "work-overdue": partial(run_due, database, WORK, tell_overdue),
        "programmes": partial(run_due, database, PROGRAMME, sweep_due),
        "correction-steps": partial(run_due, database, CORRECTION_STEP, look_at_steps),
        "grants": partial(run_due, database, GRANT, turn_grants),
        "owners": partial(run_due, database, OWNERS, reassign_due),
    }


async def _light(database: Database) -> None:
    """Follow another school calendar, and set the deadlines of before there were any."""
    while not is_ending():
        async with database.transaction() as tx:
            more = await light_missing(tx, now(), LIGHT)
        await asyncio.sleep(0 if more else LIGHT_SECONDS)


async def _tell_earlier_steps(tx: Transaction, after: str) -> str | None:
    return await tell_earlier_steps(tx, after, now())
