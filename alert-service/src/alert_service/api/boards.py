"""Boards: alerts counted, over time, over the matrix, as a file, as a calendar."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from alert_service.api.edge import Db, Reader, right_of
from alert_service.domain.deadlines import Deadline, calendar_of
from alert_service.domain.messages import COLOUR_ZH
from alert_service.queries import boards as queries
from alert_service.schemas.boards import (
    BoardView,
    ExportFilter,
    HeatMapView,
    MomentView,
    TimelineFilter,
    WatchedView,
)
from alert_service.tables import AlertRow
from shared.access.families import MASKED_ZH, RESTRICTED
from shared.contracts.vocabulary import Severity
from shared.kit.audit_api import exported
from shared.kit.clock import now
from shared.kit.identity import require
from shared.kit.strict_json import StrictJsonRoute
from shared.workbooks.writing import XLSX, csv_file, xlsx_file

router = APIRouter(prefix="/alerts", tags=["boards 看板"], route_class=StrictJsonRoute)


@router.get("/board", summary="未销号预警：按层面、类别、颜色、责任人计数")
async def get_alert_board(db: Db, caller: Reader) -> BoardView:
    async with db.transaction() as tx:
        return await queries.get_board(tx, right_of(caller), now())


@router.get("/timeline", summary="预警时间线：每日、每周、每月新增、销号与存量")
async def get_alert_timeline(
    db: Db, caller: Reader, only: Annotated[TimelineFilter, Query()]
) -> list[MomentView]:
    async with db.transaction() as tx:
        return await queries.get_timeline(tx, only, right_of(caller), now())


@router.get("/heat-map", summary="预警热力图：五横 × 五纵")
async def get_alert_heat_map(db: Db, caller: Reader) -> HeatMapView:
    async with db.transaction() as tx:
        return await queries.get_heat_map(tx, right_of(caller), now())


@router.get("/watch-list", summary="核心指标关注清单：达标状态与未销号预警")
async def get_watch_list(db: Db, caller: Reader) -> list[WatchedView]:
    """The gravest first; core indicators that no binding watches are there, too."""
    async with db.transaction() as tx:
        return await queries.get_watch_list(tx, right_of(caller))


@router.get(
    "/export",
    summary="导出预警（CSV、XLSX）",
    response_class=StreamingResponse,
    dependencies=[Depends(require("alert:read")), Depends(exported)],
)
async def export_alerts(
    db: Db, caller: Reader, only: Annotated[ExportFilter, Query()]
) -> StreamingResponse:
    pages = queries.export_pages(db, only, right_of(caller))
    is_csv = only.format == "csv"
    headers = {"Content-Disposition": f'attachment; filename="alerts.{only.format}"'}
    return StreamingResponse(
        csv_file(pages) if is_csv else xlsx_file(pages),
        media_type="text/csv; charset=utf-8" if is_csv else XLSX,
        headers=headers,
    )


@router.get(
    "/deadlines.ics",
    summary="签收时限日历（ICS）：mine=true 只含本人或本人角色负责、督办的",
    response_class=Response,
)
async def get_alert_deadlines(
    db: Db,
    caller: Reader,
    mine: Annotated[bool, Query()] = False,  # noqa: FBT002 — a query parameter
) -> Response:
    right = right_of(caller)
    async with db.transaction() as tx:
        rows = await queries.list_deadlines(tx, right, mine=mine)
    found = [
        Deadline(
            key=alert.id,
            version=alert.version,
            title=f"{COLOUR_ZH[Severity(alert.severity)]}预警待签收：{_title(alert)}",
            note=_note(alert, name),
            at=alert.due_at,
            changed_at=alert.changed_at,
        )
        for alert, name in rows
    ]
    return Response(calendar_of(found), media_type="text/calendar; charset=utf-8")


def _title(alert: AlertRow) -> str:
    """What a calendar shows to everybody who sees the screen says no more than it must."""
    return MASKED_ZH if alert.family in RESTRICTED else alert.title


def _note(alert: AlertRow, name: str | None) -> str:
    about = [] if alert.family in RESTRICTED else [name or alert.scope]
    return "｜".join([*about, alert.period, f"责任人 {alert.owner}"])
