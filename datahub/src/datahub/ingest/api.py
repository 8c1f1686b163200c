"""REST of ingest: batches, feeds, quarantine.

An upload is spooled to disk while it comes, cut into chunks of at most 30,000 rows, and taken in
with one transaction a chunk; while PostgreSQL merges one, the next is read and mapped. Memory
does not grow with the file.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, ClassVar, Final, Literal

from fastapi import Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest import queries, usecases
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.ledger import Ledger, total
from datahub.ingest.domain.reading import Chunk, read_csv, read_ndjson
from datahub.ingest.repository import aside, batches, feeds
from datahub.ingest.schemas import BatchOut, FeedOut, Replay, batch_out, feed_out
from datahub.ingest.usecases import Delivery, Outcome
from shared.errors import DomainError, ErrorKind
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.database import Database, Transaction
from shared.kit.identity import Caller, current_caller, require
from shared.kit.paging import Page, answer_page, page

router = new_router(tags=["ingest 数据接入"])

MAX_ROWS: Final = 30_000

SPOOL_BYTES: Final = 8 * 1024 * 1024
CSV: Final = "text/csv"
NDJSON: Final = "application/x-ndjson"
Mode = Literal["create", "update", "upsert", "delete"]
Body = SpooledTemporaryFile[bytes]
READ = [Depends(require("datahub:read"))]
WRITE = [Depends(require("datahub:write"))]


class WhichFeedError(DomainError):
    """The request names neither a feed nor a source and an entity."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "which-feed"
    title_zh: ClassVar = "没有指明数据源约定"
    title_en: ClassVar = "Which feed?"


class UnsupportedContentError(DomainError):
    """The body is of a kind that no feed reads."""

    kind: ClassVar = ErrorKind.UNSUPPORTED
    code: ClassVar = "unsupported-content"
    title_zh: ClassVar = "不支持的内容类型"
    title_en: ClassVar = "Unsupported content type"


class BatchNotFoundError(DomainError):
    """No batch has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "batch-not-found"
    title_zh: ClassVar = "没有这个批次"
    title_en: ClassVar = "No such batch"


class FeedIdError(DomainError):
    """The feed in the path is not the one in the body."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "feed-id-differs"
    title_zh: ClassVar = "路径与内容的约定编号不同"
    title_en: ClassVar = "The ids in path and body differ"


