"""REST of what goes out: the change feed, and the school calendar."""

from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request, Response

from datahub.changes.repository import calendar, numbering, seeing
from datahub.dictionary.api import Known
from datahub.dictionary.api.seeing import Looks
from shared.calendar.table import read_calendar
from shared.contracts.school_calendar import SchoolCalendar
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.clock import CAMPUS, now
from shared.kit.etags import etag_of, is_not_modified
from shared.kit.identity import require
from shared.kit.paging import INT64

router = new_router(tags=["records 数据服务"], dependencies=[Depends(require("datahub:read"))])


CHANGES: Final = """\
`after` 之后的变更，按序号。`Feed-Watermark` 是水位：不大于它的序号不会再出现新的变更。`after` 超过
水位时另有 `Feed-Ahead-By`：中台比跟随者旧（例如已从备份恢复），应重新读取全部记录，再从水位继续。
只看部分对象的人只得到其可见的记录；`Feed-Next` 是看到的序号，下一次从它继续。
Changes behind `after`, by number. Nothing at or below `Feed-Watermark` can appear later. Where
`after` is beyond it, `Feed-Ahead-By` says how far: the hub is older than its follower (restored
from a backup, say), who should read all records anew and go on from the watermark.
Who sees some scopes alone gets their records; `Feed-Next` says how far was looked: go on there."""


@router.get("/changes", summary="变更流", description=CHANGES)
async def list_changes(
    response: Response,
    db: Db,
    dictionary: Known,
    after: Annotated[int, Query(ge=0, le=INT64 - 1000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    *,
    eyes: Looks,
) -> list[dict[str, Any]]:
    narrowings = {each.name: await eyes.of(each) for each in dictionary.entities.values()}
    maskings = {each.name: await eyes.masking_of(each) for each in dictionary.entities.values()}
    async with db.transaction() as tx:
        watermark = await numbering.read_watermark(tx)
        response.headers["Feed-Watermark"] = str(watermark)
        if after > watermark:
            response.headers["Feed-Ahead-By"] = str(after - watermark)
        if await eyes.scopes() is None:
            found = list(await numbering.list_changes(tx, after, limit, dictionary))
        else:
            found, upto = await seeing.list_seen_changes(tx, after, limit, dictionary, narrowings)
            response.headers["Feed-Next"] = str(upto)
        return await seeing.mask_changes(tx, found, dictionary, maskings)


class CalendarOut(SchoolCalendar):
    """The school calendar, and what it lacks."""

    warnings: list[calendar.Warned]


@router.get(
    "/calendar",
    summary="校历",
    response_model=CalendarOut,
    responses={304: {"description": "没有变化 · nothing changed"}},
)
async def get_calendar(request: Request, response: Response, db: Db) -> CalendarOut | Response:
    async with db.transaction() as tx:
        told = (await read_calendar(tx)).told
        if is_not_modified(request, response, told.seq):
            return Response(status_code=304, headers={"ETag": etag_of(told.seq)})
        warnings = await calendar.list_warnings(tx, now().astimezone(CAMPUS).date())
    return CalendarOut(**dict(told), warnings=warnings)
