"""Clockwork of the indicators: follow the change feed, and measure what it touched."""

import asyncio
from math import inf
from typing import Final, Protocol, TypeVar

import structlog

from datahub.changes.repository.numbering import NUMBERS
from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.repository import Dictionaries
from datahub.indicators.domain.limits import LIMITS, Limits
from datahub.indicators.repository.bounding import MeasuringFailedError
from datahub.indicators.repository.following import INDICATORS
from datahub.indicators.repository.handed import HANDED
from datahub.indicators.usecases import auditing, awaiting, releasing, rounds, totals
from shared.kit.clock import now
from shared.kit.database import Database, Transaction
from shared.kit.loops import follow

POLL_SECONDS: Final = 0.5
LOOK_SECONDS: Final = 60.0
"""So often it looks whether the night's audit is due."""

ASK_SECONDS: Final = 5.0

log = structlog.get_logger()

T_co = TypeVar("T_co", covariant=True)


class Measures(Protocol[T_co]):
    """Measures in one transaction."""

    async def __call__(
        self, tx: Transaction, dictionary: Dictionary, limits: Limits, /, *, is_careful: bool
    ) -> T_co:
        """Return what was done."""
        ...


class Measurer:
    """Measures for ever; woken by every numbering and every definition of this process."""

    def __init__(
        self,
        database: Database,
        dictionaries: Dictionaries,
        limits: Limits = LIMITS,
        *,
        totals_seconds: float,
    ) -> None:
        self._database = database
        self._dictionaries = dictionaries
        self._limits = limits
        self._wake = database.on_commit(NUMBERS, INDICATORS)
        self._next_look = 0.0
        self._totals_seconds = totals_seconds
        self._next_count = 0.0 if totals_seconds else inf

    async def run(self) -> None:
        """Measure round after round until nothing is new; then wait."""
        await self._release()
        await follow(self._step, self._wake, POLL_SECONDS)

    async def _release(self) -> None:
        dictionary = await self._dictionaries.of(self._database)
        async with self._database.transaction() as tx:
            found = await releasing.follow_release(tx, dictionary)
        for name in found.retired:
            log.warning("indicator_retired", indicator=name, reason=releasing.GONE)
        for name, others in found.needed.items():
            log.warning("indicator_shipped_no_more", indicator=name, needed_by=others)
        for name, keys in found.departed.items():
            log.warning("shipped_definition_changed", indicator=name, keys=keys)

    async def _step(self) -> bool:
        is_more = await self._round()
        if not is_more:
            await self._audit()
            await self._count()
        return is_more

    async def _count(self) -> None:
        if _time() < self._next_count:
            return
        self._next_count = _time() + self._totals_seconds
        dictionary = await self._dictionaries.of(self._database)
        async with self._database.transaction() as tx:
            await totals.write_totals(tx, dictionary)

    async def _audit(self) -> None:
        if _time() < self._next_look:
            return
        self._next_look = _time() + LOOK_SECONDS
        wrong = await self._carefully(auditing.audit)
        if wrong:
            log.error("measured_wrongly", cells=wrong)
        elif wrong is not None:
            log.info("measurements_audited")

    async def _round(self) -> bool:
        done = await self._carefully(rounds.measure_round)
        if done.cells:
            log.info("measured", change_sets=done.followed, cells=done.cells)
        return done.is_more

    async def _carefully(self, measure: Measures[T_co]) -> T_co:
        """Measure in one transaction; where a definition fails, once more and with care."""
        # Before the transaction, whose snapshot begins with its first question.
        dictionary = await self._dictionaries.of(self._database)
        try:
            async with self._database.transaction() as tx:
                return await measure(tx, dictionary, self._limits, is_careful=False)
        except MeasuringFailedError as error:
            log.warning("measuring_failed", reason=error.reason, told=error.detail)
        async with self._database.transaction() as tx:
            return await measure(tx, dictionary, self._limits, is_careful=True)


def _time() -> float:
    return asyncio.get_running_loop().time()


async def ask_for_values(database: Database, dictionaries: Dictionaries) -> None:
    """Tell the work list, for ever, of values that people have to hand in, or no more."""

    async def step() -> bool:
        dictionary = await dictionaries.of(database)
        async with database.transaction() as tx:
            return await awaiting.tell_awaited(tx, dictionary, now())

    await follow(step, database.on_commit(INDICATORS, HANDED), ASK_SECONDS)
