"""Rows put aside by HTTP: what they are, why, and their replay."""

from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Response

from datahub.dictionary.api import Known
from datahub.ingest import queries
from datahub.ingest.api.uploads import Inspects
from datahub.ingest.repository import aside
from datahub.ingest.schemas import Replay
from datahub.ingest.usecases import replays
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.identity import require
from shared.kit.paging import INT64, Page, after_number, answer_page, page

router = new_router(tags=["ingest 数据接入"])


@router.get("/quarantine", summary="隔离区", dependencies=[Depends(require("datahub:read"))])
async def list_quarantine(
    response: Response,
    db: Db,
    asked: Annotated[Page, Depends(page)],
    batch: Annotated[int | None, Query(ge=1, le=INT64)] = None,
    code: Annotated[str | None, Query(max_length=64)] = None,
    verdict: Literal["quarantined", "parked", "rejected"] | None = None,
) -> list[dict[str, Any]]:
    window = queries.Window(asked.limit, asked.offset, after_number(asked))
    which = queries.Which(batch=batch, code=code, verdict=verdict)
    async with db.transaction() as tx:
        rows = await queries.list_put_aside(tx, window, which)
        total = await queries.count_put_aside(tx, which) if asked.total_count else None
    after = [rows[-1]["id"]] if len(rows) == asked.limit else None
    answer_page(response, asked, total=total, next_after=after)
    return rows


@router.get(
    "/quarantine/causes", summary="隔离原因统计", dependencies=[Depends(require("datahub:read"))]
)
async def list_causes(db: Db) -> list[dict[str, Any]]:
    async with db.transaction() as tx:
        return await queries.list_causes(tx)


@router.post(
    "/quarantine/replay", summary="重放隔离的记录", dependencies=[Depends(require("datahub:write"))]
)
async def replay_rows(
    db: Db, dictionary: Known, inspector: Inspects, body: Replay
) -> dict[str, int]:
    async with db.transaction() as tx:
        rows = await aside.get_put_aside(tx, body.ids)
        return {"replayed": await replays.replay_rows(tx, rows, dictionary, inspector)}