class _DryRunEnds(Exception):  # noqa: N818 — no error: it rolls a dry run back
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a push asks for."""

    source: str | None
    entity: str | None
    feed: str | None
    mode: Mode
    dry_run: bool
    document: str | None
    declared: int | None


def wanted(  # noqa: PLR0913, PLR0917 — the query parameters of the contract
    source: Annotated[str | None, Query(pattern="^[a-z0-9_-]{1,32}$")] = None,
    entity: Annotated[str | None, Query(pattern="^[a-z0-9_]{1,64}$")] = None,
    feed: Annotated[str | None, Query(max_length=80)] = None,
    mode: Mode = "upsert",
    dry_run: Annotated[bool, Query(alias="dryRun")] = False,  # noqa: FBT002
    document: Annotated[str | None, Query(max_length=200)] = None,
    declared: Annotated[int | None, Query(ge=0)] = None,
) -> Wanted:
    """Read the query of ``POST /batches``."""
    return Wanted(
        source=source,
        entity=entity,
        feed=feed,
        mode=mode,
        dry_run=dry_run,
        document=document,
        declared=declared,
    )


def get_dictionary(request: Request) -> Dictionary:
    """Return the dictionary that the service runs with."""
    dictionary: Dictionary = request.app.state.dictionary
    return dictionary


Known = Annotated[Dictionary, Depends(get_dictionary)]


@router.post("/batches", summary="接收一批记录", dependencies=WRITE)
async def post_batch(
    request: Request,
    db: Db,
    dictionary: Known,
    ask: Annotated[Wanted, Depends(wanted)],
    caller: Annotated[Caller, Depends(current_caller)],
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
) -> BatchOut:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in {CSV, NDJSON}:
        raise UnsupportedContentError(
            f"内容类型须为 {CSV} 或 {NDJSON}",
            f"the content type must be {CSV} or {NDJSON}",
            fixes=[f"Content-Type: {NDJSON}"],
        )
    async with db.transaction() as tx:
        feed = await _feed(tx, ask, dictionary)
    with SpooledTemporaryFile[bytes](max_size=SPOOL_BYTES) as body:
        digest = await _spool(request, body)
        keyed = _Keyed(caller.subject, idempotency_key, f"{digest} {ask}")
        push = _Push(db, feed, ask, request.state.request_id, keyed)
        return await push.take_in(_chunks(body, kind, feed))


@dataclass(frozen=True, slots=True)
class _Keyed:
    caller: str
    key: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class _Push:
    """One upload on its way in."""

    db: Database
    feed: Feed
    ask: Wanted
    correlation: str
    keyed: _Keyed

    async def take_in(self, chunks: AsyncIterator[Chunk]) -> BatchOut:
        if self.ask.dry_run:
            return await self._rehearse(chunks)
        if self.feed.is_aggregating and self.ask.mode != "delete":
            return await self._take_in_document(chunks)
        return await self._take_in_chunks(chunks)

    async def _take_in_chunks(self, chunks: AsyncIterator[Chunk]) -> BatchOut:
        """One transaction a chunk; the last one closes the batch and keeps the answer."""
        outcomes: list[Outcome] = []
        batch: int | None = None
        chunk = await anext(chunks, None)
        while True:
            following = asyncio.ensure_future(_next(chunks)) if chunk is not None else None
            async with self.db.transaction(correlation=self.correlation) as tx:
                if batch is None and (stored := await self._stored(tx)) is not None:
                    _forget(following)
                    return stored
                batch = batch or await self._start(tx)
                if chunk is not None:
                    outcomes.append(await self._one(tx, batch, chunk))
                chunk = await following if following is not None else None
                if chunk is None:
                    return await self._finish(tx, batch, outcomes)

    async def _take_in_document(self, chunks: AsyncIterator[Chunk]) -> BatchOut:
        """Lines are summed chunk by chunk; the totals go in with one transaction."""
        parts = []
        received = 0
        async for chunk in chunks:
            async with self.db.transaction() as tx:
                mapped = usecases.with_bad_lines(
                    await usecases.map_chunk(tx, self.feed, chunk), chunk
                )
            parts.append(mapped)
            received += chunk.received
        async with self.db.transaction(correlation=self.correlation) as tx:
            if (stored := await self._stored(tx)) is not None:
                return stored
            batch = await self._start(tx)
            document = self.ask.document or f"#{batch}"
            delivery = Delivery(feed=self.feed, batch=batch, mode=self.ask.mode)
            outcome = await usecases.ingest_totals(tx, delivery, document, parts, received)
            return await self._finish(tx, batch, [outcome])

    async def _rehearse(self, chunks: AsyncIterator[Chunk]) -> BatchOut:
        """Go the same way in one transaction, and roll it back."""
        outcomes: list[Outcome] = []
        with suppress(_DryRunEnds):
            async with self.db.transaction() as tx:
                batch = await self._start(tx)
                outcomes.extend([await self._one(tx, batch, chunk) async for chunk in chunks])
                raise _DryRunEnds
        return self._answer(None, outcomes)

    async def _one(self, tx: Transaction, batch: int, chunk: Chunk) -> Outcome:
        delivery = Delivery(feed=self.feed, batch=batch, mode=self.ask.mode)
        return await usecases.ingest_chunk(tx, delivery, chunk)

    async def _start(self, tx: Transaction) -> int:
        return await batches.start_batch(
            tx,
            self.feed,
            mode=self.ask.mode,
            channel="rest",
            document=self.ask.document,
            declared=self.ask.declared,
        )

    async def _stored(self, tx: Transaction) -> BatchOut | None:
        keyed = self.keyed
        if keyed.key is None:
            return None
        answer = await batches.stored_answer(tx, keyed.caller, keyed.key, keyed.digest)
        return None if answer is None else BatchOut.model_validate(answer)

    async def _finish(self, tx: Transaction, batch: int, outcomes: list[Outcome]) -> BatchOut:
        await batches.add_to_batch(tx, batch, Ledger(), finished=True)
        answer = self._answer(batch, outcomes)
        keyed = self.keyed
        if keyed.key is not None:
            document = answer.model_dump(mode="json")
            await batches.store_answer(tx, keyed.caller, keyed.key, keyed.digest, document)
        return answer

    def _answer(self, batch: int | None, outcomes: list[Outcome]) -> BatchOut:
        ledger = total(outcome.ledger for outcome in outcomes)
        verdicts = [verdict for outcome in outcomes for verdict in outcome.verdicts]
        return batch_out(self.feed, batch, self.ask.mode, self.ask.declared, ledger, verdicts)


async def _next(chunks: AsyncIterator[Chunk]) -> Chunk | None:
    return await anext(chunks, None)


def _forget(following: "asyncio.Future[Chunk | None] | None") -> None:
    if following is not None:
        following.cancel()


async def _feed(tx: Transaction, ask: Wanted, dictionary: Dictionary) -> Feed:
    if ask.feed is not None:
        return await feeds.get_feed(tx, ask.feed, dictionary)
    if ask.source is None or ask.entity is None:
        raise WhichFeedError(
            "请给出 feed，或者 source 与 entity",
            "name a feed, or a source and an entity",
            fields={"query.feed": ["required unless source and entity are given"]},
        )
    return await feeds.find_feed(tx, ask.source, ask.entity, dictionary)


async def _spool(request: Request, body: Body) -> str:
    """Write the request's body to the spool as it comes; return its SHA-256."""
    digest = hashlib.sha256()
    async for part in request.stream():
        digest.update(part)
        body.write(part)
    body.seek(0)
    return digest.hexdigest()


