"""Pulls by HTTP: what is fetched for a feed, how far it has come, and a run at once."""

from typing import Annotated, Any, Final

from fastapi import Body, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from datahub.dictionary.api import Known
from datahub.ingest import queries as ingest_queries
from datahub.ingest.repository import feeds
from datahub.pulls import repository, usecases
from datahub.pulls.domain.pull_document import Reach
from datahub.pulls.schemas import PullError, PullOut
from datahub.pulls.tables import PullRow
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.database import Transaction
from shared.kit.etags import Expect, etag_of
from shared.kit.identity import require
from shared.kit.openapi import also_made

router = new_router(tags=["pulls 主动拉取"])
# Whoever saves a pull makes the hub reach out: a right of its own, which no source's key needs.
WRITE = [Depends(require("datahub:pull"))]


EXAMPLE: Final[dict[str, Any]] = {
    "kind": "http",
    "mode": "upsert",
    "url": "https://xg.example.edu.cn/api/dorm-checks",
    "items": "data.list",
    "headers": {"Accept": "application/json"},
    "paging": {"kind": "page", "param": "page", "size_param": "size", "size": 500},
    "schedule": {"every_minutes": 15},
}


async def get_reach(request: Request) -> Reach:
    """Return what the hub may reach."""
    reach: Reach = request.app.state.reach
    return reach


PULL: Final = """\
`lookback`（只用于有 `watermark` 的 `sql`）：每次从水位之前这么多分钟读起（水位是数字的，
为多少个单位），晚提交而水位较旧的行也能读到；未变的行不产生变更。文本水位须在语句中转换成时间。
`lookback` (of `sql` with a `watermark`): each run reads from so many minutes before the watermark
(units, where it is a number), so that a row which was committed late is found; what did not change
changes nothing. A watermark that is a text is to be cast to a timestamp in the statement.

`mode=snapshot`（约定须为 `content = "full"`，不写 `watermark`）：先取完全部，再整批生效，没有取到的
记录即删除；缺得过多则拒绝，什么也不写。来源中被删的行只有这样才看得出。
`mode=snapshot` (of a feed of `content = "full"`, without a `watermark`): everything is fetched
first and takes effect as a whole, and what it lacks is deleted, unless too much would vanish. Rows
that were deleted at the source are found in no other way.

保存 `sql` 时先由来源数据库只读地试读语句（不取行，至多 10 秒）：连不上或有误即 422，附数据库的话。
A statement is read by its database before it is saved (no row is fetched, 10 s at most): 422 with
the words of the database where it cannot be reached, or refuses the statement.

`http` 的地址与名称在保存时即核对：指向本机、链路本地（云元数据）或未允许的校内地址的，与拉取时一样
以 422 拒绝；此刻解析不了的名称，到拉取时再核对。
The address and the name of `http` are held against what the hub may reach when it is saved, as
each run does: 422 where it leads to this machine, its link (metadata of a cloud) or a campus
address that nobody allowed. A name that does not resolve now is left to the run."""


@router.put(
    "/feeds/{feed_id}/pull",
    summary="保存拉取约定",
    description=PULL,
    dependencies=WRITE,
    responses=also_made(),
)
async def put_pull(
    db: Db,
    dictionary: Known,
    reach: Annotated[Reach, Depends(get_reach)],
    feed_id: str,
    document: Annotated[dict[str, Any], Body(examples=[EXAMPLE])],
    expect: Expect,
) -> JSONResponse:
    async with db.transaction() as tx:
        feed = await feeds.get_feed(tx, feed_id, dictionary)
        untried = await usecases.find_untried(tx, feed, document, reach)
    if untried is not None:
        await usecases.try_source(untried, reach)
    async with db.transaction() as tx:
        row, changed = await usecases.save_pull(tx, feed, document, reach, expect)
        answer = await _answer(tx, row)
    return JSONResponse(
        answer.model_dump(mode="json"),
        status_code=201 if changed and row.version == 1 else 200,
        headers={
            "Changed": str(changed).lower(),
            "Location": f"/v1/feeds/{feed_id}/pull",
            "ETag": etag_of(answer.version),
        },
    )


@router.get(
    "/feeds/{feed_id}/pull",
    summary="拉取的状态",
    dependencies=[Depends(require("datahub:read"))],
)
async def get_pull(response: Response, db: Db, feed_id: str) -> PullOut:
    async with db.transaction() as tx:
        answer = await _answer(tx, await repository.get_pull(tx, feed_id))
    # No 304: how far it has come changes without a new version of what was saved.
    response.headers["ETag"] = etag_of(answer.version)
    return answer


@router.post("/feeds/{feed_id}/pull/run", summary="立即拉取", status_code=202, dependencies=WRITE)
async def run_pull(
    db: Db,
    dictionary: Known,
    feed_id: str,
    from_start: Annotated[  # noqa: FBT002
        bool, Query(alias="fromStart", description="从头读起 · read from the beginning")
    ] = False,
) -> PullOut:
    async with db.transaction() as tx:
        await feeds.get_feed(tx, feed_id, dictionary, to_deliver=True)
        return await _answer(tx, await usecases.ask_run(tx, feed_id, from_start=from_start))


async def _answer(tx: Transaction, row: PullRow) -> PullOut:
    batch = await ingest_queries.get_batch(tx, row.batch) if row.batch else None
    return PullOut(
        feed=row.feed,
        version=row.version,
        document=row.document,
        saved_at=row.saved_at,
        running=row.run is not None,
        position=row.position,
        next_run_at=row.next_run_at,
        last_started_at=row.started_at,
        last_finished_at=row.finished_at,
        last_outcome=row.outcome,
        last_batch=batch,
        last_error=PullError(**row.error) if row.error else None,
        failures=row.failures,
    )
