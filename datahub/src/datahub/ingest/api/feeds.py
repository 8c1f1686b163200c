"""Feed contracts by HTTP."""

from typing import Annotated, Any, ClassVar, Final

from fastapi import Body, Depends, Response
from fastapi.responses import JSONResponse

from datahub.dictionary.api import Versions
from datahub.ingest import queries
from datahub.ingest.repository import feeds
from datahub.ingest.schemas.batches import FeedOut, FeedVersionOut, RetireFeed
from datahub.ingest.usecases import feeds as saving
from shared.errors import DomainError, ErrorKind
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.database import Transaction
from shared.kit.etags import Expect, etag_of
from shared.kit.identity import Caller, current_caller, require
from shared.kit.openapi import also_made
from shared.kit.paging import Page, after_number, answer_page, page

router = new_router(tags=["ingest 数据接入"])

EXAMPLE: Final = {
    "feed": "example.enrolment",
    "source": "academic",
    "entity": "enrolment",
    "fields": {
        "class_no": {"from": "jxbh"},
        "student_no": {"from": "xh"},
        "final_result": {
            "from": "jg",
            "codes": {"及格": "pass", "不及格": "fail", "退选": "withdrawn"},
        },
    },
}


class FeedIdError(DomainError):
    """The feed in the path is not the one in the body."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "feed-id-differs"
    title_zh: ClassVar = "路径与内容的约定编号不同"
    title_en: ClassVar = "The ids in path and body differ"


@router.put(
    "/feeds/{feed_id}",
    summary="保存数据源约定",
    dependencies=[Depends(require("datahub:write"))],
    response_model=FeedOut,
    responses=also_made(FeedOut),
)
async def put_feed(
    db: Db,
    dictionaries: Versions,
    feed_id: str,
    document: Annotated[dict[str, Any], Body(examples=[EXAMPLE])],
    expect: Expect,
) -> JSONResponse:
    if document.get("feed") != feed_id:
        raise FeedIdError(
            f"路径是 {feed_id}，内容是 {document.get('feed')}",
            f"the path says {feed_id}, the body {document.get('feed')}",
            fields={"$.feed": ["须与路径中的编号相同 (must equal the id in the path)"]},
        )
    async with db.transaction() as tx:
        dictionary = await dictionaries.held(tx)
        feed, changed = await saving.save_feed(tx, feed_id, document, dictionary, expect)
        [saved] = await queries.list_feeds(tx, feed_id)
    answer = FeedOut.model_validate(saved).model_dump(mode="json")
    created = changed and feed.version == 1
    return JSONResponse(
        answer,
        status_code=201 if created else 200,
        headers={
            "Changed": str(changed).lower(),
            "Location": f"/v1/feeds/{feed.id}",
            "ETag": etag_of(feed.version),
        },
    )


@router.put(
    "/feeds/{feed_id}/retirement",
    summary="停用数据源约定",
    dependencies=[Depends(require("datahub:write"))],
)
async def retire_feed(
    response: Response,
    db: Db,
    feed_id: str,
    asked: Annotated[RetireFeed, Body(examples=[{"reason": "系统已下线，改由教务推送"}])],
    caller: Annotated[Caller, Depends(current_caller)],
    expect: Expect,
) -> FeedOut:
    """Its deliveries are refused (409 `feed-retired`), by whatever way they come.

    What it delivered stays, what it put aside can still be mended and replayed, and it is listed.
    It is awaited no more, and is the default of nothing: another feed can be.
    """
    async with db.transaction() as tx:
        changed = await saving.retire_feed(tx, feed_id, caller.subject, asked.reason, expect)
        return await _told(tx, response, feed_id, changed=changed)


@router.delete(
    "/feeds/{feed_id}/retirement",
    summary="恢复停用的数据源约定",
    dependencies=[Depends(require("datahub:write"))],
)
async def reopen_feed(
    response: Response, db: Db, dictionaries: Versions, feed_id: str, expect: Expect
) -> FeedOut:
    """Its deliveries are taken in again.

    Refused where the dictionary gives it no sense any more (422: save a mended one first), and
    where another feed has become the default of its source and entity (409 `default-feed-taken`).
    """
    async with db.transaction() as tx:
        dictionary = await dictionaries.held(tx)
        changed = await saving.reopen_feed(tx, feed_id, dictionary, expect)
        return await _told(tx, response, feed_id, changed=changed)


async def _told(tx: Transaction, response: Response, feed_id: str, *, changed: bool) -> FeedOut:
    [found] = await queries.list_feeds(tx, feed_id)
    response.headers["Changed"] = str(changed).lower()
    response.headers["ETag"] = etag_of(found["version"])
    return FeedOut.model_validate(found)


@router.get("/feeds", summary="数据源约定列表", dependencies=[Depends(require("datahub:read"))])
async def list_feeds(db: Db) -> list[FeedOut]:
    async with db.transaction() as tx:
        rows = await queries.list_feeds(tx)
    return [FeedOut.model_validate(row) for row in rows]


@router.get(
    "/feeds/{feed_id}", summary="数据源约定", dependencies=[Depends(require("datahub:read"))]
)
async def get_feed(response: Response, db: Db, feed_id: str) -> FeedOut:
    async with db.transaction() as tx:
        await feeds.check_there(tx, feed_id)
        [found] = await queries.list_feeds(tx, feed_id)
    # No 304: when its newest batch came changes without a new version of the feed.
    response.headers["ETag"] = etag_of(found["version"])
    return FeedOut.model_validate(found)


@router.get(
    "/feeds/{feed_id}/versions",
    summary="数据源约定的历次版本",
    dependencies=[Depends(require("datahub:read"))],
)
async def list_feed_versions(
    response: Response,
    db: Db,
    feed_id: str,
    asked: Annotated[Page, Depends(page)],
) -> list[FeedVersionOut]:
    window = queries.Window(asked.limit, asked.offset, after_number(asked))
    async with db.transaction() as tx:
        await feeds.check_there(tx, feed_id)
        rows = await queries.list_feed_versions(tx, feed_id, window)
        total = await queries.count_feed_versions(tx, feed_id) if asked.total_count else None
    after = [rows[-1]["version"]] if len(rows) == asked.limit else None
    answer_page(response, asked, total=total, next_after=after)
    return [FeedVersionOut(**row) for row in rows]
