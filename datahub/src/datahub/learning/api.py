"""REST of learning events: they come in, are traced, and sources say how they name things."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, ClassVar, Final

from fastapi import Body, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from datahub.dictionary.api import Known
from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.api.batches import SentWith, UnsupportedContentError, sent_with
from datahub.ingest.api.bodies import NDJSON, SPOOL_BYTES, check_digest, spool
from datahub.ingest.repository import answers, batches
from datahub.ingest.repository.answers import Kept
from datahub.ingest.schemas.batches import BatchOut, batch_out, with_part
from datahub.ingest.usecases.effects import Delivery
from datahub.learning import queries
from datahub.learning.domain.pieces import Piece, lines, pieces
from datahub.learning.queries import After, Which
from datahub.learning.repository import sources
from datahub.learning.repository.sources import SavedSource
from datahub.learning.schemas import (
    ENVELOPE,
    SOURCE,
    STATEMENT,
    LearningEventOut,
    LearningSourceOut,
)
from datahub.learning.usecases import keeping
from datahub.learning.usecases.taking import ENTITY, Taker
from datahub.locks import Space
from datahub.systems.domain.system import check_push
from shared.errors import DomainError, ErrorKind
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.database import Database
from shared.kit.etags import Expect, etag_of, unless_not_modified
from shared.kit.idempotency import TURN, Keyed, RequestRunningError
from shared.kit.identity import Caller, current_caller, require
from shared.kit.openapi import also_made
from shared.kit.paging import Page, PageTokenError, answer_page, page
from shared.kit.problems import wants_english
from shared.kit.strict_request import media_type

JSON: Final = "application/json"
MAX_BYTES: Final = 64 * 1024 * 1024
CHUNK: Final = 2_000
"""Events that share a transaction."""

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(9998, 12, 31)
"""At the edge of time a campus day has no instant at which it begins or ends."""

router = new_router(tags=["learning 学习行为"])
READ = [Depends(require("datahub:read"))]
WRITE = [Depends(require("datahub:write"))]
# What a person did, minute by minute, is no business of whoever may read records; the hub's own
# totals serve every purpose but one: to find out why a total is what it is.
TRACE = [Depends(require("datahub:trace"))]

SourceName = Annotated[str, Path(pattern="^[a-z0-9_-]{1,32}$", examples=["mooc"])]
Number = Annotated[str | None, Query(max_length=80, pattern="^[^\\x00]*$")]

BODIES: Final = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "description": "xAPI 语句、语句列表或 Caliper 信封 · statement, list, envelope",
                    "anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}],
                },
                "example": STATEMENT,
            },
            NDJSON: {
                "schema": {
                    "type": "string",
                    "description": "每行一个以上所述 · one of these a line",
                },
                "example": f"{json.dumps(ENVELOPE)}\n",
            },
        },
    }
}
"""What the framework cannot see, because the body is read as it comes."""


class EventsTooLargeError(DomainError):
    """A body is larger than is taken at a time."""

    kind: ClassVar = ErrorKind.TOO_LARGE
    code: ClassVar = "events-too-large"
    title_zh: ClassVar = "一次送得太多"
    title_en: ClassVar = "Too much at a time"


class WhoseEventsError(DomainError):
    """Neither a student nor a class is named, or the days are none."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "whose-events"
    title_zh: ClassVar = "没有指明谁的事件"
    title_en: ClassVar = "Whose events?"


async def get_taker(request: Request) -> Taker:
    """Return what takes events in."""
    taker: Taker = request.app.state.taker
    return taker


