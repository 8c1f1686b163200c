"""Telling: route what changed, look at what is due; woken by commits, asleep until the next."""

import asyncio
from datetime import timedelta
from typing import Final

from alert_service.domain.life import Hours
from alert_service.repository.groups import NEWS, next_due
from alert_service.repository.policies import Policies
from alert_service.usecases.alertmanager import end_overdue
from alert_service.usecases.notifying import look_at_due, route_noted
from shared.kit.clock import now
from shared.kit.database import Database
from shared.kit.loops import is_ending, woken

POLL_SECONDS: Final = 1.0
"""So late is seen at the most what another replica noted."""


async def tell_people(database: Database, portal: str) -> None:
    """Route and tell, for ever."""
    known, wake = Policies(), database.on_commit(NEWS)
    try:
        while not is_ending():
            wake.clear()
            while await _route(database, known) or await _look(database, known, portal):
                pass
            await woken(wake, await _seconds_until_next(database))
    finally:
        database.forget(wake)


async def _route(database: Database, known: Policies) -> bool:
    async with database.transaction() as tx:
        return await route_noted(tx, known, now())


async def _look(database: Database, known: Policies, portal: str) -> bool:
    async with database.transaction() as tx:
        return await look_at_due(tx, known, portal, now())


async def _seconds_until_next(database: Database) -> float:
    async with database.transaction() as tx:
        due = await next_due(tx)
    wait = due - now() if due else timedelta(seconds=POLL_SECONDS)
    return min(max(wait.total_seconds(), 0.01), POLL_SECONDS)


async def end_foreign(database: Database, hours: Hours) -> None:
    """End alerts that nobody told of again in time, for ever."""
    while not is_ending():
        async with database.transaction() as tx:
            found = await end_overdue(tx, now(), hours)
        if not found:
            await asyncio.sleep(POLL_SECONDS)
