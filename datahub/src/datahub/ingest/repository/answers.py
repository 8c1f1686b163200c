"""What an ``Idempotency-Key`` stands for: a stored answer, or an upload that is under way.

The row is written in the transaction of each part of an upload: it holds the answer as far as it
has come, so that whoever repeats the request goes on behind the last part that was committed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from sqlalchemy import text

from datahub.ingest.repository.batches import RETRY_SECONDS
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction

TURN: Final = 815
"""Space of the advisory locks of keys."""


class IdempotencyConflictError(DomainError):
    """The key was used before, for another body."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "idempotency-key-reused"
    title_zh: ClassVar = "幂等键已用于其他内容"
    title_en: ClassVar = "Idempotency key reused"


class UploadRunningError(DomainError):
    """The same request is being worked on."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "upload-running"
    title_zh: ClassVar = "同一请求正在处理"
    title_en: ClassVar = "The same request is under way"

    def __init__(self) -> None:
        super().__init__(
            "同一个 Idempotency-Key 的请求正在处理，稍后再试即得到它的应答",
            "a request with this Idempotency-Key is under way; ask again for its answer",
            fixes=["等 Retry-After 之后原样重发 (send the same request again after Retry-After)"],
            retry_after=RETRY_SECONDS,
        )


@dataclass(frozen=True, slots=True)
class Keyed:
    """A request that carries a key, and whose it is."""

    caller: str
    key: str
    digest: str
    """Of the body, and of what was asked."""

    @property
    def lock(self) -> int:
        """Return the number of its advisory lock."""
        name = f"{self.caller} {self.key}".encode()
        return int.from_bytes(hashlib.sha256(name).digest()[:4], signed=True)


@dataclass(frozen=True, slots=True)
class Kept:
    """How far a request with a key has come."""

    answer: Mapping[str, Any]
    observed: int | None
    """Instant of the push, microseconds since 1970; None when it is finished anyway."""

    is_finished: bool


async def take_turn(tx: Transaction, keyed: Keyed) -> None:
    """Keep requests with the same key out until the commit.

    Raises:
        UploadRunningError: one is at work.
    """
    taken = await tx.session.scalar(
        text("SELECT pg_try_advisory_xact_lock(:space, :number)"),
        {"space": TURN, "number": keyed.lock},
    )
    if not taken:
        raise UploadRunningError


async def find_answer(tx: Transaction, keyed: Keyed) -> Kept | None:
    """Return what the key stands for; None the first time.

    Raises:
        IdempotencyConflictError: the key was used for another body.
    """
    result = await tx.session.execute(
        text(
            "SELECT digest, answer, observed, is_finished FROM idempotency"
            " WHERE caller = :caller AND key = :key"
        ),
        {"caller": keyed.caller, "key": keyed.key},
    )
    row = result.one_or_none()
    if row is None:
        return None
    if row.digest != keyed.digest:
        raise IdempotencyConflictError(
            "同一个 Idempotency-Key 对应的内容不同",
            "this Idempotency-Key was used for another body",
            fixes=["内容不同请换一个新的 Idempotency-Key (use a new key for new content)"],
        )
    return Kept(row.answer, row.observed, row.is_finished)


async def keep_answer(tx: Transaction, keyed: Keyed, kept: Kept) -> None:
    """Keep how far a request has come, in the transaction of its effect."""
    await tx.session.execute(
        text(
            "INSERT INTO idempotency (caller, key, digest, answer, observed, is_finished)"
            " VALUES (:caller, :key, :digest, CAST(:answer AS jsonb), :observed, :is_finished)"
            " ON CONFLICT (caller, key) DO UPDATE SET answer = excluded.answer,"
            " observed = excluded.observed, is_finished = excluded.is_finished"
        ),
        {
            "caller": keyed.caller,
            "key": keyed.key,
            "digest": keyed.digest,
            "answer": json.dumps(kept.answer, ensure_ascii=False),
            "observed": kept.observed,
            "is_finished": kept.is_finished,
        },
    )