async def _chunks(body: Body, kind: str, feed: Feed) -> AsyncIterator[Chunk]:
    """Read the spool in a thread, a chunk at a time."""
    stream: Any = body
    whole = read_csv(stream, feed.encoding, feed.delimiter) if kind == CSV else read_ndjson(stream)
    parts = _cut(whole)
    first = True
    while (chunk := await asyncio.to_thread(next, parts, None)) is not None:
        if first and kind == CSV:
            usecases.check_columns(feed, chunk)
        first = False
        yield chunk


def _cut(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Cut chunks to at most 30,000 rows: more would make an event larger than a message may be."""
    for chunk in chunks:
        yield Chunk(chunk.frame.head(MAX_ROWS), chunk.bad)
        for start in range(MAX_ROWS, chunk.frame.height, MAX_ROWS):
            yield Chunk(chunk.frame.slice(start, MAX_ROWS), [])


@router.get("/batches", summary="批次列表", dependencies=READ)
async def list_batches(
    response: Response,
    db: Db,
    asked: Annotated[Page, Depends(page)],
    feed: Annotated[str | None, Query(max_length=80)] = None,
) -> list[dict[str, Any]]:
    before = int(asked.after[0]) if asked.after else None
    async with db.transaction() as tx:
        rows = await queries.list_batches(tx, limit=asked.limit, before=before, feed=feed)
    after = [rows[-1]["batch"]] if len(rows) == asked.limit else None
    answer_page(response, asked, total=None, next_after=after)
    return rows


@router.get("/batches/{batch}", summary="批次", dependencies=READ)
async def get_batch(db: Db, batch: int) -> dict[str, Any]:
    async with db.transaction() as tx:
        found = await queries.get_batch(tx, batch)
    if found is None:
        raise BatchNotFoundError(f"没有批次 {batch}", f"there is no batch {batch}")
    return found


@router.put("/feeds/{feed_id}", summary="保存数据源约定", dependencies=WRITE)
async def put_feed(
    db: Db, dictionary: Known, feed_id: str, document: dict[str, Any]
) -> JSONResponse:
    if document.get("feed") != feed_id:
        raise FeedIdError(
            f"路径是 {feed_id}，内容是 {document.get('feed')}",
            f"the path says {feed_id}, the body {document.get('feed')}",
            fields={"$.feed": ["must equal the id in the path"]},
        )
    async with db.transaction() as tx:
        feed, changed = await usecases.save_feed(tx, feed_id, document, dictionary)
    answer = feed_out(feed, document).model_dump(mode="json")
    created = changed and feed.version == 1
    return JSONResponse(
        answer,
        status_code=201 if created else 200,
        headers={"Changed": str(changed).lower(), "Location": f"/v1/feeds/{feed.id}"},
    )


@router.get("/feeds", summary="数据源约定列表", dependencies=READ)
async def list_feeds(db: Db) -> list[FeedOut]:
    async with db.transaction() as tx:
        rows = await queries.list_feeds(tx)
    return [FeedOut(feed=row["id"], default=row["is_default"], **_rest(row)) for row in rows]


def _rest(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in row.keys() - {"id", "is_default"}}


@router.get("/feeds/{feed_id}", summary="数据源约定", dependencies=READ)
async def get_feed(db: Db, dictionary: Known, feed_id: str) -> FeedOut:
    async with db.transaction() as tx:
        feed = await feeds.get_feed(tx, feed_id, dictionary)
        row = await feeds.get_feed_row(tx, feed_id)
    assert row is not None
    return feed_out(feed, row.document)


@router.get("/quarantine", summary="隔离区", dependencies=READ)
async def list_quarantine(
    response: Response,
    db: Db,
    asked: Annotated[Page, Depends(page)],
    batch: int | None = None,
    code: Annotated[str | None, Query(max_length=64)] = None,
    verdict: Literal["quarantined", "parked", "rejected"] | None = None,
) -> list[dict[str, Any]]:
    before = int(asked.after[0]) if asked.after else None
    async with db.transaction() as tx:
        rows = await queries.list_put_aside(
            tx, limit=asked.limit, before=before, batch=batch, code=code, verdict=verdict
        )
    after = [rows[-1]["id"]] if len(rows) == asked.limit else None
    answer_page(response, asked, total=None, next_after=after)
    return rows


@router.get("/quarantine/causes", summary="隔离原因统计", dependencies=READ)
async def list_causes(db: Db) -> list[dict[str, Any]]:
    async with db.transaction() as tx:
        return await queries.count_put_aside(tx)


@router.post("/quarantine/replay", summary="重放隔离的记录", dependencies=WRITE)
async def replay(db: Db, dictionary: Known, body: Replay) -> dict[str, int]:
    async with db.transaction() as tx:
        rows = await aside.get_put_aside(tx, body.ids)
        return {"replayed": await usecases.replay_rows(tx, rows, dictionary)}
