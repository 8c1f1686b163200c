"""Change sets: what changed in one commit, under one number."""

from typing import Final

from shared.kit.database import Transaction
from shared.kit.sql import text

CHANGES: Final = "changes"
"""What a commit announces that left a change set."""


async def next_change_set(tx: Transaction) -> int:
    """Return the id of a new change set; taken after the entity's lock, so ids follow commits."""
    return int(
        await tx.session.scalar(text("SELECT nextval(pg_get_serial_sequence('change_set', 'id'))"))
        or 0
    )


async def close_change_set(
    tx: Transaction, change_set: int, *, batch: int, source: str, entity: str
) -> int:
    """Record a change set if it changed anything; return its number of changes."""
    rows = await tx.session.scalar(
        text(
            "INSERT INTO change_set (id, batch, source, entity, rows, correlation)"
            " OVERRIDING SYSTEM VALUE"
            " SELECT :id, :batch, :source, :entity, count(*), :correlation FROM change"
            " WHERE change_set = :id HAVING count(*) > 0 RETURNING rows"
        ),
        {
            "id": change_set,
            "batch": batch,
            "source": source,
            "entity": entity,
            "correlation": tx.correlation,
        },
    )
    if rows:
        tx.announce(CHANGES)
    return int(rows or 0)
