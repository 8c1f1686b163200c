"""The outbox: events leave in the transaction of the change, a relay sends them after it.

One leader (advisory lock) takes rows ``FOR UPDATE SKIP LOCKED`` by 500, in order, publishes
them pipelined and moves those that were acknowledged, in the same transaction, to ``fact``
(or drops them, where facts are re-read from history). It is woken by the commit in its own
process, with a 500 ms poll as the net. A crash between PubAck and commit sends an event
again under the same ``Nats-Msg-Id``; consumers ignore it by their inbox.

Events of one partition key stand in the stream in their order, whatever is refused: two of them
are never under way together, and one that was refused holds the later ones of its key back.

Records that a service hands over to the hub travel the same way; they are no facts, and of those
that were sent no copy is kept.
"""

import asyncio
import itertools
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import BigInteger, Identity, LargeBinary, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.base import Event, schema_urn, subject_of
from shared.contracts.streams import SUITE, ingest_subject
from shared.kit.clock import now
from shared.kit.columns import Instant
from shared.kit.ids import uuid7
from shared.kit.loops import follow
from shared.kit.sql import text
from shared.kit.telemetry import current_traceparent

NEWS: Final = "events"
"""What a commit that left events announces."""

RECORD: Final = "qa.ingest"
"""Type of what is handed over."""

Operation = Literal["upsert", "delete"]

BATCH: Final = 500
POLL_SECONDS: Final = 0.5
SEND_SECONDS: Final = 5.0
"""After so long a batch is left as far as it is: while nobody answers, each run takes 10 s."""


