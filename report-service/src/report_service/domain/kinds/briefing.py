"""The leader's briefing (一页简报): what is missed, what is red, what is late; one page.

Source: screens "Roles" (leader); how many lines it holds is our default.
"""

from collections.abc import Sequence
from typing import Final

from report_service.domain.document.blocks import Block, Bullets, Cell
from report_service.domain.document.writing import columns, paragraph, plain, table, tag
from report_service.domain.kinds.kind import Told
from report_service.domain.naming import scope_words
from report_service.domain.telling import MISSED, alerts_said, overview, said_of
from report_service.domain.wording import date_words

_MOST: Final = 5
_LATE = columns(("task", "任务", 6), ("owner", "责任部门", 3), ("ends", "完成时限", 3))
_RED = columns(
    ("severity", "等级", 1),
    ("title", "事项", 6),
    ("current#", "现值", 2),
    ("owner", "责任人", 2),
    ("phase", "状态", 3),
)


def at_a_glance(told: Told) -> Sequence[Block]:
    """Say how all stands, in two sentences."""
    return [
        paragraph(*overview(told.writer, told.lines)),
        paragraph(*alerts_said(told.writer, told.lines)),
    ]


def missed(told: Told) -> Sequence[Block]:
    """Say which points miss their standard, the worst first."""
    lines = sorted(
        (each for each in told.lines.standards if each.state in MISSED),
        key=lambda each: (each.state != "below_floor", each.title),
    )
    if not lines:
        return [paragraph("各质控点均未低于标准。")]
    return [Bullets(items=tuple(said_of(told.writer, told.facts, each) for each in lines[:_MOST]))]


def gravest(told: Told) -> Sequence[Block]:
    """List the gravest alerts that are open."""
    rows = [
        (
            each.alert,
            (
                (tag(each.severity_zh, each.severity),),
                plain(each.title),
                (told.writer.bound(each.current, f"alert/{each.alert}"),),
                told.writer.who(each.owner),
                plain(each.phase_zh),
            ),
        )
        for each in told.lines.alerts
        if each.phase != "settled"
    ]
    return [table("gravest", "未销号预警", _RED, rows[:_MOST], "没有未销号的预警。")]


def late(told: Told) -> Sequence[Block]:
    """List the tasks that are late."""
    rows: list[tuple[str, tuple[Cell, ...]]] = [
        (
            each.task,
            (
                plain(each.title),
                plain(scope_words(each.unit or each.scope, told.facts.names)),
                plain(date_words(each.ends_on)),
            ),
        )
        for each in told.facts.tasks
        if each.overdue and each.state not in {"done", "cancelled"}
    ]
    return [table("late", "逾期任务", _LATE, rows[:_MOST], "没有逾期的任务。")]
