"""Goals and standards: what was to be reached, and where every point stands.

Source: design "Reports" 1 (indicator–target–standard–current–met) and plan §四(二).
"""

from collections.abc import Sequence
from decimal import Decimal

from report_service.domain.alert_lines import owner_of
from report_service.domain.document.blocks import Block, Cell, Series, Span
from report_service.domain.document.charts import BLUE, GREY, OCHRE, chart, shown
from report_service.domain.document.writing import columns, paragraph, plain, soft, table, tag
from report_service.domain.facts import GoalFact
from report_service.domain.kinds.kind import Told
from report_service.domain.lines import StandardLine, ValueLine
from report_service.domain.naming import scope_words
from report_service.domain.wording import date_words, figure, limit_words, state_words

_GOALS = columns(
    ("goal", "目标", 5),
    ("target#", "目标值", 2),
    ("owner", "责任人", 2),
    ("deadline", "期限", 3),
    ("attainment#", "达成度", 2),
    ("state", "状态", 2),
)
_STANDARDS = columns(
    ("point", "质控点", 4),
    ("target#", "目标", 2),
    ("standard#", "标准", 3),
    ("current#", "现值", 3),
    ("state", "状态", 3),
    ("coverage#", "覆盖率", 2),
    ("fresh", "数据时间", 5),
)
_VALUES = columns(
    ("indicator", "指标", 5),
    ("current#", "现值", 3),
    ("coverage#", "覆盖率", 2),
    ("fresh", "数据时间", 3),
)
_PARTS = columns(
    ("goal", "目标", 5),
    ("scope", "承接对象", 3),
    ("parent", "上级目标", 4),
    ("target#", "目标值", 2),
    ("owner", "责任人", 2),
    ("deadline", "期限", 3),
    ("state", "状态", 2),
)


def goals(told: Told) -> Sequence[Block]:
    """List the goals of the object."""
    rows = [(each.id, _goal(told, each)) for each in told.facts.goals]
    empty = "本周期没有生效的目标。"
    return [table("goals", "目标完成情况", _GOALS, rows, empty)]


def standards(told: Told) -> Sequence[Block]:
    """Hold every point against its limits, as a table and a figure."""
    lines = told.lines.standards
    rows = [(each.binding, _standard(told, each)) for each in lines]
    blocks: list[Block] = [
        table("standards", "指标对标", _STANDARDS, rows, "本周期尚未给该对象绑定标准。")
    ]
    judged = [each for each in lines if each.attainment.value is not None]
    if len(judged) > 2:
        series = Series(
            name="达成度（%）",
            values=tuple(shown(each.attainment.value, "ratio") for each in judged[:12]),
            colour=BLUE,
        )
        names = [each.title for each in judged[:12]]
        blocks.append(chart("attainment", "bar", "各质控点目标达成度", names, [series]))
    return blocks


def history(told: Told) -> Sequence[Block]:
    """Draw how the points moved over the periods, one figure each, at most four."""
    blocks: list[Block] = []
    for line in told.lines.standards:
        past = told.facts.history.get(line.indicator, ())
        if line.current.value is None or len(past) < 2 or len(blocks) == 4:
            continue
        unit = line.current.unit
        values = [
            shown(each, unit) for each in (*(p.value for p in reversed(past)), line.current.value)
        ]
        names = [*(each.period.partition(":")[2] for each in reversed(past)), "本期"]
        series = [Series(name="现值", values=tuple(values), colour=BLUE)]
        for mark, name, colour in (("standard", "标准", GREY), ("target", "目标", OCHRE)):
            numbers = line.marks.get(mark, ())
            if len(numbers) == 1:
                series.append(
                    Series(
                        name=name, values=(shown(numbers[0], unit),) * len(values), colour=colour
                    )
                )
        blocks.append(
            chart(
                f"history-{line.binding}",
                "line",
                f"{line.title}历年情况{'（%）' if unit == 'ratio' else ''}",
                names,
                series,
            )
        )
    return blocks


