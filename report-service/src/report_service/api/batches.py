"""Batches: many reports as one job, and their archive."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Response
from fastapi.responses import StreamingResponse

from report_service.api.common import WHOLE, Db
from report_service.domain.orders import BatchNotFoundError, check_folder
from report_service.queries.orders import told
from report_service.repository import orders
from report_service.schemas.orders import BatchOut, FolderOut, OpenBatch, OrderOut
from report_service.tables import BatchRow
from report_service.usecases import orders as usecases
from report_service.usecases.archiving import archive
from shared.kit.app import new_router
from shared.kit.audit_api import exported
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.identity import Caller
from shared.kit.paging import Page, page

router = new_router(prefix="/batches", tags=["batches 批量生成"])

Whole = Annotated[Caller, Depends(WHOLE)]


async def _one(tx: Transaction, id_: UUID) -> BatchOut:
    return (await told(tx, [await _found(tx, id_)]))[0]


async def _found(tx: Transaction, id_: UUID) -> BatchRow:
    batch = await orders.read_batch(tx, id_)
    if batch is None:
        raise BatchNotFoundError(f"没有批次 {id_}", f"there is no batch {id_}")
    return batch


@router.post("", status_code=202, summary="批量生成报告（后台进行，可中断后继续）")
async def open_batch(response: Response, body: OpenBatch, db: Db, caller: Whole) -> BatchOut:
    """All of them tell what was stated until one moment; a file that is there is not made again."""
    deliver = body.deliver.model_dump() if body.deliver else None
    said = {name: getattr(body, name) for name in OpenBatch.model_fields if name != "deliver"}
    async with db.transaction() as tx:
        wanted = usecases.Wanted(**said, deliver=deliver)
        id_ = await usecases.open_batch(tx, wanted, caller.subject, now())
        response.headers["Location"] = f"batches/{id_}"
        return await _one(tx, id_)


@router.get("", summary="批次列表", dependencies=[Depends(WHOLE)])
async def list_batches(db: Db, wanted: Annotated[Page, Depends(page)]) -> list[BatchOut]:
    async with db.transaction() as tx:
        rows = await orders.list_batches(tx, limit=wanted.limit, offset=wanted.offset)
        return await told(tx, rows)


@router.get("/{batch}", summary="批次进度", dependencies=[Depends(WHOLE)])
async def get_batch(batch: UUID, db: Db) -> BatchOut:
    async with db.transaction() as tx:
        return await _one(tx, batch)


@router.get("/{batch}/folders", summary="按班级（部门）的进度", dependencies=[Depends(WHOLE)])
async def list_batch_folders(batch: UUID, db: Db) -> list[FolderOut]:
    async with db.transaction() as tx:
        await _found(tx, batch)
        return [FolderOut(**each) for each in await orders.folders_of(tx, batch)]


@router.get("/{batch}/orders", summary="逐份结果与失败原因", dependencies=[Depends(WHOLE)])
async def list_batch_orders(
    batch: UUID,
    db: Db,
    wanted: Annotated[Page, Depends(page)],
    state: Literal["waiting", "done", "failed", "cancelled"] | None = None,
) -> list[OrderOut]:
    async with db.transaction() as tx:
        await _found(tx, batch)
        rows = await orders.orders_of(
            tx, batch, state=state, limit=wanted.limit, offset=wanted.offset
        )
        return [OrderOut.model_validate(each) for each in rows]


@router.get(
    "/{batch}/zip",
    summary="下载：按班级分文件夹的 ZIP",
    dependencies=[Depends(WHOLE), Depends(exported)],
    response_class=Response,
)
async def get_batch_zip(
    batch: UUID,
    db: Db,
    folder: Annotated[str | None, Query(max_length=200, description="只要一个文件夹")] = None,
) -> Response:
    """What is made by now, and a list of what failed; sent as it is read, a file at a time."""
    async with db.transaction() as tx:
        await _found(tx, batch)
        if folder is not None:
            check_folder(folder, [each["folder"] for each in await orders.folders_of(tx, batch)])
    headers = {"Content-Disposition": f'attachment; filename="{batch}.zip"'}
    return StreamingResponse(
        archive(db, batch, folder), media_type="application/zip", headers=headers
    )


@router.post("/{batch}/cancellation", summary="取消未生成的部分")
async def cancel_batch(batch: UUID, db: Db, _: Whole) -> BatchOut:
    async with db.transaction() as tx:
        await usecases.cancel_batch(tx, batch, now())
        return await _one(tx, batch)


@router.post("/{batch}/retry", summary="重做失败的")
async def retry_batch(batch: UUID, db: Db, _: Whole) -> BatchOut:
    async with db.transaction() as tx:
        await usecases.retry_batch(tx, batch)
        return await _one(tx, batch)


@router.delete("/{batch}", status_code=204, summary="删除一批的文件（报告本身保留）")
async def delete_batch(batch: UUID, db: Db, _: Whole) -> Response:
    async with db.transaction() as tx:
        await usecases.delete_batch(tx, batch)
    return Response(status_code=204)
