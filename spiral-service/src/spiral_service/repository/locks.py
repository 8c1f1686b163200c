"""Who works on the same thing waits."""

from collections.abc import Iterable
from typing import Final

from shared.calendar import Calendar
from shared.calendar.table import read_calendar
from shared.kit.database import Transaction
from shared.kit.sql import text

JOINS: Final = 8_001
"""Advisory lock: acting on corrections shares it, joining and splitting them has it alone."""


async def lock(tx: Transaction, names: Iterable[str]) -> None:
    """Wait for whoever else works on these names (scopes, cycles), until the transaction ends.

    A cycle that opens and an alert that comes at the same time must see each other, or the
    correction would wait for ever. Locks are taken in one order, or two batches could deadlock.
    """
    await tx.session.execute(
        text(
            "SELECT pg_advisory_xact_lock(hash) FROM (SELECT DISTINCT hashtextextended(name, 8)"
            " AS hash FROM unnest(CAST(:names AS text[])) AS name ORDER BY hash) AS hashes"
        ),
        {"names": sorted(set(names))},
    )


async def share_joins(tx: Transaction) -> None:
    """Let nobody join or split corrections until the transaction ends; others may act beside."""
    await tx.session.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": JOINS})


async def hold_joins(tx: Transaction) -> None:
    """Let nobody else act on corrections, join or split them until the transaction ends."""
    await tx.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": JOINS})


async def keep_calendar(tx: Transaction) -> Calendar:
    """Return the school calendar; no other one is followed until the transaction ends.

    What is stored with its days must see the calendar that comes, or be seen by who follows it.
    """
    await tx.session.execute(text("SELECT pg_advisory_xact_lock_shared(hashtext('calendar'))"))
    return await read_calendar(tx)


async def follow_calendar(tx: Transaction) -> Calendar:
    """Return the school calendar that came, when nobody works with the one before any more."""
    await tx.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('calendar'))"))
    return await read_calendar(tx)
