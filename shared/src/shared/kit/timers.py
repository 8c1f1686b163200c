"""Timers: what must be looked at again at an instant, on the database's clock.

A timer is set in the transaction of the change that makes it necessary, and taken in the
transaction of its effect: it fires once, also across replicas and restarts, never early, and none
is dropped for being late. What it starts is an idempotent reconciler that gets keys alone.

Who waits sleeps until the next one is due, and looks once a second for those that were set since.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
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


_IS_DUE: Final = (
    "kind = :kind AND due_at <= clock_timestamp()"
    " AND (CAST(:among AS text[]) IS NULL OR key = ANY(CAST(:among AS text[])))"
)


class TimerColumns:
    """Columns of the table of timers: one for each key of a kind."""

    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[Instant]


@dataclass(frozen=True, slots=True)
class Due:
    """Timers that were taken, or seen."""

    keys: list[str]
    at: datetime
    """The present instant on the database's clock: none of them was due later."""

    dues: Mapping[str, datetime] = field(default_factory=dict)
    """When each was due, of those that were seen."""


async def set_timers(tx: Transaction, kind: str, dues: Mapping[str, datetime | None]) -> None:
    """Set when each key is due next, in place of what was set before; None: not again."""
    later = {key: due for key, due in sorted(dues.items()) if due is not None}
    never = sorted(dues.keys() - later.keys())
    if dues:
        await tx.session.execute(
            _SET,
            {"kind": kind, "keys": list(later), "dues": list(later.values()), "never": never},
        )


async def take_due(
    tx: Transaction, kind: str, limit: int = BATCH, among: Collection[str] | None = None
) -> Due | None:
    """Take timers that are due, the earliest first; None when there are none.

    They come back when the transaction fails; meanwhile other replicas pass them by.

    Args:
        among: these keys alone.
    """
    rows = await tx.session.execute(
        text(
            "DELETE FROM timer WHERE (kind, key) IN (SELECT kind, key FROM timer"  # noqa: S608
            f" WHERE {_IS_DUE} ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED)"
            " RETURNING key, clock_timestamp() AS at"
        ),
        {"kind": kind, "limit": limit, "among": _listed(among)},
    )
    taken = list(rows)
    if not taken:
        return None
    return Due(keys=sorted(row.key for row in taken), at=max(row.at for row in taken))


async def see_due(
    tx: Transaction, kind: str, limit: int = BATCH, among: Collection[str] | None = None
) -> Due | None:
    """Return timers that are due, the earliest first, without taking them; None: there are none.

    For work that first locks what others lock before they set its timers: who took those before
    would wait for the others, and the others for him. `take_seen` takes them at its end.
    """
    rows = await tx.session.execute(
        text(
            "SELECT key, due_at, clock_timestamp() AS at FROM timer"  # noqa: S608 — a constant
            f" WHERE {_IS_DUE} ORDER BY due_at LIMIT :limit"
        ),
        {"kind": kind, "limit": limit, "among": _listed(among)},
    )
    dues = {row.key: (row.due_at, row.at) for row in rows}
    if not dues:
        return None
    at = max(at for _, at in dues.values())
    return Due(keys=sorted(dues), at=at, dues={key: due for key, (due, _) in dues.items()})


async def take_seen(
    tx: Transaction, kind: str, seen: Due, among: Collection[str] | None = None
) -> None:
    """Take timers that were seen, but those that were set anew since.

    Args:
        among: these keys alone.
    """
    taken = [key for key in seen.keys if among is None or key in among]
    await tx.session.execute(
        text(
            "DELETE FROM timer WHERE (kind, key) IN (SELECT t.kind, t.key FROM timer t"
            " JOIN unnest(CAST(:keys AS text[]), CAST(:dues AS timestamptz[])) AS n(key, due_at)"
            " ON t.key = n.key AND t.due_at = n.due_at WHERE t.kind = :kind"
            " ORDER BY t.key FOR UPDATE OF t)"
        ),
        {"kind": kind, "keys": taken, "dues": [seen.dues[key] for key in taken]},
    )


def _listed(keys: Collection[str] | None) -> list[str] | None:
    return None if keys is None else sorted(keys)


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
