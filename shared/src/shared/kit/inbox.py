"""The inbox: an event takes effect once, however often it is delivered."""

from collections.abc import Sequence

from sqlalchemy import func, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.kit.columns import Instant
from shared.kit.database import Transaction


class InboxColumns:
    """Columns of the table that remembers which events a consumer has taken."""

    consumer: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[Instant] = mapped_column(server_default=func.now())


async def take_new(tx: Transaction, consumer: str, event_ids: Sequence[str]) -> set[str]:
    """Record the events in the transaction of their effect; return those seen first now.

    Ids are inserted in sorted order, or two consumers of one name could deadlock.
    """
    result = await tx.session.execute(
        text(
            "INSERT INTO inbox (consumer, event_id)"
            " SELECT :consumer, id FROM unnest(CAST(:ids AS text[])) AS id ORDER BY id"
            " ON CONFLICT DO NOTHING RETURNING event_id"
        ),
        {"consumer": consumer, "ids": sorted(set(event_ids))},
    )
    return set(result.scalars())