def values(told: Told) -> Sequence[Block]:
    """List what is measured without a line."""
    rows = [(each.indicator, _value(told, each)) for each in told.lines.values]
    return [table("values", "其他状态数据（未设标准）", _VALUES, rows, "没有其他状态数据。")]


def decomposition(told: Told) -> Sequence[Block]:
    """List the goals and who carries which part of them."""
    every = (*told.facts.goals, *told.facts.parts)
    titles = {each.id: each.title for each in every}
    rows = [
        (
            each.id,
            (
                plain(each.title),
                plain(scope_words(each.scope, told.facts.names)),
                plain(titles.get(each.parent or "", "—")),
                told.writer.limit(_target(told, each), f"goal/{each.id}"),
                told.writer.who(owner_of(told.facts, each.owner)),
                plain(date_words(each.deadline)),
                _standing(told, each)[1],
            ),
        )
        for each in every
    ]
    parts, whole = len(told.facts.parts), len(told.facts.goals)
    said = paragraph(
        "本周期目标 ",
        told.writer.counted(whole, " 项"),
        "，向下分解 ",
        told.writer.counted(parts, " 项"),
        "。",
    )
    return [said, table("decomposition", "目标分解表", _PARTS, rows, "本周期没有生效的目标。")]


def _goal(told: Told, goal: GoalFact) -> tuple[Cell, ...]:
    attainment, state = _standing(told, goal)
    return (
        plain(goal.title),
        told.writer.limit(_target(told, goal), f"goal/{goal.id}"),
        told.writer.who(owner_of(told.facts, goal.owner)),
        plain(date_words(goal.deadline)),
        attainment,
        state,
    )


def _standing(told: Told, goal: GoalFact) -> tuple[Cell, Cell]:
    standing = told.facts.standings.get(goal.id)
    if standing is None:
        return plain("—"), (tag("未判定", None),)
    attainment = told.writer.bound(figure(standing.attainment, "ratio"), f"standing/{goal.id}")
    return (attainment,), (tag(state_words(standing.state), standing.state),)


def _target(told: Told, goal: GoalFact) -> str:
    return limit_words(goal.target, told.facts.unit_of(goal.indicator))


def _standard(told: Told, line: StandardLine) -> tuple[Cell, ...]:
    key, limits = f"measurement/{line.indicator}", f"binding/{line.binding}"
    standard = [*told.writer.limit(line.standard, limits)]
    for name, words in (("底线", line.floor), ("预警值", line.warning)):
        if words != "—":
            standard.append(soft(f"{name} {words}"))
    current = [told.writer.bound(line.current, key)]
    if line.current.numerator is not None and line.current.denominator is not None:
        parts = (_grouped(line.current.numerator), _grouped(line.current.denominator))
        current.append(soft(f"{parts[0]} ÷ {parts[1]}"))
    state = [tag(line.state_zh, line.state), *(soft(each) for each in line.flags)]
    if line.reason:
        state.append(soft(line.reason))
    return (
        (Span(text=line.title), soft(f"责任人 {line.owner.name}")),
        told.writer.limit(line.target, limits),
        tuple(standard),
        tuple(current),
        tuple(state),
        (told.writer.bound(line.coverage, key),),
        (Span(text=line.freshest_at_zh), soft(_versions(line))),
    )


def _versions(line: StandardLine) -> str:
    told = [f"公式第{line.formula_version}版"] if line.formula_version is not None else []
    if line.standard_version is not None:
        told.append(f"标准第{line.standard_version}版")
    return "，".join(told)


def _value(told: Told, line: ValueLine) -> tuple[Cell, ...]:
    key = f"measurement/{line.indicator}"
    reason = [soft(line.reason)] if line.reason else []
    return (
        plain(line.indicator_zh),
        (told.writer.bound(line.current, key), *reason),
        (told.writer.bound(line.coverage, key),),
        (Span(text=line.freshest_at_zh), soft(f"公式第{line.formula_version}版")),
    )


def _grouped(number: str) -> str:
    return f"{Decimal(number):,f}"
