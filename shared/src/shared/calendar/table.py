"""A service's own copy of the school calendar, kept from ``calendar.changed``."""

from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Final

import structlog
from sqlalchemy import BigInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.calendar.arithmetic import CAMPUS, Calendar
from shared.contracts.datahub import CalendarChanged
from shared.contracts.school_calendar import SchoolCalendar
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.sql import text
from shared.kit.worker import Received, Subscription

log = structlog.get_logger()

Follow = Callable[[Transaction], Awaitable[None]]
_KNOWN: Final = "calendar"


class CalendarColumns:
    """Columns of the table: one row."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    doc: Mapped[dict[str, object]] = mapped_column(JSONB)


def add_calendar(base: type[DeclarativeBase]) -> None:
    """Add the calendar to a service's tables."""
    type("CalendarRow", (CalendarColumns, base), {"__tablename__": "calendar"})


async def save_calendar(tx: Transaction, calendar: SchoolCalendar) -> None:
    """Keep a calendar; one that is older than the known one changes nothing."""
    await tx.session.execute(
        text(
            "INSERT INTO calendar (id, seq, doc) VALUES (1, :seq, CAST(:doc AS jsonb))"
            " ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, doc = excluded.doc"
            " WHERE calendar.seq < excluded.seq"
        ),
        {"seq": calendar.seq, "doc": calendar.model_dump_json()},
    )
    tx.session.info.pop(_KNOWN, None)


async def read_calendar(tx: Transaction) -> Calendar:
    """Return the calendar; an empty one, of weekdays, where none was told.

    A transaction reads it once: what it does first and last, it does by one calendar.
    """
    known: Calendar | None = tx.session.info.get(_KNOWN)
    if known is None:
        found = await tx.session.scalar(text("SELECT doc::text FROM calendar"))
        known = tx.session.info[_KNOWN] = _parse(found) if found else Calendar()
    return known


@lru_cache(maxsize=4)
def _parse(document: str) -> Calendar:
    return Calendar(SchoolCalendar.model_validate_json(document))


async def _rest(_tx: Transaction) -> None:
    """Do nothing."""


def calendar_subscription(service: str, then: Follow = _rest) -> Subscription:
    """Return the consumer that keeps a service's calendar.

    Args:
        then: what the service does in the transaction in which another calendar was kept.
    """

    async def keep(tx: Transaction, received: Sequence[Received]) -> None:
        told = [each.event for each in received if isinstance(each.event, CalendarChanged)]
        newest = max(told, key=lambda each: each.seq)
        await save_calendar(tx, newest)
        await then(tx)
        today = now().astimezone(CAMPUS).date()
        if not Calendar(newest).covers(today):
            log.warning("calendar_year_missing", day=today.isoformat(), seq=newest.seq)

    return Subscription(
        name=f"{service}-calendar", stream="QA_DATA", events=(CalendarChanged,), handler=keep
    )
