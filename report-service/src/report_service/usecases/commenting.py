"""Remarks on the sections of a report."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from report_service.repository import work
from report_service.usecases.reports import check_near, find
from report_service.usecases.working import find_work
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.ids import uuid7


class NoSectionError(DomainError):
    """The report has no such section."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "report-section"
    title_zh: ClassVar = "报告没有这个章节"
    title_en: ClassVar = "The report has no such section"


class CommentNotFoundError(DomainError):
    """No open remark of the report has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "comment-not-found"
    title_zh: ClassVar = "没有这条待处理的意见"
    title_en: ClassVar = "No such open remark"


async def remark(
    tx: Transaction, report: UUID, section: str, text: str, by: str, at: datetime
) -> None:
    """Remark on a section.

    Raises:
        ReportNotFoundError: no report has that id.
        NoSectionError: it has no such section.
    """
    document = work.opened_document(await find(tx, report))
    known = [each["key"] for each in document.get("sections", ())]
    if section not in known:
        raise NoSectionError(
            f"没有章节 {section}",
            f"there is no section {section}",
            fields={"$.section": [f"可选：{'、'.join(known)} (choose of {', '.join(known)})"]},
        )
    await work.add_comment(
        tx,
        {"id": uuid7(), "report": report, "section": section, "text": text, "by": by, "at": at},
    )


async def settle(tx: Transaction, report: UUID, comment: UUID, by: str, at: datetime) -> None:
    """Say that a remark was dealt with.

    Raises:
        ReportNotFoundError: no report has that id.
        ElsewhereError: he merely reads it.
        CommentNotFoundError: it is none of the report, or settled already.
    """
    doing = await find_work(tx, report)
    await check_near(tx, doing.scope, doing.owner)
    if not await work.settle_comment(tx, report, comment, by, at):
        raise CommentNotFoundError(f"没有待处理的意见 {comment}", f"no open remark {comment}")
