"""Facts that a service has published, delivered again to a consumer that lost what it made of them.

A fact goes out under an id of its own, or the consumer's inbox would know it and drop it; what the
consumer knows better it ignores, as ever: every item says how new it is.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from shared.kit.database import Database
from shared.kit.dead_letters import FIRST_SUBJECT, STORED_AT, Publishes
from shared.kit.ids import uuid7
from shared.kit.sql import text

PAGE: Final = 200

_PAGE = text(
    "SELECT seq, subject, payload, published_at FROM fact"
    " WHERE seq > :after AND type = ANY(:types) ORDER BY seq LIMIT :limit"
)


async def replay(
    database: Database, publisher: Publishes, consumer: str, types: Sequence[str], after: int
) -> dict[str, int]:
    """Send facts to one consumer, the oldest first; return how many, and the last one's ``seq``."""
    sent = 0
    while rows := await _read(database, types, after):
        for row in rows:
            await publisher.publish(
                f"qa.replay.v1.{consumer}",
                _anew(row.payload),
                f"fact:{uuid7()}",
                {FIRST_SUBJECT: row.subject, STORED_AT: row.published_at.isoformat()},
            )
        sent, after = sent + len(rows), rows[-1].seq
    return {"sent": sent, "last": after}


async def _read(database: Database, types: Sequence[str], after: int) -> Sequence[Any]:
    values = {"after": after, "types": list(types), "limit": PAGE}
    async with database.transaction() as tx:
        return (await tx.session.execute(_PAGE, values)).all()


def _anew(payload: bytes) -> bytes:
    """Return an event under a new id; what it was caused by is the fact itself."""
    envelope = msgspec.json.decode(payload)
    return msgspec.json.encode({**envelope, "id": str(uuid7()), "causationid": envelope["id"]})
