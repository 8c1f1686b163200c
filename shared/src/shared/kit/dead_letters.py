"""Dead letters: messages that could not be handled, kept until somebody mends and replays them.

The message itself lies in the service's own table, where it can be read, mended and erased;
the stream ``QA_DLQ`` carries a reference only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Protocol

import msgspec
from sqlalchemy import BigInteger, Identity, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.errors import DomainError, ErrorKind
from shared.kit.columns import Instant
from shared.kit.database import Database, Transaction
from shared.kit.ids import uuid7

FIRST_SUBJECT: Final = "Helix8-Subject"
"""Header of a replay: the subject under which the message first came."""

STORED_AT: Final = "Helix8-Stored-At"
"""Header of a replay: when the stream first took the message, or the fact was published."""


class DeadLetterColumns:
    """Columns of the table of dead letters; one row per message and consumer."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    consumer: Mapped[str]
    stream: Mapped[str]
    stream_seq: Mapped[int] = mapped_column(BigInteger)
    subject: Mapped[str]
    reason: Mapped[str]
    detail: Mapped[str]
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    stored_at: Mapped[Instant]
    buried_at: Mapped[Instant] = mapped_column(server_default=func.now())
    replayed_at: Mapped[Instant | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that could not be handled, and why."""

    consumer: str
    stream: str
    stream_seq: int
    subject: str
    reason: str
    detail: str
    payload: bytes
    stored_at: datetime
    """When the stream first took it: a replay is as old as that."""


class DeadLetterNotFoundError(DomainError):
    """No dead letter has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "dead-letter-not-found"
    title_zh: ClassVar = "没有这条死信"
    title_en: ClassVar = "No such dead letter"


class Publishes(Protocol):
    """Publishes one message and waits for its acknowledgement."""

    async def publish(
        self,
        subject: str,
        payload: bytes,
        message_id: str,
        headers: Mapping[str, str] | None = None,
    ) -> object:
        """Return the acknowledgement."""


async def store_dead_letters(tx: Transaction, letters: Sequence[DeadLetter]) -> None:
    """Store the letters; one that is there already stays as it is."""
    for letter in letters:
        await tx.session.execute(
            text(
                "INSERT INTO dead_letter"
                " (consumer, stream, stream_seq, subject, reason, detail, payload, stored_at)"
                " VALUES (:consumer, :stream, :stream_seq, :subject, :reason, :detail, :payload,"
                " :stored_at)"
                " ON CONFLICT (consumer, stream, stream_seq) DO NOTHING"
            ),
            asdict(letter),
        )


async def announce_dead_letters(
    service: str, publisher: Publishes, letters: Sequence[DeadLetter]
) -> None:
    """Publish a reference of each letter, and wait until the stream has it."""
    for letter in letters:
        reference = {key: value for key, value in asdict(letter).items() if key != "payload"}
        await publisher.publish(
            f"qa.dlq.v1.{service}.{letter.consumer}.{letter.reason}",
            msgspec.json.encode(reference),
            f"{letter.consumer}:{letter.stream}:{letter.stream_seq}",
        )


async def list_dead_letters(tx: Transaction, *, limit: int, offset: int) -> list[dict[str, Any]]:
    """Return dead letters, newest first, without their payload."""
    rows = await tx.session.execute(
        text(
            "SELECT id, consumer, stream, stream_seq, subject, reason, detail, stored_at,"
            " buried_at, replayed_at FROM dead_letter ORDER BY id DESC LIMIT :limit OFFSET :offset"
        ),
        {"limit": limit, "offset": offset},
    )
    return [dict(row) for row in rows.mappings()]


async def read_dead_letter(tx: Transaction, letter_id: int) -> dict[str, Any]:
    """Return one dead letter with its payload as text.

    Raises:
        DeadLetterNotFoundError: no dead letter has that id.
    """
    result = await tx.session.execute(
        text("SELECT * FROM dead_letter WHERE id = :id"), {"id": letter_id}
    )
    row = result.mappings().one_or_none()
    if row is None:
        raise DeadLetterNotFoundError(f"没有死信 {letter_id}", f"no dead letter {letter_id}")
    return {**row, "payload": bytes(row["payload"]).decode("utf-8", "backslashreplace")}


async def replay_dead_letter(
    database: Database, publisher: Publishes, letter_id: int, mended: str | None
) -> None:
    """Deliver a dead letter to its consumer again, mended or as it was.

    Raises:
        DeadLetterNotFoundError: no dead letter has that id.
    """
    async with database.transaction() as tx:
        letter = await read_dead_letter(tx, letter_id)
        payload = letter["payload"] if mended is None else mended
        await publisher.publish(
            f"qa.replay.v1.{letter['consumer']}",
            payload.encode(),
            f"replay:{uuid7()}",
            {FIRST_SUBJECT: letter["subject"], STORED_AT: letter["stored_at"].isoformat()},
        )
        await tx.session.execute(
            text("UPDATE dead_letter SET replayed_at = now() WHERE id = :id"), {"id": letter_id}
        )
