"""Make reports, list them, give out their files."""

from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response

from report_service.api.common import READ, WRITE, Db, ThePress, file_answer
from report_service.queries import reports as queries
from report_service.queries.work import comparison_of, verification_of
from report_service.repository.reports import read_rendition
from report_service.repository.work import current
from report_service.schemas.common import Format
from report_service.schemas.reports import (
    MakeReport,
    ReportDetail,
    ReportFilter,
    ReportListed,
    ReportSummary,
    Verification,
)
from report_service.schemas.work import Comparison, RemadeOut
from report_service.usecases import reports
from report_service.usecases.rendering.html import style_digest
from shared.kit.app import new_router
from shared.kit.audit_api import exported
from shared.kit.clock import now
from shared.kit.etags import Expect, etag_of, unless_not_modified
from shared.kit.identity import Caller
from shared.kit.openapi import also_there
from shared.kit.paging import Page, answer_page, page

router = new_router(tags=["reports 诊改报告"])


@router.post("/reports", status_code=201, summary="生成报告", responses=also_there(ReportSummary))
async def make_report(
    request: Request,
    response: Response,
    body: MakeReport,
    db: Db,
    expect: Expect,
    caller: Annotated[Caller, Depends(WRITE)],
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


@router.get("/reports", summary="报告列表", dependencies=[READ])
async def list_reports(
    response: Response,
    db: Db,
    wanted: Annotated[Page, Depends(page)],
    only: Annotated[ReportFilter, Query()],
) -> list[ReportListed]:
    async with db.transaction() as tx:
        items, total, after = await queries.list_reports(tx, only, wanted)
    answer_page(response, wanted, total=total, next_after=after)
    return items


@router.get(
    "/reports/{report}", summary="报告内容", dependencies=[READ], response_model=ReportDetail
)
async def get_report(request: Request, response: Response, report: UUID, db: Db) -> Any:
    async with db.transaction() as tx:
        row = await reports.find(tx, report)
        content = await current(tx, row)
    tag = content.get("cover", {}).get("digest", row.digest)
    answer = ReportDetail(**ReportSummary.model_validate(row).model_dump(), content=content)
    return unless_not_modified(request, response, tag) or answer


@router.get("/reports/{report}/remade", summary="用原数据重做并比对", dependencies=[READ])
async def remake_report(report: UUID, db: Db) -> RemadeOut:
    """Made again from the facts and definitions that it was made from; nothing is stored."""
    async with db.transaction() as tx:
        return RemadeOut.model_validate(await reports.make_again(tx, report))


@router.get("/reports/{report}/comparison", summary="与上一周期比较", dependencies=[READ])
async def compare_report(report: UUID, db: Db) -> Comparison:
    async with db.transaction() as tx:
        return await comparison_of(tx, await reports.find(tx, report))


@router.get(
    "/reports/{report}/{kind}",
    summary="报告文件",
    dependencies=[READ, Depends(exported)],
    response_class=Response,
)
async def get_report_document(
    request: Request, report: UUID, kind: Format, db: Db, press: ThePress
) -> Response:
    """HTML, PDF (PDF/A), DOCX or JSON: of an issued report as it was issued, else as it stands."""
    async with db.transaction() as tx:
        row = await reports.find(tx, report)
        issued = await read_rendition(tx, report, kind)
        document = await current(tx, row) if issued is None else {}
        templates = await reports.templates_for(tx, row)
    if issued is not None:
        content = issued.content
    elif "cover" in document and "notes" in document:
        content = (await press.make(document, [kind], templates))[kind]
    else:
        content = _old_file(row, kind)
    more = _policy(content) if kind == "html" else _download(row.number, kind)
    return file_answer(request, content, kind, sha256(content).hexdigest(), **more)


@router.get("/verifications/{number}", summary="按编号核验报告", dependencies=[READ])
async def verify_report(
    db: Db,
    number: Annotated[
        str, Path(max_length=40, pattern="^[A-Z0-9-]+$", examples=["ZZ-20261123-9CDD6359"])
    ],
) -> list[Verification]:
    async with db.transaction() as tx:
        return await verification_of(tx, number)


def _old_file(row: Any, kind: Format) -> bytes:
    """Return a file of a report from before there were formats: its page, or its content."""
    if kind not in {"html", "json"}:
        raise reports.FormatMissingError(
            f"{row.number} 生成时只有 HTML 与 JSON",
            f"{row.number} was made as HTML and JSON only",
            fixes=["POST /api/report/v1/reports 重新生成 (make it anew)"],
        )
    text: str = row.html if kind == "html" else row.content
    return text.encode()


def _policy(content: bytes) -> dict[str, str]:
    """Return what a page may do: be shown in its own style, that of when it was issued."""
    policy = (
        f"default-src 'none'; style-src 'sha256-{style_digest(content.decode())}';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    return {"Content-Security-Policy": policy}


def _download(number: str, kind: str) -> dict[str, str]:
    return (
        {} if kind == "json" else {"Content-Disposition": f'attachment; filename="{number}.{kind}"'}
    )
