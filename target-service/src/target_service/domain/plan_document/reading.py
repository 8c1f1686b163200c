"""Reads a whole plan from its text."""

import re
from collections.abc import Sequence
from typing import ClassVar, Final

from shared.errors import DomainError, ErrorKind
from target_service.domain.plan_document.bodies import read_bodies
from target_service.domain.plan_document.citations import (
    read_citations,
    read_issue_day,
    read_number,
)
from target_service.domain.plan_document.document import PlanDocument
from target_service.domain.plan_document.schedule import read_schedule
from target_service.domain.plan_document.spirals import read_cycles
from target_service.domain.plan_document.words import squeeze

_TITLE: Final = re.compile(r"《([^《》]*(?:方案|规划|计划))》")
_ALONE: Final = re.compile(r"^\s*(\S.{2,60}(?:方案|规划|计划))\s*$")
_YEARS: Final = re.compile(r"([一二三四五六七八九十]|\d{1,2})\s*年(?:左右|内|建设期)")
_DIGITS: Final = "零一二三四五六七八九十"
MAX_LINES: Final = 20_000
MAX_LINE: Final = 20_000
MAX_ROWS: Final = 2_000
"""Rows of a table: every piece of work is held against every other one."""


class UnreadablePlanError(DomainError):
    """The file holds no plan that can be read, or rows that cannot be taken."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "plan-unreadable"
    title_zh: ClassVar = "规划文件无法读取"
    title_en: ClassVar = "The plan cannot be read"


def read_text(text: str) -> PlanDocument:
    """Return what a text says, with the line of everything.

    Raises:
        UnreadablePlanError: there is no schedule in it.
    """
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise UnreadablePlanError(
            f"有 {len(lines)} 行，上限 {MAX_LINES}", f"{len(lines)} lines, at most {MAX_LINES}"
        )
    if max(map(len, lines), default=0) > MAX_LINE:
        raise UnreadablePlanError(
            f"有一行超过 {MAX_LINE} 字", f"a line of more than {MAX_LINE} characters"
        )
    rows, remarks = read_schedule(lines)
    if not rows:
        raise UnreadablePlanError(
            "没有找到进程表：需要一行以制表符分隔的列名（工作任务、开始时间、完成时间等），其下是各行",
            "there is no schedule: a line of column names with tabs between them, rows beneath",
            fixes=[
                "从 Word 另存为纯文本，表格的列即以制表符分隔 (save it from Word as plain text)",
                "或填写 GET /plans/template 的工作簿 (or fill in the workbook of /plans/template)",
            ],
        )
    if len(rows) > MAX_ROWS:
        raise UnreadablePlanError(
            f"进程表有 {len(rows)} 行，上限 {MAX_ROWS}",
            f"{len(rows)} rows in the schedule, at most {MAX_ROWS}",
        )
    title = _title(lines)
    return PlanDocument(
        title=title,
        number=read_number(lines),
        issued_on=read_issue_day(lines),
        years=_years(text),
        rows=tuple(rows),
        bodies=tuple(read_bodies(lines)),
        citations=tuple(each for each in read_citations(lines) if each.title != title),
        cycles=tuple(read_cycles(lines)),
        remarks=tuple(remarks),
        lines=tuple(lines),
    )


def _title(lines: Sequence[str]) -> str:
    for line in lines[:40]:
        match = _TITLE.search(line)
        if match:
            return squeeze(match[1])
    alone = next((found[1] for found in map(_ALONE.match, lines[:80]) if found), "")
    return squeeze(alone) or "实施方案"


def _years(text: str) -> int | None:
    match = _YEARS.search(text)
    if match is None:
        return None
    return int(match[1]) if match[1].isdigit() else _DIGITS.index(match[1])
