"""Rows put aside by HTTP: what they are and why; mended, driven through again, or given up."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, ClassVar, Final, Literal

import msgspec
from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from datahub.dictionary.api import Known
from datahub.dictionary.api.seeing import Looks
from datahub.ingest import queries
from datahub.ingest.api.uploads import Inspects
from datahub.ingest.queries import Which
from datahub.ingest.repository import aside
from datahub.ingest.schemas.batches import Discard, DiscardOut, Mending, Replay, ReplayOut
from datahub.ingest.usecases import replays
from datahub.ingest.usecases.replays import Way
from shared.errors import DomainError, ErrorKind
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.audit_api import exported
from shared.kit.database import Database, Transaction
from shared.kit.etags import Expect, etag_of
from shared.kit.identity import Caller, current_caller, require
from shared.kit.paging import INT64, Page, after_number, answer_page, page
from shared.workbooks.writing import BOM, csv_lines

EXPORT_ROWS: Final = 1_000
EXPORTED: Final = ("id", "feed", "batch", "row", "verdict", "code", "path", "message", "raw")

CAUSES: Final = """\
`rows` 是有这一原因的行数：一行有几个原因，就在每个原因下各计一次。`leading` 只计以它为
第一原因的行，各项之和即行数。`oldest_at` 是最早一次隔离的时刻，重放不改变它。
`rows` have this reason; a row with several counts under each. `leading` are those whose first
reason it is: they add up to the number of rows. `oldest_at` is when the oldest of them was first
put aside: a replay does not change it."""

router = new_router(tags=["ingest 数据接入"])


Entry = Annotated[int, Path(ge=1, lt=INT64)]


class EntryNotFoundError(DomainError):
    """The quarantine holds no such row, or not any more."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "entry-not-found"
    title_zh: ClassVar = "隔离区没有这一行"
    title_en: ClassVar = "No such row in the quarantine"


async def get_way(request: Request, dictionary: Known, inspector: Inspects) -> Way:
    """Return what rows go through that are driven through again."""
    return Way(dictionary, inspector, request.app.state.taker)


Reader = Annotated[Caller, Depends(require("datahub:read"))]


