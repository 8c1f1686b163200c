"""REST API of the report service: open the transaction, call one function, answer."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from report_service import queries
from report_service.schemas import MakeReport, ReportDetail, ReportSummary
from report_service.usecases import reports
from shared.contracts.vocabulary import PeriodKey, ScopeKey
from shared.kit.clock import now
from shared.kit.database import Database
from shared.kit.etags import Expect, etag_of, unless_not_modified
from shared.kit.identity import Caller, require
from shared.kit.paging import Page, answer_page, page
from shared.kit.strict_json import StrictJsonRoute

router = APIRouter(prefix="/reports", tags=["reports 诊改报告"], route_class=StrictJsonRoute)

READ = Depends(require("report:read"))


def get_database(request: Request) -> Database:
    """Return the database that the service opened."""
    database: Database = request.app.state.database
    return database


Db = Annotated[Database, Depends(get_database)]


@router.post("", status_code=201, summary="生成自我诊改报告")
async def make_report(
    request: Request,
    response: Response,
    body: MakeReport,
    db: Db,
    expect: Expect,
    caller: Annotated[Caller, Depends(require("report:write"))],
) -> ReportSummary:
    async with db.transaction(correlation=request.state.request_id) as tx:
        key, is_new = await reports.make_report(tx, body, now(), caller.subject)
        report = await queries.find_report(tx, key)
        expect(None if is_new else report.digest)
    response.headers["ETag"] = etag_of(report.digest)
    response.headers["Location"] = f"reports/{report.id}"
    response.headers["Changed"] = "true" if is_new else "false"
    if not is_new:
        response.status_code = 200
    return report


@router.get("", summary="报告列表", dependencies=[READ])
async def list_reports(
    response: Response,
    db: Db,
    wanted: Annotated[Page, Depends(page)],
    scope: Annotated[ScopeKey | None, Query(description="诊改对象")] = None,
    period: Annotated[PeriodKey | None, Query(description="周期")] = None,
) -> list[ReportSummary]:
    async with db.transaction() as tx:
        items, total, after = await queries.list_reports(
            tx, scope=scope, period=period, page=wanted
        )
    answer_page(response, wanted, total=total, next_after=after)
    return items


@router.get("/{report}", summary="报告内容", dependencies=[READ], response_model=ReportDetail)
async def get_report(request: Request, response: Response, report: UUID, db: Db) -> Any:
    async with db.transaction() as tx:
        answer = await queries.get_report(tx, report)
    return unless_not_modified(request, response, answer.digest) or answer


@router.get("/{report}/html", summary="报告文档", dependencies=[READ], response_class=HTMLResponse)
async def get_report_document(request: Request, report: UUID, db: Db) -> Response:
    async with db.transaction() as tx:
        html, sha256, style = await queries.get_document(tx, report)
    headers = {
        "ETag": f'"{sha256}"',
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none';"
            " form-action 'none'; frame-ancestors 'self'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return HTMLResponse(html, headers=headers)
