"""The inbox: an event takes effect once, however often it is delivered.

An event is known by its source and its id: CloudEvents promises an id to be unique within its
source alone. Beside them stands which message of the stream took effect. The very same message
again is a *redelivery*: its acknowledgement was lost, and whatever is to be said of it was said.
Another message that carries the same source and id is a *repeat*, which a consumer may answer.

What a stream has let go of cannot be delivered again: then the inbox lets go of it, too. Whatever
comes with that id later is told from what is known by its key and version, as ever.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import BigInteger, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.streams import STREAMS
from shared.kit.clock import now
from shared.kit.columns import Instant
from shared.kit.database import Database, Transaction
from shared.kit.sql import text

TIDY_SECONDS: Final = 3_600.0
STEP: Final = 10_000
"""Arrivals that are let go of in one transaction."""

MARGIN: Final = timedelta(days=8)
"""Longer than a stream keeps a message: a message that is delivered anew (`QA_REPLAY`) waits a week
at most."""


class InboxColumns:
    """Columns of the table that remembers which events a consumer has taken."""

    consumer: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    stream_seq: Mapped[int] = mapped_column(BigInteger)
    """Of the message that took effect; with ``stored_at`` for a stream may be made anew."""

    stored_at: Mapped[Instant]
    at: Mapped[Instant] = mapped_column(server_default=func.now())


class RepeatColumns:
    """Columns of the table that remembers which repeats a consumer has answered."""

    consumer: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    stream_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    stored_at: Mapped[Instant] = mapped_column(primary_key=True)


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event, and the message of the stream that brought it."""

    source: str
    event_id: str
    stream_seq: int
    stored_at: datetime


class Consumes(Protocol):
    """A consumer of a stream: see `shared.kit.worker.Worker`."""

    name: str
    kept: timedelta
    """For how long its stream keeps a message."""


async def take_new(tx: Transaction, consumer: str, arrivals: Collection[Arrival]) -> set[Arrival]:
    """Record the events in the transaction of their effect; return those that came first.

    Events are inserted in sorted order, or two consumers of one name could deadlock.
    """
    result = await tx.session.execute(
        text(
            "INSERT INTO inbox (consumer, source, event_id, stream_seq, stored_at)"
            " SELECT DISTINCT ON (source, event_id) :consumer, a.*"
            " FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:seqs AS bigint[]),"
            "  CAST(:instants AS timestamptz[])) AS a (source, event_id, stream_seq, stored_at)"
            " ORDER BY source, event_id, stream_seq"
            " ON CONFLICT DO NOTHING RETURNING source, event_id, stream_seq, stored_at"
        ),
        {"consumer": consumer, **_columns(arrivals)},
    )
    return {Arrival(*row) for row in result}


async def take_repeats(
    tx: Transaction, consumer: str, arrivals: Collection[Arrival]
) -> set[Arrival]:
    """Record the messages whose event another message brought; return those seen first now.

    What is not returned is a redelivery, of the message that took effect or of a repeat.
    """
    result = await tx.session.execute(
        text(
            "INSERT INTO inbox_repeat (consumer, source, event_id, stream_seq, stored_at)"
            " SELECT :consumer, a.*"
            " FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:seqs AS bigint[]),"
            "  CAST(:instants AS timestamptz[])) AS a (source, event_id, stream_seq, stored_at)"
            " JOIN inbox i ON i.consumer = :consumer"
            "  AND i.source = a.source AND i.event_id = a.event_id"
            "  AND (i.stream_seq, i.stored_at) <> (a.stream_seq, a.stored_at)"
            " ORDER BY source, event_id, stream_seq"
            " ON CONFLICT DO NOTHING RETURNING source, event_id, stream_seq, stored_at"
        ),
        {"consumer": consumer, **_columns(arrivals)},
    )
    return {Arrival(*row) for row in result}


def _columns(arrivals: Collection[Arrival]) -> dict[str, list[Any]]:
    return {
        "sources": [each.source for each in arrivals],
        "ids": [each.event_id for each in arrivals],
        "seqs": [each.stream_seq for each in arrivals],
        "instants": [each.stored_at for each in arrivals],
    }


_UNREPEATED: Final = (
    " AND NOT EXISTS (SELECT FROM inbox_repeat r WHERE r.consumer = i.consumer"
    " AND r.source = i.source AND r.event_id = i.event_id)"
)
"""A repeat that is delivered again would pass for the first message of its event."""

_FORGOTTEN: Final = (("inbox_repeat", "stored_at", ""), ("inbox", "at", _UNREPEATED))
"""Tables, which instant says how old a row is, and what else must hold."""


async def forget(tx: Transaction, before: Mapping[str, datetime], others_before: datetime) -> int:
    """Let go of some arrivals that no stream can bring again; return how many.

    Args:
        before: by consumer, what took effect before that.
        others_before: the same for consumers that are no more.
    """
    gone = 0
    for table, column, unless in _FORGOTTEN:
        rows = await tx.session.execute(
            text(
                f"DELETE FROM {table} WHERE ctid IN (SELECT i.ctid FROM {table} i"  # noqa: S608
                " LEFT JOIN unnest(CAST(:consumers AS text[]), CAST(:instants AS timestamptz[]))"
                "  AS known (consumer, before) ON known.consumer = i.consumer"
                f" WHERE i.{column} < coalesce(known.before, :others){unless} LIMIT :step)"
                " RETURNING 1"
            ),
            {
                "consumers": list(before),
                "instants": list(before.values()),
                "others": others_before,
                "step": STEP,
            },
        )
        gone += len(rows.all())
    return gone


async def forget_for_ever(database: Database, consumers: Sequence[Consumes]) -> None:
    """Let go of arrivals, once an hour.

    Args:
        consumers: of this service; more may come.
    """
    longest = timedelta(seconds=max(each.max_age for each in STREAMS))
    while True:
        await asyncio.sleep(TIDY_SECONDS)
        at = now() - MARGIN
        before = {each.name: at - each.kept for each in consumers}
        gone = STEP
        while gone >= STEP:
            async with database.transaction() as tx:
                gone = await forget(tx, before, at - longest)
