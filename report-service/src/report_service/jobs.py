"""The clock: what is ordered is made, schedules order, reports from before are handed over."""

import asyncio
from collections import Counter
from functools import partial
from typing import ClassVar, Final
from uuid import UUID

import structlog

from report_service.domain.handing_over import ENTITY
from report_service.repository.orders import NEWS
from report_service.repository.reading import Groups
from report_service.usecases import orders, schedules
from report_service.usecases.handing_over import hand_over_page
from report_service.usecases.rendering.press import WORKERS, Press
from shared.errors import DomainError, ErrorKind, UnavailableError
from shared.kit.app import Parts
from shared.kit.clock import now
from shared.kit.database import Database, is_too_slow
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


class TooSlowError(DomainError):
    """The database broke the making of a report off each time."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "report-too-slow"
    title_zh: ClassVar = "生成超时"
    title_en: ClassVar = "It took too long"


def make_jobs(parts: Parts) -> dict[str, Job]:
    """Return the background loops of this service."""
    database, press = parts.database, Press()
    parts.state["press"] = press
    maker = Maker(database, press)
    makers: dict[str, Job] = {f"orders-{number}": maker.run for number in range(1, TOGETHER + 1)}
    return makers | {
        "hand-over": partial(hand_over_earlier, database, ENTITY, hand_over_page),
        "press": press.run,
        "schedules": partial(_run_schedules, database),
    }


async def _run_schedules(database: Database) -> None:
    async with database.transaction() as tx:
        await schedules.install_shipped(tx, now())
    await run_due(database, schedules.SCHEDULE, schedules.run_due)


class Maker:
    """Makes what is ordered."""

    def __init__(self, database: Database, press: Press) -> None:
        self._database = database
        self._press = press
        self._groups: tuple[UUID | None, Groups] = (None, {})
        """Of the batch that is made now: its reports are as of one moment."""

        self._batch: UUID | None = None
        """Of the order that was taken last."""

        self._slow: Counter[UUID] = Counter()
        """How often the database broke the making of an order off because it took too long."""

    async def run(self) -> None:
        """Make one report after another, for ever."""
        wake = self._database.on_commit(NEWS)
        try:
            while not is_ending():
                wake.clear()
                while await self.make_next():
                    pass
                await woken(wake, POLL_SECONDS)
        finally:
            self._database.forget(wake)

    async def make_next(self) -> bool:
        """Make the next report that is ordered; return whether there was any.

        The order is taken, its report, files and draft are stored, and it is noted as done in one
        transaction: a process that is killed leaves it waiting, and nothing of it behind.

        Raises:
            UnavailableError: the database is away.
        """
        for left in reversed(range(TRIES)):
            try:
                return await self._make_next()
            except UnavailableError:
                # Mostly another maker, who noted the same order as done since our snapshot.
                if not left:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
        raise AssertionError

    async def _make_next(self) -> bool:
        taken = batch = None
        refusal: DomainError
        try:
            async with self._database.transaction() as tx:
                order = await orders.take_next(tx)
                if order is None:
                    await orders.finish_batches(tx, now())
                    return False
                taken, batch = order.id, order.batch
                await orders.make_order(tx, order, self._press, now(), self._groups_of(order.batch))
        except UnavailableError as error:
            if taken is None or not self._is_hopeless(taken, error):
                raise
            refusal = TooSlowError("数据库多次超时，未能生成", "the database timed out repeatedly")
        except DomainError as error:
            refusal = error
        except Exception as error:  # one report that fails must not hold up the others
            log.exception("order_failed", order=str(taken), error=type(error).__name__)
            refusal = UnexpectedError(
                "生成失败，原因见服务日志", "it failed; see the service's log"
            )
        else:
            del self._slow[taken]
            await self._moved_on(batch)
            return True
        if taken is not None:
            async with self._database.transaction() as tx:
                await orders.note_refusal(tx, taken, refusal, now())
        await self._moved_on(batch)
        return True

    def _is_hopeless(self, order: UUID, error: UnavailableError) -> bool:
        """Return whether an order was too slow so often that it would hold the others up."""
        self._slow[order] += is_too_slow(error)
        if self._slow[order] < TRIES:
            return False
        del self._slow[order]
        return True

    async def _moved_on(self, batch: UUID | None) -> None:
        """Note which batches are over once another is made: until nothing waits may take hours."""
        if batch != self._batch:
            async with self._database.transaction() as tx:
                await orders.finish_batches(tx, now())
            self._batch = batch

    def _groups_of(self, batch: UUID | None) -> Groups | None:
        if batch is None:
            return None
        if self._groups[0] != batch:
            self._groups = (batch, {})
        return self._groups[1]
