"""Work on a report: write, check, hand in, review, sign, issue, remark."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from report_service.api.common import APPROVE, READ, WRITE, Db, ThePress
from report_service.queries.work import draft_of
from report_service.repository import work
from report_service.schemas.work import (
    Comment,
    CommentOut,
    Draft,
    FindingOut,
    ReviewReport,
    SignReport,
    TextVersion,
    WriteTexts,
)
from report_service.usecases import commenting, working
from report_service.usecases.reports import find
from shared.kit.app import new_router
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.etags import Expect
from shared.kit.identity import Caller, current_caller

router = new_router(prefix="/reports/{report}", tags=["work 报告编制"])

Writer = Annotated[Caller, Depends(WRITE)]
Approver = Annotated[Caller, Depends(APPROVE)]


async def _draft(tx: Transaction, report: UUID, by: str) -> Draft:
    doing = await working.find_work(tx, report)
    return await draft_of(tx, await find(tx, report), doing, by)


@router.get("/draft", summary="编制进度与填写处", dependencies=[READ])
async def get_draft(
    report: UUID, db: Db, caller: Annotated[Caller, Depends(current_caller)]
) -> Draft:
    async with db.transaction() as tx:
        return await _draft(tx, report, caller.subject)


@router.put("/texts", summary="填写（自动保存，每次留一个版本）")
async def write_texts(
    report: UUID, body: WriteTexts, db: Db, expect: Expect, caller: Writer
) -> Draft:
    async with db.transaction() as tx:
        await working.write(tx, report, body.texts, expect, caller.subject, now())
        return await _draft(tx, report, caller.subject)


@router.get("/texts", summary="一处填写的各个版本", dependencies=[READ])
async def list_text_versions(
    report: UUID, db: Db, place: Annotated[str, Query(max_length=200, examples=["conclusion"])]
) -> list[TextVersion]:
    async with db.transaction() as tx:
        await find(tx, report)
        rows = await work.history_of(tx, report, place)
        return [TextVersion.model_validate(each) for each in rows]


@router.get("/findings", summary="检查草稿", dependencies=[READ])
async def check_draft(report: UUID, db: Db) -> list[FindingOut]:
    async with db.transaction() as tx:
        found = await working.check(tx, report)
        return [FindingOut.model_validate(each) for each in found]


@router.post("/submission", summary="提交审核")
async def submit_report(report: UUID, db: Db, caller: Writer) -> Draft:
    async with db.transaction() as tx:
        await working.submit(tx, report, caller.subject, now())
        return await _draft(tx, report, caller.subject)


@router.post("/review", summary="审核：通过或退回")
async def review_report(report: UUID, body: ReviewReport, db: Db, caller: Approver) -> Draft:
    async with db.transaction() as tx:
        await working.review(
            tx, report, caller.subject, now(), approve=body.approve, reason=body.reason
        )
        return await _draft(tx, report, caller.subject)


@router.post("/signature", summary="签字")
async def sign_report(report: UUID, body: SignReport, db: Db, caller: Approver) -> Draft:
    async with db.transaction() as tx:
        await working.sign(tx, report, body.role, caller.subject, now())
        return await _draft(tx, report, caller.subject)


@router.post("/issue", summary="签发：各格式定稿，取代上一份")
async def issue_report(report: UUID, db: Db, press: ThePress, caller: Approver) -> Draft:
    async with db.transaction() as tx:
        await working.issue(tx, report, press, caller.subject, now())
        return await _draft(tx, report, caller.subject)


@router.get("/comments", summary="意见", dependencies=[READ])
async def list_comments(report: UUID, db: Db) -> list[CommentOut]:
    async with db.transaction() as tx:
        await find(tx, report)
        return [CommentOut.model_validate(each) for each in await work.comments_of(tx, report)]


@router.post("/comments", status_code=201, summary="提意见")
async def add_comment(report: UUID, body: Comment, db: Db, caller: Writer) -> list[CommentOut]:
    async with db.transaction() as tx:
        await commenting.remark(tx, report, body.section, body.text, caller.subject, now())
        return [CommentOut.model_validate(each) for each in await work.comments_of(tx, report)]


@router.post("/comments/{comment}/settlement", summary="意见已处理")
async def settle_comment(report: UUID, comment: UUID, db: Db, caller: Writer) -> list[CommentOut]:
    async with db.transaction() as tx:
        await commenting.settle(tx, report, comment, caller.subject, now())
        return [CommentOut.model_validate(each) for each in await work.comments_of(tx, report)]
