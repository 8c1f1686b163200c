"""Records come in by HTTP, and their batches are listed."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
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
    read_digest,
    spool,
)
from datahub.ingest.api.snapshots import take_in_snapshot
from datahub.ingest.api.uploads import Mode, Push, Wanted, get_inspector
from datahub.ingest.domain.feed import Feed, check_named
from datahub.ingest.domain.reading import BIG5, UTF16, Chunk
from datahub.ingest.domain.snapshot import Lines
from datahub.ingest.repository import feeds
from datahub.ingest.schemas.batches import BatchOut, remarks_on
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
    BIG5: frozenset({"big5", "big5-hkscs", "cp950", "ascii"}),
    UTF16: frozenset({"utf-16", "utf-16-le", "utf-16-be"}),
}
"""By the encoding of a feed, what a file may call itself and is read right."""

MODE: Final = """\
`upsert` 新增或修改；`create` 只新增，已有的拒收；`update` 只修改，没有的拒收；`delete` 删除，
只看主键；`snapshot` 全量，没有写出的记录即删除（约定须为 `content = "full"`）。
`upsert` creates or changes; `create` refuses what exists, `update` what does not; `delete` reads
the keys alone; `snapshot` is everything there is: what it lacks is deleted."""

DOCUMENT: Final = """\
汇总的约定（`[aggregate]`）：这些行属于哪份文件。同名文件再来，替换它从前给的数；未写则以内容的
SHA-256 为名，同一文件再来什么也不改。应答的 `document` 是所用的名字。其他约定只记在批次上。
Of an aggregating feed: which document the lines are of. A document that comes again replaces what
it gave before; without a name it is called by the SHA-256 of its content, so that the same file
again changes nothing. The answer says the name. Other feeds note it with the batch."""

DECLARED: Final = """\
发送方所数的行数。与收到的不同，则应答与批次有备注 `declared-differs`；不因此拒收。
全量快照收到的行较少时，缺少的记录暂不删除（`absences-held`），由下一份快照决定。
Rows as the sender counts them. Where other many came, the answer and the batch carry the remark
`declared-differs`; nothing is refused for it. Of a snapshot of which fewer came, no absent record
is deleted (`absences-held`): the next one decides."""

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
    mode: Annotated[Mode, Query(description=MODE)] = "upsert",
    dry_run: Annotated[bool, Query(alias="dryRun")] = False,  # noqa: FBT002
    document: Annotated[str | None, Query(max_length=200, description=DOCUMENT)] = None,
    declared: Annotated[int | None, Query(ge=0, le=2**31 - 1, description=DECLARED)] = None,
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
    """SHA-256 of the body in base64, as the sender says."""


async def sent_with(
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
    content_digest: Annotated[
        str | None, Header(max_length=500, description="sha-256=:…: · RFC 9530")
    ] = None,
) -> SentWith:
    """Read the headers of ``POST /batches``.

    Raises:
        DigestMalformedError: the digest is none.
    """
    return SentWith(idempotency_key, read_digest(content_digest))


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
        sees_to_all = caller.may("datahub:admin")
        check_push(rights, caller.subject, feed.source, feed.entity.name, sees_to_all=sees_to_all)
        is_gated = await inspector.blocks(tx, feed)
    if kind != NDJSON:
        refuse_charset(request, CHARSETS[feed.encoding])
    with SpooledTemporaryFile[bytes](max_size=SPOOL_BYTES) as body:
        digest = await spool(request, body)
        check_digest(sent.digest, digest)
        asked = f"{digest} {ask}"
        keyed = Keyed(caller.subject, sent.key, asked) if sent.key else None
        ask = _named(ask, feed, digest)
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


def _named(ask: Wanted, feed: Feed, digest: str) -> Wanted:
    """Name the document of an aggregating feed by its content where nobody named it."""
    if not feed.is_aggregating or ask.document is not None:
        return ask
    return replace(ask, document=f"sha256:{digest}")


async def _feed(tx: Transaction, ask: Wanted, dictionary: Dictionary) -> Feed:
    if ask.feed is not None:
        feed = await feeds.get_feed(tx, ask.feed, dictionary, to_deliver=True)
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
