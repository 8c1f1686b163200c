"""The clock: idempotent reconcilers that take no input."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from shared.kit.app import Parts
from shared.kit.clock import now
from shared.kit.database import Database, Transaction
from shared.kit.loops import Job, is_ending
from shared.kit.timers import run_due
from target_service import usecases
from target_service.domain.judge import Rules
from target_service.usecases import assessing, tasks

ADOPT_SECONDS = 60.0
PLACE_SECONDS = 3600.0

Work = Callable[[Transaction], Awaitable[bool]]

log = structlog.get_logger()


def make_jobs(parts: Parts, rules: Rules) -> dict[str, Job]:
    """Return the background loops of this service.

    ``deadlines`` judges again what the clock alone may have changed, ``assessments`` reckons
    results again that are not published yet.
    """
    judge_due = partial(usecases.judge_due, rules=rules)
    timed: dict[str, tuple[str, Work]] = {
        "deadlines": (usecases.JUDGEMENT, judge_due),
        "tasks-overdue": (tasks.TASK, tasks.tell_overdue),
        "assessments": (assessing.FOLLOW, assessing.follow_values),
    }
    return {
        "places": partial(_place, parts.database, rules),
        "standards-in-force": partial(_adopt_standards, parts.database, rules),
        **{name: partial(run_due, parts.database, *each) for name, each in timed.items()},
    }


async def _adopt_standards(database: Database, rules: Rules) -> None:
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