def _shown(row: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Return an entry as the caller may see it.

    What stands in a row was never looked at: any cell may hold what the records close. So its
    text, and words that quote it, are for those who mend it.
    """
    if caller.may("datahub:write"):
        return row
    reasons = [{"code": each["code"], "path": each["path"]} for each in row["reasons"] or ()]
    closed = dict.fromkeys(("raw", "message", "waits_for", "edits"))
    return {**row, **closed, "reasons": reasons}


async def which(
    eyes: Looks,
    batch: Annotated[int | None, Query(ge=1, lt=INT64)] = None,
    code: Annotated[
        str | None,
        Query(max_length=64, description="任一原因的代码 · the code of any of its reasons"),
    ] = None,
    verdict: Literal["quarantined", "parked", "rejected"] | None = None,
    feed: Annotated[str | None, Query(max_length=80)] = None,
    state: Literal["open", "released", "discarded"] = "open",
) -> Which:
    """Read which rows are wanted."""
    seen = await eyes.scopes()
    return Which(
        batch=batch,
        code=code,
        verdict=verdict,
        feed=feed,
        state=state,
        seen=None if seen is None else tuple(seen),
    )


@router.get("/quarantine", summary="隔离区")
async def list_quarantine(
    response: Response,
    caller: Reader,
    db: Db,
    asked: Annotated[Page, Depends(page)],
    wanted: Annotated[Which, Depends(which)],
) -> list[dict[str, Any]]:
    window = queries.Window(asked.limit, asked.offset, after_number(asked))
    async with db.transaction() as tx:
        rows = await queries.list_put_aside(tx, window, wanted)
        total = await queries.count_put_aside(tx, wanted) if asked.total_count else None
    after = [rows[-1]["id"]] if len(rows) == asked.limit else None
    answer_page(response, asked, total=total, next_after=after)
    return [_shown(row, caller) for row in rows]


@router.get(
    "/quarantine/causes",
    summary="隔离原因统计",
    description=CAUSES,
    dependencies=[Depends(require("datahub:read"))],
)
async def list_causes(
    db: Db, eyes: Looks, feed: Annotated[str | None, Query(max_length=80)] = None
) -> list[dict[str, Any]]:
    seen = await eyes.scopes()
    async with db.transaction() as tx:
        return await queries.list_causes(tx, seen, feed)


@router.get(
    "/quarantine/export",
    summary="导出隔离区",
    dependencies=[Depends(require("datahub:write")), Depends(exported)],
    response_class=StreamingResponse,
)
async def export_quarantine(
    db: Db,
    wanted: Annotated[Which, Depends(which)],
    form: Annotated[Literal["ndjson", "csv"], Query(alias="format")] = "ndjson",
) -> StreamingResponse:
    kind = "application/x-ndjson" if form == "ndjson" else "text/csv; charset=utf-8"
    headers = {"Content-Disposition": f'attachment; filename="quarantine.{form}"'}
    return StreamingResponse(_export(db, wanted, form), media_type=kind, headers=headers)


async def _export(db: Database, wanted: Which, form: str) -> AsyncIterator[bytes]:
    """Yield the rows, newest first, a page a transaction: a slow reader holds nothing open."""
    if form == "csv":
        yield BOM + csv_lines([EXPORTED])
    before = None
    while True:
        async with db.transaction() as tx:
            window = queries.Window(EXPORT_ROWS, 0, before)
            rows = await queries.list_put_aside(tx, window, wanted)
        for row in rows:
            shown = {name: row[name] for name in EXPORTED}
            if form == "csv":
                yield csv_lines([[_cell(each) for each in shown.values()]])
            else:
                yield msgspec.json.encode(shown) + b"\n"
        if len(rows) < EXPORT_ROWS:
            return
        before = rows[-1]["id"]


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


@router.get("/quarantine/{entry}", summary="隔离的一行")
async def get_quarantined(
    response: Response, db: Db, entry: Entry, caller: Reader, eyes: Looks
) -> dict[str, Any]:
    seen = await eyes.scopes()
    async with db.transaction() as tx:
        found = _tagged(response, await _entry(tx, entry))
    if seen is not None and f"feed/{found['feed']}" not in seen:
        raise _gone(entry)
    return _shown(found, caller) | {"trail": [_shown(each, caller) for each in found["trail"]]}


def _tagged(response: Response, entry: dict[str, Any]) -> dict[str, Any]:
    """Set the ETag of an entry: each mending makes another version.

    No 304: its trail grows without one.
    """
    response.headers["ETag"] = etag_of(len(entry["edits"]) + 1)
    return entry


async def _entry(tx: Transaction, entry: int) -> dict[str, Any]:
    """Return an entry with its trail: every entry of the same row, from the first to the last."""
    trail = await queries.list_trail(tx, entry)
    for each in trail:
        if each["id"] == entry:
            return {**each, "trail": trail}
    raise _gone(entry)


def _gone(entry: int) -> EntryNotFoundError:
    return EntryNotFoundError(
        f"隔离区没有 {entry}，或它已被处理",
        f"the quarantine has no row {entry}, or it was dealt with",
        fixes=["GET /quarantine"],
    )


@router.put(
    "/quarantine/{entry}/record",
    summary="修改隔离的一行",
    dependencies=[Depends(require("datahub:write"))],
)
async def mend_quarantined(
    response: Response,
    db: Db,
    entry: Entry,
    body: Mending,
    expect: Expect,
    caller: Annotated[Caller, Depends(current_caller)],
) -> dict[str, Any]:
    async with db.transaction() as tx:
        edits = await aside.hold(tx, entry)
        if edits is not None:
            expect(edits + 1)
        if not await aside.edit(tx, entry, body.record, by=caller.subject, reason=body.reason):
            raise _gone(entry)
        return _tagged(response, await _entry(tx, entry))


@router.post(
    "/quarantine/replay", summary="重放隔离的记录", dependencies=[Depends(require("datahub:write"))]
)
async def replay_rows(db: Db, way: Annotated[Way, Depends(get_way)], body: Replay) -> ReplayOut:
    async with db.transaction() as tx:
        ids = body.ids
        if ids is None:
            feed = await way.feed_named(tx, body.feed or "")
            asked = (tx, feed.id, body.code, replays.RELEASE_ROWS)
            ids, unread = await aside.list_ids(*asked), await aside.list_ids(*asked, lines=True)
        else:
            unread = await aside.list_lines(tx, ids)
            ids = sorted({*ids} - {*unread})
        rows = await aside.get_put_aside(tx, ids)
        absent = set(ids) - {row.id for row in rows}
        handled = await aside.list_handled(tx, sorted(absent))
        again = await replays.replay_rows(tx, rows, way)
    return ReplayOut(
        replayed=len(rows),
        released=len(rows) - again,
        put_aside_again=again,
        handled=handled,
        not_found=sorted(absent - {*handled}),
        unread=unread,
    )


@router.post(
    "/quarantine/discard",
    summary="放弃隔离的记录",
    dependencies=[Depends(require("datahub:write"))],
)
async def discard_rows(
    db: Db, body: Discard, caller: Annotated[Caller, Depends(current_caller)]
) -> DiscardOut:
    async with db.transaction() as tx:
        absent = set(body.ids)
        handled = await aside.list_handled(tx, body.ids)
        done = await aside.discard(tx, body.ids, by=caller.subject, reason=body.reason)
        absent -= {*done, *handled}
    return DiscardOut(discarded=len(done), handled=handled, not_found=sorted(absent))
