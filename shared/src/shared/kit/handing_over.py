"""What was there before a service handed records over: it hands them over once, page by page.

A page and the place behind it are one transaction: a service that is killed goes on where it was,
and of the processes of a service one works at a time. Handing over more than once does no harm: the
hub finds the record unchanged.
"""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.orm import Mapped, mapped_column

from shared.kit.columns import Instant
from shared.kit.database import Database, Transaction
from shared.kit.sql import text

Page = Callable[[Transaction, str], Awaitable[str | None]]
"""Hands over the things that follow a key, as many as one transaction bears; returns the key of the
last, and None where there were none. It locks what may change: that comes after it then."""


class HandedOverColumns:
    """Columns of the table that keeps how far each entity has been handed over."""

    entity: Mapped[str] = mapped_column(primary_key=True)
    after: Mapped[str]
    """Key of the last; empty before the first."""

    done_at: Mapped[Instant | None]


async def hand_over_earlier(database: Database, entity: str, page: Page) -> None:
    """Hand over what was there before, then rest for ever."""
    while await _hand_over_page(database, entity, page):
        pass
    await asyncio.Event().wait()


async def _hand_over_page(database: Database, entity: str, page: Page) -> bool:
    """Return whether there may be more."""
    async with database.transaction() as tx:
        about = {"entity": entity}
        await tx.session.execute(
            text(
                "INSERT INTO handed_over (entity, after) VALUES (:entity, '')"
                " ON CONFLICT DO NOTHING"
            ),
            about,
        )
        state = await tx.session.execute(
            text("SELECT after, done_at FROM handed_over WHERE entity = :entity FOR UPDATE"), about
        )
        row = state.one()
        if row.done_at is not None:
            return False
        last = await page(tx, row.after)
        await tx.session.execute(
            text(
                "UPDATE handed_over SET after = coalesce(CAST(:last AS text), after),"
                " done_at = CASE WHEN CAST(:last AS text) IS NULL THEN now() END"
                " WHERE entity = :entity"
            ),
            {**about, "last": last},
        )
    return last is not None
