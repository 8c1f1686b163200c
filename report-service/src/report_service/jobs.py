"""The clock: what is ordered is made, schedules order, reports from before are handed over."""

import asyncio
from functools import partial
from typing import ClassVar, Final

import structlog

from report_service.domain.handing_over import ENTITY
from report_service.repository.orders import NEWS
from report_service.usecases import orders, schedules
from report_service.usecases.handing_over import hand_over_page
from report_service.usecases.rendering.press import WORKERS, Press
from shared.errors import DomainError, ErrorKind, UnavailableError
from shared.kit.app import Parts
from shared.kit.clock import now
from shared.kit.database import Database
from shared.kit.handing_over import hand_over_earlier
from shared.kit.loops import Job, is_ending, woken
from shared.kit.timers import run_due

TOGETHER: Final = WORKERS + 1
"""Orders that one process makes at once: one is composed while files of others are made."""

POLL_SECONDS: Final = 2.0
TRIES: Final = 4
RETRY_SECONDS: Final = 0.05

log = structlog.get_logger()


class UnexpectedError(DomainError):
    """A report could not be made for a reason that is ours."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "report-failed"


def make_jobs(parts: Parts) -> dict[str, Job]:
    """Return the background loops of this service."""
    database, press = parts.database, Press()
    parts.state["press"] = press
    makers: dict[str, Job] = {
        f"orders-{number}": partial(_make_ordered, database, press)
        for number in range(1, TOGETHER + 1)
    }
    return makers | {
        "hand-over": partial(hand_over_earlier, database, ENTITY, hand_over_page),
        "press": press.run,
        "schedules": partial(_run_schedules, database),
    }


async def _run_schedules(database: Database) -> None:
    async with database.transaction() as tx:
        await schedules.install_shipped(tx, now())
    await run_due(database, schedules.SCHEDULE, schedules.run_due)


async def _make_ordered(database: Database, press: Press) -> None:
    """Make what is ordered, one report after another, for ever."""
    wake = database.on_commit(NEWS)
    try:
        while not is_ending():
            wake.clear()
            while await make_next(database, press):
                pass
            await woken(wake, POLL_SECONDS)
    finally:
        database.forget(wake)


async def make_next(database: Database, press: Press) -> bool:
    """Make the next report that is ordered; return whether there was any.

    The order is taken, its report, files and draft are stored, and it is noted as done in one
    transaction: a process that is killed leaves it waiting, and nothing of it behind.

    Raises:
        UnavailableError: the database is away.
    """
    for left in reversed(range(TRIES)):
        try:
            return await _make_next(database, press)
        except UnavailableError:
            # Mostly another maker, who noted the same order as done since our snapshot.
            if not left:
                raise
            await asyncio.sleep(RETRY_SECONDS)
    raise AssertionError


async def _make_next(database: Database, press: Press) -> bool:
    taken = None
    try:
        async with database.transaction() as tx:
            order = await orders.take_next(tx)
            if order is None:
                await orders.finish_batches(tx, now())
                return False
            taken = order.id
            await orders.make_order(tx, order, press, now())
    except UnavailableError:
        raise
    except DomainError as error:
        refusal = error
    except Exception as error:
        log.exception("order_failed", order=str(taken), error=type(error).__name__)
        refusal = UnexpectedError(
            "生成失败，原因见服务日志", "it failed; see the log of the service"
        )
    else:
        return True
    if taken is not None:
        async with database.transaction() as tx:
            await orders.note_refusal(tx, taken, refusal, now())
    return True
