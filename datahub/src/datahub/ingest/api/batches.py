"""Records come in by HTTP, and their batches are listed."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, ClassVar, Final

from fastapi import Depends, Header, Path, Query, Request, Response

from datahub.dictionary.api import Known
from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest import queries
from datahub.ingest.api.bodies import (
    BODIES,
    CSV,
    KINDS,
    NDJSON,
    SPOOL_BYTES,
    check_digest,
    is_by_line,
    read_chunks,
    spool,
)
from datahub.ingest.api.snapshots import take_in_snapshot
from datahub.ingest.api.uploads import Mode, Push, Wanted, get_inspector
from datahub.ingest.domain.feed import Feed, check_named
from datahub.ingest.domain.reading import Chunk
from datahub.ingest.domain.snapshot import Lines
from datahub.ingest.repository import feeds
from datahub.ingest.schemas import BatchOut, remarks_on
from datahub.systems.domain.system import check_push
from shared.errors import DomainError, ErrorKind
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.database import Transaction
from shared.kit.idempotency import Keyed
from shared.kit.identity import Caller, current_caller, require
from shared.kit.paging import INT64, Page, after_number, answer_page, page
from shared.kit.problems import wants_english
from shared.kit.strict_request import UTF8, media_type, refuse_charset

CHARSETS: Final = {
    "utf-8": UTF8,
    "utf-8-sig": UTF8,
    "gb18030": frozenset({"gb18030", "gbk", "gb2312", "ascii"}),
}
"""By the encoding of a feed, what a file may call itself and is read right."""

router = new_router(tags=["ingest 数据接入"])


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


async def wanted(  # noqa: PLR0913, PLR0917 — the query parameters of the contract
    source: Annotated[
        str | None, Query(pattern="^[a-z0-9_-]{1,32}$", examples=["student_affairs"])
    ] = None,
    entity: Annotated[
        str | None, Query(pattern="^[a-z0-9_]{1,64}$", examples=["dorm_check"])
    ] = None,
    feed: Annotated[str | None, Query(max_length=80)] = None,
    mode: Mode = "upsert",
    dry_run: Annotated[bool, Query(alias="dryRun")] = False,  # noqa: FBT002
    document: Annotated[str | None, Query(max_length=200)] = None,
    declared: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
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


def kind_of(request: Request) -> str:
    """Return the content type of a body.

    Raises:
        UnsupportedContentError: it is none that a feed reads.
    """
    kind = media_type(request)
    if kind not in KINDS:
        raise UnsupportedContentError(
            f"内容类型须为 {'、'.join(KINDS)} 之一",
            f"the content type must be one of {', '.join(KINDS)}",
            fixes=[f"Content-Type: {NDJSON}"],
        )
    return kind


@dataclass(frozen=True, slots=True)
class SentWith:
    """Headers of an upload."""

    key: str | None
    digest: str | None


async def sent_with(
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
    content_digest: Annotated[
        str | None, Header(max_length=500, description="sha-256=:…: · RFC 9530")
    ] = None,
) -> SentWith:
    """Read the headers of ``POST /batches``."""
    return SentWith(idempotency_key, content_digest)


@router.post(
    "/batches",
    summary="接收一批记录",
    dependencies=[Depends(require("datahub:write"))],
    openapi_extra=BODIES,
)
async def post_batch(
    request: Request,
    db: Db,
    dictionary: Known,
    ask: Annotated[Wanted, Depends(wanted)],
    caller: Annotated[Caller, Depends(current_caller)],
    sent: Annotated[SentWith, Depends(sent_with)],
) -> BatchOut:
    kind = kind_of(request)
    inspector = await get_inspector(request)
    async with db.transaction() as tx:
        feed = await _feed(tx, ask, dictionary)
        rights = await request.app.state.pushers.rights(db)
        check_push(rights, caller.subject, feed.source, feed.entity.name)
        is_gated = await inspector.blocks(tx, feed)
    if kind != NDJSON:
        refuse_charset(request, CHARSETS[feed.encoding])
    with SpooledTemporaryFile[bytes](max_size=SPOOL_BYTES) as body:
        digest = await spool(request, body)
        check_digest(sent.digest, digest)
        asked = f"{digest} {ask}"
        keyed = Keyed(caller.subject, sent.key, asked) if sent.key else None
        push = Push(db, feed, ask, request.state.request_id, keyed, inspector, is_gated)

        def read(lines: Lines | None) -> AsyncGenerator[Chunk]:
            body.seek(0)
            return read_chunks(body, kind, feed, ask.mode, lines)

        if ask.mode == "snapshot":
            answer = await take_in_snapshot(
                push, read, is_csv=kind == CSV, is_by_line=is_by_line(kind, feed)
            )
        else:
            answer = await push.take_in(read_chunks(body, kind, feed, ask.mode))
    english = wants_english(request.headers.get("accept-language"))
    return answer.in_english() if english else answer


async def _feed(tx: Transaction, ask: Wanted, dictionary: Dictionary) -> Feed:
    if ask.feed is not None:
        feed = await feeds.get_feed(tx, ask.feed, dictionary)
        check_named(feed, source=ask.source, entity=ask.entity)
        return feed
    if ask.source is None or ask.entity is None:
        raise WhichFeedError(
            "请给出 feed，或者 source 与 entity",
            "name a feed, or a source and an entity",
            fields={"query.feed": ["未给出 source 与 entity 时必填 (unless they are given)"]},
        )
    return await feeds.find_feed(tx, ask.source, ask.entity, dictionary)


@router.get("/batches", summary="批次列表", dependencies=[Depends(require("datahub:read"))])
async def list_batches(
    response: Response,
    db: Db,
    asked: Annotated[Page, Depends(page)],
    feed: Annotated[str | None, Query(max_length=80)] = None,
) -> list[dict[str, Any]]:
    window = queries.Window(asked.limit, asked.offset, after_number(asked))
    async with db.transaction() as tx:
        rows = await queries.list_batches(tx, window, feed)
        total = await queries.count_batches(tx, feed) if asked.total_count else None
    after = [rows[-1]["batch"]] if len(rows) == asked.limit else None
    answer_page(response, asked, total=total, next_after=after)
    return [_with_remarks(row) for row in rows]


def _with_remarks(row: dict[str, Any]) -> dict[str, Any]:
    """Say what is to be said of a batch, once all of it is in."""
    ended = row["state"] == "finished"
    return {**row, "remarks": remarks_on(row["declared"], row["received"]) if ended else []}


@router.get("/batches/{batch}", summary="批次")
async def get_batch(
    db: Db,
    batch: Annotated[int, Path(ge=1, lt=INT64)],
    caller: Annotated[Caller, Depends(require("datahub:read"))],
) -> dict[str, Any]:
    async with db.transaction() as tx:
        found = await queries.get_batch(tx, batch)
    if found is None:
        raise BatchNotFoundError(f"没有批次 {batch}", f"there is no batch {batch}")
    if not caller.may("datahub:write"):
        # The words of a warning quote what stood in the row.
        found["warnings"] = [{**each, "message": None} for each in found["warnings"]]
    return _with_remarks(found)