@dataclass(frozen=True, slots=True)
class Incoming:
    """One body on its way in: a transaction for every `CHUNK` events, then the answer."""

    db: Database
    taker: Taker
    dictionary: Dictionary
    source: str
    correlation: str
    keyed: Keyed | None
    """None where the request carries no key."""

    async def take_in(self, events: Iterator[Piece]) -> BatchOut:
        """Take every event in; return what became of them.

        A request that is sent again under its key goes on where it broke off.

        Raises:
            RequestRunningError: the same request is under way.
        """
        async with AsyncExitStack() as held:
            answer, is_finished = await self._before(held)
            if answer is not None and is_finished:
                return answer
            await asyncio.to_thread(_skip, events, answer.received if answer else 0)
            async for chunk, is_last in _chunks(events):
                is_first = answer is None
                answer = await self._add(answer, chunk, is_last=is_last)
                if is_first and not is_last:
                    lock = batches.lock_of(answer.batch or 0)
                    await held.enter_async_context(self.db.session_lock(Space.BATCH, lock))
        assert answer is not None
        return answer

    async def _before(self, held: AsyncExitStack) -> tuple[BatchOut | None, bool]:
        """Return the answer so far to the request of this key, and whether it is the whole."""
        if self.keyed is None:
            return None, False
        lock = self.db.session_lock(TURN, self.keyed.lock)
        if not await held.enter_async_context(lock):
            raise RequestRunningError
        async with self.db.transaction() as tx:
            kept = await answers.find_answer(tx, self.keyed)
        return (BatchOut.model_validate(kept.answer), kept.is_finished) if kept else (None, False)

    async def _add(
        self, answer: BatchOut | None, chunk: Sequence[Piece], *, is_last: bool
    ) -> BatchOut:
        """Take a part in; return the answer so far."""
        async with self.db.transaction(correlation=self.correlation) as tx:
            feed = await self.taker.feed_of(tx, self.source, self.dictionary)
            if answer is None:
                batch = await batches.start_batch(tx, feed, mode="upsert", channel="rest")
                answer = batch_out(feed, batch, "upsert", None)
            delivery = Delivery(
                feed=feed, batch=answer.batch or 0, mode="upsert", ends_at_once=is_last
            )
            told = await self.taker.take_pieces(tx, delivery, chunk, answer.received)
            answer = with_part(answer, told.ledger, told.verdicts, told.warned)
            if self.keyed is not None:
                kept = Kept(answer.model_dump(mode="json"), None, is_last)
                await answers.keep_answer(tx, self.keyed, kept)
        return answer


async def _chunks(events: Iterator[Piece]) -> AsyncIterator[tuple[list[Piece], bool]]:
    """Yield the events part by part, and whether it is the last; one part where there is none."""
    chunk = await asyncio.to_thread(_next, events)
    while True:
        following = await asyncio.to_thread(_next, events)
        yield chunk, not following
        if not following:
            return
        chunk = following


def _skip(events: Iterator[Piece], number: int) -> None:
    deque(islice(events, number), maxlen=0)


def _next(events: Iterator[Piece]) -> list[Piece]:
    return list(islice(events, CHUNK))


@router.post(
    "/learning-events", summary="接收学习行为事件", dependencies=WRITE, openapi_extra=BODIES
)
async def post_learning_events(  # noqa: PLR0913, PLR0917 — the parameters of the contract
    request: Request,
    db: Db,
    dictionary: Known,
    taker: Annotated[Taker, Depends(get_taker)],
    source: Annotated[str, Query(pattern="^[a-z0-9_-]{1,32}$", examples=["classroom"])],
    caller: Annotated[Caller, Depends(current_caller)],
    sent: Annotated[SentWith, Depends(sent_with)],
) -> BatchOut:
    kind = media_type(request)
    if kind not in {JSON, NDJSON}:
        raise UnsupportedContentError(
            f"内容类型须为 {JSON} 或 {NDJSON}",
            f"the content type must be {JSON} or {NDJSON}",
            fixes=[f"Content-Type: {JSON}"],
        )
    rights, sees_to_all = await request.app.state.pushers.rights(db), caller.may("datahub:admin")
    check_push(rights, caller.subject, source, ENTITY, sees_to_all=sees_to_all)
    with SpooledTemporaryFile[bytes](max_size=SPOOL_BYTES) as body:
        digest = await spool(request, body, _check_size)
        check_digest(sent.digest, digest)
        asked = f"{digest} learning-events {source}"
        keyed = Keyed(caller.subject, sent.key, asked) if sent.key else None
        incoming = Incoming(db, taker, dictionary, source, request.state.request_id, keyed)
        stream: Any = body
        is_lines = kind == NDJSON
        events = lines(stream) if is_lines else await asyncio.to_thread(pieces, body.read())
        answer = await incoming.take_in(events)
    english = wants_english(request.headers.get("accept-language"))
    return answer.in_english() if english else answer


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise EventsTooLargeError(
            f"一次至多 {MAX_BYTES >> 20} MiB，没有写入任何事件",
            f"at most {MAX_BYTES >> 20} MiB at a time; nothing was written",
            fixes=["分几次发送 (send it in parts)"],
        )


