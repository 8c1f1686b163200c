"""Papers that the plan asks for beside reports: 制度文件, 学院文件, 二级学院文件, 人才培养方案.

What they decide is written by people, at places of its own; whom it concerns, what it serves and
how far it is carried out is told from facts.

Source: plan M160–M161, M170, M173 (outputs); sections and limits are our default.
"""

from collections.abc import Sequence
from typing import Final

from report_service.domain.alert_lines import owner_of
from report_service.domain.document.blocks import Block, Cell
from report_service.domain.document.writing import columns, paragraph, plain, table
from report_service.domain.kinds.kind import SectionRule, Told
from report_service.domain.naming import scope_words
from report_service.domain.telling import alerts_said, overview
from report_service.domain.wording import date_words, period_words, rule_words, step_words

CLAUSES_LIMIT: Final = 6000
"""Characters of the clauses of a rule, or of the body of a paper."""

_AIMS = columns(
    ("goal", "目标", 6), ("scope", "承接对象", 4), ("owner", "责任人", 2), ("deadline", "期限", 3)
)
_DUTIES = columns(
    ("unit", "部门", 4), ("owner", "责任人", 2), ("task", "职责与任务", 7), ("ends", "完成时限", 3)
)
_RUNS = columns(
    ("rule", "执行的规则", 4), ("period", "周期", 4), ("step", "当前环节", 3), ("state", "状态", 2)
)


def written(key: str, title: str, limit: int) -> SectionRule:
    """Return a section that people write."""

    def make(told: Told) -> Sequence[Block]:
        return [paragraph(*told.writer.place(key, limit=limit))]

    return SectionRule(key=key, title=title, make=make)


def aims(told: Told) -> Sequence[Block]:
    """List the goals that the paper serves."""
    rows = [
        (
            each.id,
            (
                plain(each.title),
                plain(scope_words(each.scope, told.facts.names)),
                told.writer.who(owner_of(told.facts, each.owner)),
                plain(date_words(each.deadline)),
            ),
        )
        for each in told.facts.goals
    ]
    return [table("aims", "服务的目标", _AIMS, rows, "本周期没有生效的目标。")]


def duties(told: Told) -> Sequence[Block]:
    """List who does what, by unit."""
    named = [
        (scope_words(each.unit or each.scope, told.facts.names), each) for each in told.facts.tasks
    ]
    rows: list[tuple[str, tuple[Cell, ...]]] = [
        (
            task.task,
            (
                plain(unit),
                told.writer.who(owner_of(told.facts, task.owner)),
                plain(task.title),
                plain(date_words(task.ends_on)),
            ),
        )
        for unit, task in sorted(named, key=lambda each: (each[0], each[1].ends_on or ""))
    ]
    return [table("duties", "职责分工", _DUTIES, rows, "本周期没有下达的任务。")]


def carried_out(told: Told) -> Sequence[Block]:
    """Say by which rules cycles run, where they stand, and what came of it."""
    rows = [
        (
            each.cycle,
            (
                plain(rule_words(each.definition, each.definition_zh)),
                plain(period_words(each.period)),
                plain(step_words(each.step, each.step_zh)),
                plain("进行中" if each.state == "open" else "已结束"),
            ),
        )
        for each in told.facts.cycles
    ]
    return [
        table("runs", "执行中的诊改周期", _RUNS, rows, "本周期没有开出诊改周期。"),
        paragraph(*overview(told.writer, told.lines)),
        paragraph(*alerts_said(told.writer, told.lines)),
    ]
