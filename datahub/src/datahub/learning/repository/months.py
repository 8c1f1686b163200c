"""Which months of events are there, and since when they are kept.

A month is one of the campus: a campus day lies in one of them as a whole, and so does its total.
"""

from collections.abc import Iterable
from datetime import date, datetime

from datahub.learning.domain.event import Window
from datahub.learning.domain.months import instant_of, months_before
from shared.kit.database import Transaction
from shared.kit.sql import text


async def window(tx: Transaction, keep: int) -> Window:
    """Return when an event that is taken in now may have happened.

    Asked for by who holds the turn to write: a month that is being dropped is dropped by then.

    Args:
        keep: months before the present one that are kept.
    """
    row = (
        await tx.session.execute(
            text(
                "SELECT clock_timestamp() AS now,"
                " (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date AS today,"
                " (SELECT since FROM learning_kept) AS since"
            )
        )
    ).one()
    since = months_before(row.today, keep)
    return Window(since=instant_of(max(since, row.since or since)), now=row.now)


async def make(tx: Transaction, months: Iterable[date]) -> None:
    """Make the tables of months, where they are not there yet."""
    for month in sorted(set(months)):
        await tx.session.execute(text("SELECT learning_make_month(:month)"), {"month": month})


async def list_months(tx: Transaction) -> list[date]:
    """Return the first day of every month that has a table, the oldest first."""
    rows = await tx.session.scalars(
        text(
            "SELECT to_date(right(c.relname, 7), 'YYYY_MM') FROM pg_inherits i"
            " JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'learning_event'::regclass ORDER BY 1"
        )
    )
    return list(rows)


async def drop(tx: Transaction, month: date) -> None:
    """Drop a month of events."""
    await tx.session.execute(text("SELECT learning_drop_month(:month)"), {"month": month})


async def keep_since(tx: Transaction, since: datetime) -> None:
    """Note before when events were dropped: a longer retention later brings none of them back."""
    await tx.session.execute(
        text(
            "INSERT INTO learning_kept (id, since)"
            " VALUES (1, (CAST(:since AS timestamptz) AT TIME ZONE 'Asia/Shanghai')::date)"
            " ON CONFLICT (id) DO UPDATE"
            " SET since = greatest(learning_kept.since, excluded.since)"
        ),
        {"since": since},
    )
