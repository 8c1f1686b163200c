"""Timers: what must be looked at again at an instant, on the database's clock.

A timer is set in the transaction of the change that makes it necessary, and taken in the
transaction of its effect: it fires once, also across replicas and restarts, never early, and none
is dropped for being late. What it starts is an idempotent reconciler that gets keys alone.

Who waits sleeps until the next one is due, and looks once a second for those that were set since.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Mapped, mapped_column

from shared.kit.columns import Instant
from shared.kit.database import Database, Transaction
from shared.kit.loops import is_ending
from shared.kit.sql import text

BATCH: Final = 200
POLL_SECONDS: Final = 1.0
BUSY_SECONDS: Final = 0.05
"""What is due and was not taken is held by another replica: so long it is given."""


_SET: Final = text(
    "WITH dropped AS (DELETE FROM timer WHERE kind = :kind AND key = ANY(CAST(:never AS text[])))"
    " INSERT INTO timer AS t (kind, key, due_at) SELECT :kind, key, due_at"
    " FROM unnest(CAST(:keys AS text[]), CAST(:dues AS timestamptz[])) AS n(key, due_at)"
    " ON CONFLICT (kind, key) DO UPDATE SET due_at = excluded.due_at"
    " WHERE t.due_at <> excluded.due_at"
)


class TimerColumns:
    """Columns of the table of timers: one for each key of a kind."""

    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[Instant]


@dataclass(frozen=True, slots=True)
class Due:
    """Timers that were taken."""

    keys: list[str]
    at: datetime
    """The present instant on the database's clock: none of them was due later."""


async def set_timers(tx: Transaction, kind: str, dues: Mapping[str, datetime | None]) -> None:
    """Set when each key is due next, in place of what was set before; None: not again."""
    later = {key: due for key, due in sorted(dues.items()) if due is not None}
    never = sorted(dues.keys() - later.keys())
    if dues:
        await tx.session.execute(
            _SET,
            {"kind": kind, "keys": list(later), "dues": list(later.values()), "never": never},
        )


async def take_due(tx: Transaction, kind: str, limit: int = BATCH) -> Due | None:
    """Take timers that are due, the earliest first; None when there are none.

    They come back when the transaction fails; meanwhile other replicas pass them by.
    """
    rows = await tx.session.execute(
        text(
            "DELETE FROM timer WHERE (kind, key) IN (SELECT kind, key FROM timer"
            " WHERE kind = :kind AND due_at <= clock_timestamp()"
            " ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED)"
            " RETURNING key, clock_timestamp() AS at"
        ),
        {"kind": kind, "limit": limit},
    )
    taken = list(rows)
    if not taken:
        return None
    return Due(keys=sorted(row.key for row in taken), at=max(row.at for row in taken))


async def run_timers(database: Database, kind: str, work: Callable[[], Awaitable[bool]]) -> None:
    """Do ``work`` whenever timers of a kind are due, for ever.

    Args:
        work: takes those that are due, in a transaction of its own; returns whether any was.
    """
    while not is_ending():
        seconds = await _seconds_until_next(database, kind)
        if seconds > 0:
            await asyncio.sleep(min(seconds, POLL_SECONDS))
        elif await work():
            # What came due meanwhile is taken without asking when.
            while not is_ending() and await work():
                pass
        else:
            await asyncio.sleep(BUSY_SECONDS)


async def run_due(
    database: Database, kind: str, work: Callable[[Transaction], Awaitable[bool]]
) -> None:
    """Do ``work`` whenever timers of a kind are due, each time in a transaction, for ever.

    Args:
        work: takes those that are due; returns whether any was.
    """

    async def once() -> bool:
        async with database.transaction() as tx:
            return await work(tx)

    await run_timers(database, kind, once)


async def _seconds_until_next(database: Database, kind: str) -> float:
    async with database.transaction() as tx:
        seconds = await tx.session.scalar(
            text(
                "SELECT extract(epoch FROM min(due_at) - clock_timestamp()) FROM timer"
                " WHERE kind = :kind"
            ),
            {"kind": kind},
        )
    return POLL_SECONDS if seconds is None else float(seconds)
