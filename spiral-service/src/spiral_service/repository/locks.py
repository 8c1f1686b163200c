"""Who works on the same thing waits."""

from collections.abc import Iterable

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