log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event on its way out: what the relay needs, and nothing it must understand."""

    id: UUID
    type: str
    subject: str
    partition_key: str
    payload: bytes


class OutboxColumns:
    """Columns of the table that keeps committed events until the relay sent them."""

    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    id: Mapped[UUID]
    type: Mapped[str]
    subject: Mapped[str]
    partition_key: Mapped[str]
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


class FactColumns:
    """Columns of the table of published facts, kept for ever for rebuilds.

    ``seq`` is given by the one relay in the order of publishing: a reader that has seen
    ``n`` never misses a smaller one.
    """

    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    type: Mapped[str]
    subject: Mapped[str]
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    stream: Mapped[str]
    stream_seq: Mapped[int] = mapped_column(BigInteger)
    published_at: Mapped[Instant] = mapped_column(server_default=func.now())


class Unit(Protocol):
    """What the envelope takes from the transaction: see `shared.kit.database.Transaction`."""

    service: str
    correlation: str | None
    causation: str | None


class HasSession(Protocol):
    """A transaction that is open."""

    session: AsyncSession


class Opens(Protocol):
    """Opens transactions: see `shared.kit.database.Database`."""

    def on_commit(self, *news: str) -> asyncio.Event:
        """Return what is set after each commit of this process that left any of these news."""

    def transaction(self) -> AbstractAsyncContextManager[HasSession]:
        """Open a transaction that commits at the end of its block."""


class Acknowledgement(Protocol):
    """What a stream answers to a publish."""

    @property
    def stream(self) -> str:
        """Name of the stream that keeps the message."""

    @property
    def seq(self) -> int:
        """Its sequence there."""


class Sender(Protocol):
    """Publishes a batch; each place holds its acknowledgement or the error."""

    async def publish_many(
        self, messages: Sequence[tuple[str, bytes, str]]
    ) -> Sequence[Acknowledgement | Exception]:
        """Return an acknowledgement or an error for each message, in order."""


Sent = tuple[Any, Acknowledgement]
"""A row of the outbox, and where it went."""


def envelope(tx: Unit, event: Event, key: str, subject: str) -> Outgoing:
    """Wrap an event as CloudEvents structured JSON."""
    kind = event.event_type()
    address = event.address(key)
    return _wrap(tx, kind, address, key, subject, event.model_dump_json().encode())


def envelope_of_json(
    tx: Unit, event_type: str, partition: str, body: bytes, key: str | None
) -> Outgoing:
    """Wrap data that is JSON already, for one partition."""
    address = subject_of(event_type, "").rsplit(".", 1)[0] + f".{partition}"
    return _wrap(tx, event_type, address, key or partition, key or event_type, body)


def envelope_of_record(
    tx: Unit, entity: str, key: str, record: Mapping[str, Any], operation: Operation
) -> Outgoing:
    """Wrap a record that is handed over to the hub; records of one key keep their order."""
    address = ingest_subject(SUITE, entity, operation)
    about = f"{entity}/{key}"
    return _wrap(tx, RECORD, address, about, about, msgspec.json.encode(record))


def _wrap(tx: Unit, kind: str, address: str, key: str, subject: str, body: bytes) -> Outgoing:
    id_ = uuid7()
    document: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(id_),
        "source": f"urn:helix8:{tx.service}",
        "type": kind,
        "time": now().isoformat(),
        "subject": subject,
        "datacontenttype": "application/json",
        "dataschema": schema_urn(kind),
        "partitionkey": key,
        "correlationid": tx.correlation or str(id_),
    }
    if tx.causation:
        document["causationid"] = tx.causation
    if traceparent := current_traceparent():
        document["traceparent"] = traceparent
    head = msgspec.json.encode(document)
    return Outgoing(
        id=id_,
        type=kind,
        subject=address,
        partition_key=key,
        payload=head[:-1] + b',"data":' + body + b"}",
    )


async def store(session: AsyncSession, outgoing: Sequence[Outgoing]) -> None:
    """Insert the events of a transaction, in the order in which they were published."""
    await session.execute(
        text(
            "INSERT INTO outbox (id, type, subject, partition_key, payload)"
            " VALUES (:id, :type, :subject, :partition_key, :payload)"
        ),
        [
            {
                "id": each.id,
                "type": each.type,
                "subject": each.subject,
                "partition_key": each.partition_key,
                "payload": each.payload,
            }
            for each in outgoing
        ],
    )


class Relay:
    """Sends what the outbox holds.

    Args:
        keep_facts: move what was sent to ``fact``; False drops it. A collection names the types
            of the events that are kept.
    """

    def __init__(
        self, database: Opens, sender: Sender, *, keep_facts: bool | Collection[str]
    ) -> None:
        self._database = database
        self._sender = sender
        self._keep_facts = keep_facts
        self._wake = database.on_commit(NEWS)

    async def run(self) -> None:
        """Send for ever; an error ends the call, and the caller starts it again."""
        await follow(self._send_batch, self._wake, POLL_SECONDS)

    async def _send_batch(self) -> bool:
        """Send up to 500 events; return whether there may be more."""
        async with self._database.transaction() as tx:
            session = tx.session
            leader = await session.scalar(
                text("SELECT pg_try_advisory_xact_lock(hashtext('outbox-relay'))")
            )
            if not leader:
                return False
            rows = await _take(session)
            if not rows:
                return False
            sent, refusals = await self._send(rows)
            if sent:
                await self._finish(session, sent)
        left = len(rows) - len(sent)
        if refusals:
            log.error("outbox_publish_refused", error=str(refusals[0]), left=left)
            await asyncio.sleep(POLL_SECONDS)
        return len(rows) == BATCH or left > 0

    async def _send(self, rows: Sequence[Any]) -> tuple[list[Sent], list[Exception]]:
        """Publish rows; return those that were acknowledged, and why others were refused."""
        sent: list[Sent] = []
        refusals: list[Exception] = []
        held: set[str] = set()
        until = time.monotonic() + SEND_SECONDS
        for run in itertools.takewhile(lambda _: time.monotonic() < until, _runs(rows)):
            due = [row for row in run if row.partition_key not in held]
            answers = await self._sender.publish_many(
                [(row.subject, row.payload, str(row.id)) for row in due]
            )
            for row, answer in zip(due, answers, strict=True):
                if isinstance(answer, Exception):
                    held.add(row.partition_key)
                    refusals.append(answer)
                else:
                    sent.append((row, answer))
        return sent, refusals

    def _keeps(self, kind: str) -> bool:
        keep = self._keep_facts
        return kind != RECORD and (keep if isinstance(keep, bool) else kind in keep)

    async def _finish(self, session: AsyncSession, sent: Sequence[Sent]) -> None:
        kept = [(row, ack) for row, ack in sent if self._keeps(row.type)]
        if kept:
            # From table to table: a payload is neither sent nor compressed a second time.
            await session.execute(
                text(
                    "INSERT INTO fact (id, type, subject, payload, stream, stream_seq)"
                    " SELECT id, type, subject, payload, stream, stream_seq"
                    " FROM unnest(CAST(:seqs AS bigint[]), CAST(:streams AS text[]),"
                    "  CAST(:stream_seqs AS bigint[])) WITH ORDINALITY"
                    "  AS sent (seq, stream, stream_seq, place) JOIN outbox USING (seq)"
                    " ORDER BY place ON CONFLICT (id) DO NOTHING"
                ),
                {
                    "seqs": [row.seq for row, _ in kept],
                    "streams": [ack.stream for _, ack in kept],
                    "stream_seqs": [ack.seq for _, ack in kept],
                },
            )
        await session.execute(
            text("DELETE FROM outbox WHERE seq = ANY(:seqs)"),
            {"seqs": [row.seq for row, _ in sent]},
        )
        await session.execute(
            text(
                "INSERT INTO relayed (stream, last_seq) VALUES (:stream, :last_seq)"
                " ON CONFLICT (stream) DO UPDATE"
                " SET last_seq = greatest(relayed.last_seq, excluded.last_seq)"
            ),
            [
                {"stream": stream, "last_seq": max(a.seq for _, a in sent if a.stream == stream)}
                for stream in sorted({ack.stream for _, ack in sent})
            ],
        )


class RelayedColumns:
    """The highest acknowledged sequence per stream.

    A stream whose last sequence is below it has lost its tail: readiness says so.
    """

    stream: Mapped[str] = mapped_column(primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger)


async def _take(session: AsyncSession) -> Sequence[Any]:
    result = await session.execute(
        text(
            "SELECT seq, id, type, subject, partition_key, payload FROM outbox"
            " ORDER BY seq LIMIT :batch FOR UPDATE SKIP LOCKED"
        ),
        {"batch": BATCH},
    )
    return result.all()


def _runs(rows: Sequence[Any]) -> list[list[Any]]:
    """Cut rows, in order, into runs that name no partition key twice."""
    runs: list[list[Any]] = [[]]
    keys: set[str] = set()
    for row in rows:
        if row.partition_key in keys:
            runs.append([])
            keys.clear()
        keys.add(row.partition_key)
        runs[-1].append(row)
    return runs
