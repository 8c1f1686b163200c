"""Save which letters somebody has read."""

from collections.abc import Sequence
from datetime import datetime

from shared.kit.database import Transaction
from shared.kit.sql import text

_READ = """
INSERT INTO letter_read (letter, person, at)
SELECT l.id, :reader, :at FROM letter l
 WHERE l.person = ANY(:inboxes) AND (l.id <= :up_to OR l.id = ANY(:ids))
ON CONFLICT DO NOTHING
"""


async def read_letters(
    tx: Transaction,
    reader: str,
    inboxes: Sequence[str],
    up_to: int | None,
    ids: Sequence[int],
    at: datetime,
) -> None:
    """Note that somebody has read his letters up to one, or some of them."""
    values = {"reader": reader, "inboxes": list(inboxes), "ids": list(ids), "at": at}
    await tx.session.execute(text(_READ), {**values, "up_to": -1 if up_to is None else up_to})
