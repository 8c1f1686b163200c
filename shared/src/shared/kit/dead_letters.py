"""Dead letters: messages that could not be handled, kept until somebody mends and replays them.

The message itself lies in the service's own table, where it can be read, mended and erased;
the stream ``QA_DLQ`` carries a reference only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Literal, Protocol

import msgspec
from sqlalchemy import BigInteger, Identity, LargeBinary, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.errors import DomainError, ErrorKind
from shared.kit.columns import Instant
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from shared.kit.sql import text

FIRST_SUBJECT: Final = "Helix8-Subject"
"""Header of a replay: the subject under which the message first came."""

STORED_AT: Final = "Helix8-Stored-At"
"""Header of a replay: when the stream first took the message, or the fact was published."""

State = Literal["open", "replayed", "discarded"]
_STATE: Final = (
    "CASE WHEN discarded IS NOT NULL THEN 'discarded' WHEN replayed_at IS NOT NULL"
    " THEN 'replayed' ELSE 'open' END"
)
"""What has become of a letter."""


_MADE_ANEW: Final = text(
    "UPDATE dead_letter SET stream = stream || ' ' || to_char(stored_at AT TIME ZONE 'UTC',"
    ' \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\') WHERE consumer = :consumer AND stream = :stream'
    " AND stream_seq = :stream_seq AND stored_at <> CAST(:stored_at AS timestamptz)"
)
"""A stream that was made anew counts from 1 again: the letter of the stream before makes room."""


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
    edits: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    """Who mended it, when, why, and what it was before."""

    discarded: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Who gave it up, when and why."""


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


class DeadLetterDoneError(DomainError):
    """Something has become of the dead letter already."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "dead-letter-done"
    title_zh: ClassVar = "这条死信已处理"
    title_en: ClassVar = "The dead letter was dealt with"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """What a dead letter is to say, who says so, and why."""

    payload: str
    by: str
    reason: str


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
        await tx.session.execute(_MADE_ANEW, asdict(letter))
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


async def list_dead_letters(
    tx: Transaction, *, limit: int, offset: int, state: State | None = None
) -> list[dict[str, Any]]:
    """Return dead letters, newest first, without their payload."""
    rows = await tx.session.execute(
        text(
            "SELECT * FROM (SELECT id, consumer, stream, stream_seq, subject, reason, detail,"  # noqa: S608
            f" stored_at, buried_at, replayed_at, {_STATE} AS state FROM dead_letter) d"
            " WHERE CAST(:state AS text) IS NULL OR state = :state"
            " ORDER BY id DESC LIMIT :limit OFFSET :offset"
        ),
        {"limit": limit, "offset": offset, "state": state},
    )
    return [dict(row) for row in rows.mappings()]


async def read_dead_letter(tx: Transaction, letter_id: int) -> dict[str, Any]:
    """Return one dead letter with its payload as text.

    Raises:
        DeadLetterNotFoundError: no dead letter has that id.
    """
    row = await _row(tx, letter_id)
    return {**row, "payload": _as_text(row["payload"])}


async def mend_dead_letter(
    tx: Transaction, letter_id: int, mending: Mending, expect: Callable[[int], None]
) -> None:
    """Replace the message of a dead letter; who, when, why and what it was before are kept.

    Args:
        expect: refuses by the present version; each mending makes the next one.

    Raises:
        DeadLetterNotFoundError: no dead letter has that id.
        DeadLetterDoneError: it was replayed, or given up.
    """
    letter = await _open(tx, letter_id)
    expect(version_of(letter))
    await tx.session.execute(
        text(
            "UPDATE dead_letter SET payload = :payload, edits = edits || jsonb_build_object("
            "'at', clock_timestamp(), 'by', CAST(:by AS text), 'reason', CAST(:reason AS text),"
            " 'before', CAST(:before AS text)) WHERE id = :id"
        ),
        {
            "id": letter_id,
            "payload": mending.payload.encode(),
            "by": mending.by,
            "reason": mending.reason,
            # A text of PostgreSQL holds no NUL.
            "before": _as_text(letter["payload"]).replace("\0", "\\x00"),
        },
    )


def version_of(letter: Mapping[str, Any]) -> int:
    """Return the version of a dead letter: how often it was mended, and one."""
    return len(letter["edits"]) + 1


async def discard_dead_letter(tx: Transaction, letter_id: int, *, by: str, reason: str) -> None:
    """Give a dead letter up on purpose.

    Raises:
        DeadLetterNotFoundError: no dead letter has that id.
        DeadLetterDoneError: it was replayed, or given up.
    """
    await _open(tx, letter_id)
    await tx.session.execute(
        text(
            "UPDATE dead_letter SET discarded = jsonb_build_object('at', clock_timestamp(),"
            " 'by', CAST(:by AS text), 'reason', CAST(:reason AS text)) WHERE id = :id"
        ),
        {"id": letter_id, "by": by, "reason": reason},
    )


async def replay_dead_letter(tx: Transaction, publisher: Publishes, letter_id: int) -> None:
    """Deliver a dead letter to its consumer again, as it is now.

    Raises:
        DeadLetterNotFoundError: no dead letter has that id.
        DeadLetterDoneError: it was replayed, or given up.
    """
    letter = await _open(tx, letter_id)
    await publisher.publish(
        f"qa.replay.v1.{letter['consumer']}",
        bytes(letter["payload"]),
        f"replay:{uuid7()}",
        {FIRST_SUBJECT: letter["subject"], STORED_AT: letter["stored_at"].isoformat()},
    )
    await tx.session.execute(
        text("UPDATE dead_letter SET replayed_at = now() WHERE id = :id"), {"id": letter_id}
    )


async def _open(tx: Transaction, letter_id: int) -> Mapping[str, Any]:
    """Return a dead letter of which nothing has become yet, held until the commit."""
    letter = await _row(tx, letter_id, lock=True)
    if letter["discarded"] is not None:
        by, at = letter["discarded"]["by"], letter["discarded"]["at"]
        raise DeadLetterDoneError(
            f"死信 {letter_id} 已由 {by} 于 {at} 放弃",
            f"dead letter {letter_id} was given up by {by} at {at}",
        )
    if letter["replayed_at"] is not None:
        at = letter["replayed_at"].isoformat()
        raise DeadLetterDoneError(
            f"死信 {letter_id} 已于 {at} 重放；若仍无法处理，会成为新的死信",
            f"dead letter {letter_id} was replayed at {at}; failing again it would be a new one",
            fixes=["GET /v1/dead-letters?state=open"],
        )
    return letter


async def _row(tx: Transaction, letter_id: int, *, lock: bool = False) -> Mapping[str, Any]:
    result = await tx.session.execute(
        text(
            f"SELECT *, {_STATE} AS state FROM dead_letter WHERE id = :id"  # noqa: S608
            f"{' FOR UPDATE' if lock else ''}"
        ),
        {"id": letter_id},
    )
    row = result.mappings().one_or_none()
    if row is None:
        raise DeadLetterNotFoundError(f"没有死信 {letter_id}", f"no dead letter {letter_id}")
    return dict(row)


def _as_text(payload: bytes) -> str:
    return bytes(payload).decode("utf-8", "backslashreplace")
