"""Who works on the same thing waits."""

from collections.abc import Iterable

from shared.calendar import Calendar
from shared.calendar.table import read_calendar
from shared.kit.database import Transaction
from shared.kit.sql import text


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