async def which(
    student: Annotated[Number, Query(examples=["20260001"])] = None,
    class_: Annotated[Number, Query(alias="class")] = None,
    since: Annotated[date | None, Query(alias="from", examples=["2026-11-20"])] = None,
    until: Annotated[date | None, Query(alias="to")] = None,
) -> Which:
    """Read whose events are wanted.

    Raises:
        WhoseEventsError: no student and no class, or days that are none.
    """
    faults: dict[str, Sequence[str]] = {}
    if not student and not class_:
        faults["query.student"] = ["student 与 class 至少给一个 (one of student and class)"]
    if since and until and since > until:
        faults["query.to"] = [f"不早于 from={since} (not before it)"]
    for name, day in (("from", since), ("to", until)):
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            faults[f"query.{name}"] = [f"{FIRST_DAY} – {LAST_DAY}"]
    if faults:
        raise WhoseEventsError(
            "请给出学生或教学班，日期从前往后",
            "name a student or a class, and days in their order",
            fields=faults,
        )
    return Which(student=student or None, class_=class_ or None, since=since, until=until)


@router.get("/learning-events", summary="追溯学习行为事件", dependencies=TRACE)
async def list_learning_events(
    response: Response,
    db: Db,
    dictionary: Known,
    wanted: Annotated[Which, Depends(which)],
    asked: Annotated[Page, Depends(page)],
) -> list[LearningEventOut]:
    entity = dictionary.entity(ENTITY)
    after = _after(asked)
    async with db.transaction() as tx:
        rows = await queries.list_events(
            tx, entity, wanted, limit=asked.limit, offset=asked.offset, after=after
        )
        total = await queries.count_events(tx, wanted) if asked.total_count else None
    last = rows[-1] if len(rows) == asked.limit else None
    following = [last["event_at"].isoformat(), last["event_id"]] if last else None
    answer_page(response, asked, total=total, next_after=following)
    return [LearningEventOut(**_shown(row)) for row in rows]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    observed = row.pop("observed")
    return {**row, "received_at": datetime.fromtimestamp(observed / 1_000_000, UTC)}


def _after(asked: Page) -> After | None:
    """Return the event behind which a page begins.

    Raises:
        PageTokenError: the token holds something else.
    """
    match asked.after:
        case None:
            return None
        case [str(instant), str(event_id)] if "\0" not in event_id:
            try:
                return After(datetime.fromisoformat(instant).astimezone(UTC), event_id)
            except (ValueError, OverflowError) as error:
                raise _unknown_token() from error
        case _:
            raise _unknown_token()


def _unknown_token() -> PageTokenError:
    return PageTokenError("pageToken 不是本服务给出的", "this service did not give that pageToken")


@router.get("/learning-sources", summary="学习行为来源列表", dependencies=READ)
async def list_learning_sources(db: Db) -> list[LearningSourceOut]:
    async with db.transaction() as tx:
        return [_out(each) for each in await sources.list_all(tx)]


@router.get(
    "/learning-sources/{source}",
    summary="学习行为来源",
    dependencies=READ,
    response_model=LearningSourceOut,
)
async def get_learning_source(
    request: Request,
    response: Response,
    db: Db,
    source: Annotated[SourceName, Path(examples=["classroom"])],
) -> Any:
    async with db.transaction() as tx:
        found = await sources.get(tx, source)
    return unless_not_modified(request, response, found.version) or _out(found)


@router.put(
    "/learning-sources/{source}",
    summary="保存学习行为来源的说明",
    dependencies=WRITE,
    response_model=LearningSourceOut,
    responses=also_made(LearningSourceOut),
)
async def put_learning_source(
    db: Db,
    dictionary: Known,
    source: SourceName,
    document: Annotated[dict[str, Any], Body(examples=[SOURCE])],
    expect: Expect,
) -> JSONResponse:
    async with db.transaction() as tx:
        saved, changed = await keeping.save_source(tx, source, document, dictionary, expect)
    return JSONResponse(
        _out(saved).model_dump(mode="json"),
        status_code=201 if changed and saved.version == 1 else 200,
        headers={
            "Changed": str(changed).lower(),
            "ETag": etag_of(saved.version),
            "Location": f"/v1/learning-sources/{source}",
        },
    )


def _out(saved: SavedSource) -> LearningSourceOut:
    return LearningSourceOut(
        source=saved.source, version=saved.version, document=dict(saved.document)
    )
