"""``Idempotency-Key``: a request that was answered once gets the same answer again.

The answer is kept in the transaction of the effect, in the service's own table ``idempotency``,
for a time that a setting says.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, TypeVar

from fastapi import Request, Response
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.errors import DomainError, ErrorKind
from shared.kit.clock import now
from shared.kit.columns import Instant
from shared.kit.database import Database, Transaction
from shared.kit.identity import Caller, current_caller
from shared.kit.loops import is_ending
from shared.kit.sql import text

HEADER: Final = "idempotency-key"
MAX_KEY: Final = 255
RETRY_SECONDS: Final = 2
TURN: Final = 815
"""Space of the advisory locks of keys."""

TIDY_SECONDS: Final = 60.0
STEP: Final = 500
"""Answers that are dropped in one transaction."""

PARAMETER: Final = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY},
    "description": (
        "同一个键与同样的内容得到已存的应答（默认保存一天），内容不同 422，同时到达 409"
        "（Retry-After）"
        " · same key and body: the stored answer (kept for a day unless set otherwise);"
        " another body: 422; at the same time: 409"
    ),
}
"""What the OpenAPI says of the header, at every operation that takes it."""


class IdempotencyColumns:
    """Columns of the table of keys: what became of a request, or how far it has come."""

    caller: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[Instant] = mapped_column(server_default=func.now())
    """When the answer was kept, or when the request came that far."""


class IdempotencyConflictError(DomainError):
    """The key was used before, for another body."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "idempotency-key-reused"
    title_zh: ClassVar = "幂等键已用于其他内容"
    title_en: ClassVar = "Idempotency key reused"


class IdempotencyKeyError(DomainError):
    """The key is none, or the operation takes none."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "idempotency-key-not-taken"
    title_zh: ClassVar = "此处不能用这个幂等键"
    title_en: ClassVar = "The idempotency key is not taken"


class RequestRunningError(DomainError):
    """The same request is being worked on."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "request-running"
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


Asking = Callable[[Request], Awaitable[Caller]]
"""Finds out who asks; by the internal token, unless ``app.state.who_asks`` knows another way."""

_UNKEYED: Final[set[Any]] = set()

Operation = TypeVar("Operation", bound=Callable[..., Any])


def unkeyed(operation: Operation) -> Operation:
    """Mark a POST that takes no key: it changes nothing, or its answer must not be kept."""
    _UNKEYED.add(operation)
    return operation


def takes_key(operation: Callable[..., Any]) -> bool:
    """Return whether an operation is not marked as one without keys."""
    return operation not in _UNKEYED


def refuse_key() -> IdempotencyKeyError:
    """Return the refusal of a key where none is taken."""
    return IdempotencyKeyError(
        "此操作不接受 Idempotency-Key：它不改动数据，或请求、应答中有密码或密钥，不予保存",
        "this operation takes no Idempotency-Key: it changes nothing, or what is asked or answered"
        " holds a secret, of which nothing is kept",
        fields={f"header.{HEADER}": ["不接受 (not taken)"]},
        fixes=["去掉 Idempotency-Key 再发 (send it without)"],
    )


async def answer_once(
    request: Request,
    needed: Collection[str],
    handle: Callable[[Request], Awaitable[Response]],
    *,
    is_json: bool = True,
) -> Response:
    """Answer a request with a key: as it was answered before, or by doing it.

    Args:
        needed: permissions; who lacks one is refused by the operation itself.
        is_json: the body is read as JSON; any other one is the same byte by byte.

    Raises:
        IdempotencyKeyError: the key is too long.
        IdempotencyConflictError: the key was used for another body.
        RequestRunningError: the same request is being worked on.
    """
    ask: Asking = getattr(request.app.state, "who_asks", current_caller)
    caller = await ask(request)
    if not all(caller.may(each) for each in needed):
        return await handle(request)
    keyed = Keyed(caller.subject, _key_of(request), await _digest_of(request, is_json=is_json))
    database: Database = request.app.state.database
    async with database.as_one(correlation=request.state.request_id) as tx:
        await take_turn(tx, keyed)
        if (kept := await find_answer(tx, keyed)) is not None:
            return Response(kept["body"], kept["status"], kept["headers"])
        response = await handle(request)
        await keep_answer(tx, keyed, _document_of(response))
        return response


def _key_of(request: Request) -> str:
    key = request.headers[HEADER]
    if not 0 < len(key) <= MAX_KEY:
        raise IdempotencyKeyError(
            f"Idempotency-Key 须为 1 至 {MAX_KEY} 个字符",
            f"an Idempotency-Key has 1 to {MAX_KEY} characters",
            fields={f"header.{HEADER}": [f"{len(key)} 个字符 ({len(key)} characters)"]},
        )
    return key


async def _digest_of(request: Request, *, is_json: bool) -> str:
    """Return the digest of what is asked: fields in another order are the same body."""
    content = await request.body()
    body: Any = None
    if content:
        body = await request.json() if is_json else hashlib.sha256(content).hexdigest()
    query = sorted(request.query_params.multi_items())
    asked = json.dumps([request.url.path, query, body], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


def _document_of(response: Response) -> dict[str, Any]:
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return {
        "status": response.status_code,
        "headers": headers,
        "body": bytes(response.body).decode(),
    }


async def take_turn(tx: Transaction, keyed: Keyed) -> None:
    """Keep requests with the same key out until the commit.

    Raises:
        RequestRunningError: one is at work.
    """
    taken = await tx.session.scalar(
        text("SELECT pg_try_advisory_xact_lock(:space, :number)"),
        {"space": TURN, "number": keyed.lock},
    )
    if not taken:
        raise RequestRunningError


async def find_answer(tx: Transaction, keyed: Keyed) -> Mapping[str, Any] | None:
    """Return what the key stands for; None the first time.

    Raises:
        IdempotencyConflictError: the key was used for another body.
    """
    result = await tx.session.execute(
        text("SELECT digest, answer FROM idempotency WHERE caller = :caller AND key = :key"),
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
    answer: Mapping[str, Any] = row.answer
    return answer


async def keep_answer(tx: Transaction, keyed: Keyed, answer: Mapping[str, Any]) -> None:
    """Keep what a request has come to, in the transaction of its effect."""
    await tx.session.execute(
        text(
            "INSERT INTO idempotency (caller, key, digest, answer)"
            " VALUES (:caller, :key, :digest, CAST(:answer AS jsonb))"
            " ON CONFLICT (caller, key) DO UPDATE SET answer = excluded.answer, at = excluded.at"
        ),
        {
            "caller": keyed.caller,
            "key": keyed.key,
            "digest": keyed.digest,
            "answer": json.dumps(answer, ensure_ascii=False),
        },
    )


async def drop_answers(tx: Transaction, before: datetime) -> int:
    """Drop some of the answers that were kept before an instant, the oldest; return how many."""
    rows = await tx.session.execute(
        text(
            "DELETE FROM idempotency WHERE (caller, key) IN (SELECT caller, key FROM idempotency"
            " WHERE at < :before ORDER BY at LIMIT :step FOR UPDATE SKIP LOCKED) RETURNING 1"
        ),
        {"before": before, "step": STEP},
    )
    return len(rows.all())


async def drop_old_answers(database: Database, kept: timedelta) -> None:
    """Drop answers for ever that were kept for so long; their keys may be used anew."""
    while not is_ending():
        async with database.transaction() as tx:
            dropped = await drop_answers(tx, now() - kept)
        if dropped < STEP:
            await asyncio.sleep(TIDY_SECONDS)
