"""Schedules: reports that are ordered without anybody asking."""

from typing import Annotated

from fastapi import Depends, Path, Response

from report_service.api.common import READ, WHOLE, Db
from report_service.queries.orders import schedule_told
from report_service.repository import schedules as stored
from report_service.schemas.orders import PutSchedule, ScheduleOut
from report_service.usecases import schedules
from shared.kit.app import new_router
from shared.kit.clock import now
from shared.kit.etags import Expect, etag_of
from shared.kit.identity import Caller
from shared.kit.openapi import also_made

router = new_router(prefix="/schedules", tags=["schedules 定期生成"])

ScheduleKey = Annotated[
    str, Path(max_length=64, pattern="^[a-z0-9-]+$", examples=["cycle-diagnosis"])
]


NewKey = Annotated[str, Path(max_length=64, pattern="^[a-z0-9-]+$", examples=["term-end"])]


@router.get("", summary="定期生成的计划", dependencies=[READ])
async def list_schedules(db: Db) -> list[ScheduleOut]:
    async with db.transaction() as tx:
        return [schedule_told(each, now()) for each in await stored.list_schedules(tx)]


@router.get("/{key}", summary="一个计划", dependencies=[READ])
async def get_schedule(response: Response, key: ScheduleKey, db: Db) -> ScheduleOut:
    async with db.transaction() as tx:
        row = await schedules.find(tx, key)
        response.headers["ETag"] = etag_of(str(row.version))
        return schedule_told(row, now())


@router.put("/{key}", summary="新建或修改计划", responses=also_made(ScheduleOut))
async def put_schedule(
    response: Response,
    key: NewKey,
    body: PutSchedule,
    db: Db,
    expect: Expect,
    caller: Annotated[Caller, Depends(WHOLE)],
) -> ScheduleOut:
    document = body.model_dump(mode="json")
    async with db.transaction() as tx:
        row, is_new = await schedules.put_schedule(tx, key, document, expect, caller.subject, now())
        await tx.session.flush()
        response.status_code = 201 if is_new else 200
        response.headers["ETag"] = etag_of(str(row.version))
        return schedule_told(row, now())
