"""Tasks, assessments and the objects beneath: the tables of the year's work.

Source: plan M163–M166; design "Reports" 1 (tasks by kind; objects, count ≥ 90 %).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from report_service.domain.alert_lines import owner_of
from report_service.domain.document.blocks import Block, Cell, Series, Span
from report_service.domain.document.charts import BLUE, GREEN, chart, shown
from report_service.domain.document.writing import columns, paragraph, plain, soft, table, tag
from report_service.domain.facts_of_work import ChildFact, TaskNote
from report_service.domain.kinds.kind import Told
from report_service.domain.naming import scope_words
from report_service.domain.telling import MEASURE_WORD, count_of, share
from report_service.domain.wording import date_words, figure
from shared.contracts.vocabulary import VERTICAL_SYSTEM_ZH, VerticalSystem, ratio

TASK_STATE_ZH: Final = {
    "draft": "拟订",
    "issued": "已下达",
    "accepted": "已接受",
    "in_progress": "进行中",
    "done": "已完成",
    "cancelled": "已取消",
}
TASK_KIND_ZH: Final = {
    "plan": "规划任务",
    "key": "重点任务",
    "ad_hoc": "临时任务",
    "routine": "日常任务",
}
HIGH: Final = Decimal("0.9")
"""Share of points that meet the standard from which an object counts as well on its way."""

_TASKS = columns(
    ("task", "任务", 5),
    ("kind", "类别", 2),
    ("unit", "责任部门", 3),
    ("owner", "责任人", 2),
    ("ends", "完成时限", 3),
    ("progress#", "进度", 2),
    ("state", "状态", 2),
)
_BREAKDOWN = columns(
    ("system", "体系", 2),
    ("task", "任务", 5),
    ("goals", "支撑的目标", 4),
    ("unit", "责任部门", 3),
    ("owner", "责任人", 2),
    ("starts", "开始", 3),
    ("ends", "完成时限", 3),
)
_ASSESSED = columns(
    ("task", "任务", 5),
    ("unit", "责任部门", 3),
    ("ends", "完成时限", 3),
    ("done", "完成日期", 3),
    ("progress#", "进度", 2),
    ("result", "考核意见", 3),
    ("note", "说明", 4),
)
_RESULTS = columns(
    ("place#", "名次", 1),
    ("subject", "考核对象", 4),
    ("points#", "得分", 2),
    ("coverage#", "数据覆盖", 2),
    ("grade", "等次", 2),
    ("verdict", "认定", 3),
)
_OBJECTS = columns(
    ("object", "对象", 5),
    ("bound#", "质控点", 2),
    ("data#", "有数据", 2),
    ("standard#", "标准达标率", 3),
    ("target#", "目标达标率", 3),
)


def task_list(told: Told) -> Sequence[Block]:
    """List the tasks of the year with their progress."""
    return [
        _tasks_said(told),
        table("tasks", "年度目标任务清单", _TASKS, _rows(told, _listed), _NONE),
    ]


def breakdown(told: Told) -> Sequence[Block]:
    """List the tasks by system, with the goals that they serve."""
    return [table("breakdown", "任务分解表", _BREAKDOWN, _rows(told, _broken_down), _NONE)]


def task_results(told: Told) -> Sequence[Block]:
    """List what became of each task, with room for the judgement of people."""
    made = table("task_results", "任务考核表", _ASSESSED, _rows(told, _assessed), _NONE)
    return [_tasks_said(told), made]


def results(told: Told) -> Sequence[Block]:
    """List the published results of the assessments, each as its own table."""
    if not told.facts.assessments:
        return [paragraph("本周期没有发布的考核结果。")]
    return [
        table(
            f"results-{run.assessment}",
            run.title,
            _RESULTS,
            [(item["subject"], _result(told, run.assessment, item)) for item in run.items],
            "考核对象为个人，结果由本人和有权限者逐一查看，不在报告中列出。",
        )
        for run in told.facts.assessments
    ]


def objects(told: Told) -> Sequence[Block]:
    """Say how the objects beneath stand, by their points; persons are counted, never listed."""
    children = [each for each in told.facts.children if each.with_data]
    kinds = sorted({each.scope.partition("/")[0] for each in children})
    blocks: list[Block] = []
    for kind in kinds:
        of_kind = [each for each in children if each.scope.startswith(f"{kind}/")]
        high = sum(_standard_share(each) >= HIGH for each in of_kind)
        said = [f"有数据的下级对象 {count_of(kind, len(of_kind))}，标准达标率不低于 90% 的 "]
        blocks.append(
            paragraph(
                *said,
                told.writer.counted(high, f" {MEASURE_WORD[kind]}"),
                "，占 ",
                share(told.writer, high, len(of_kind)),
                "。",
            )
        )
        if kind not in {"teacher", "student"}:
            rows = [(each.scope, _object(told, each)) for each in of_kind]
            blocks.append(table(f"objects-{kind}", "下级对象达标情况", _OBJECTS, rows, ""))
            if len(of_kind) > 2:
                blocks.append(_drawn(kind, of_kind[:15]))
    return blocks


def has_tasks(told: Told) -> bool:
    """Whether the object has tasks."""
    return bool(told.facts.tasks)


def has_children(told: Told) -> bool:
    """Whether objects beneath have data."""
    return any(each.with_data for each in told.facts.children)


_NONE: Final = "本周期没有下达的任务。"


def _tasks_said(told: Told) -> Block:
    tasks, writer = told.facts.tasks, told.writer
    if not tasks:
        return paragraph(_NONE)
    done = sum(each.state == "done" for each in tasks)
    late = sum(each.overdue and each.state != "done" for each in tasks)
    kinds = [
        f"{words} {sum(each.task_kind == kind for each in tasks)} 项"
        for kind, words in TASK_KIND_ZH.items()
        if any(each.task_kind == kind for each in tasks)
    ]
    return paragraph(
        "下达任务 ",
        writer.counted(len(tasks), " 项"),
        f"（{'、'.join(kinds)}），已完成 ",
        writer.counted(done, " 项"),
        "，完成率 ",
        share(writer, done, len(tasks)),
        "，逾期未完成 ",
        writer.counted(late, " 项"),
        "。",
    )


def _rows(told: Told, cells: Any) -> list[tuple[str, tuple[Cell, ...]]]:
    return [(each.task, cells(told, each)) for each in told.facts.tasks]


def _unit(told: Told, task: TaskNote) -> Cell:
    return plain(scope_words(task.unit or task.scope, told.facts.names))


def _progress(told: Told, task: TaskNote) -> Span:
    return told.writer.bound(figure(task.progress, "ratio"), f"task/{task.task}")


def _listed(told: Told, task: TaskNote) -> tuple[Cell, ...]:
    late = [soft("已逾期")] if task.overdue and task.state != "done" else []
    return (
        plain(task.title),
        plain(TASK_KIND_ZH[task.task_kind]),
        _unit(told, task),
        told.writer.who(owner_of(told.facts, task.owner)),
        plain(date_words(task.ends_on)),
        (_progress(told, task),),
        (Span(text=TASK_STATE_ZH[task.state]), *late),
    )


def _broken_down(told: Told, task: TaskNote) -> tuple[Cell, ...]:
    titles = {each.id: each.title for each in (*told.facts.goals, *told.facts.parts)}
    return (
        plain(VERTICAL_SYSTEM_ZH[VerticalSystem(task.system)]),
        plain(task.title),
        plain("；".join(titles.get(each, each) for each in task.goals) or "—"),
        _unit(told, task),
        told.writer.who(owner_of(told.facts, task.owner)),
        plain(date_words(task.starts_on)),
        plain(date_words(task.ends_on)),
    )


def _assessed(told: Told, task: TaskNote) -> tuple[Cell, ...]:
    in_time = bool(task.done_on and (task.ends_on is None or task.done_on <= task.ends_on))
    result = "按期完成" if in_time else "逾期完成" if task.done_on else "未完成"
    place = f"task_results/{task.task}/note"
    return (
        plain(task.title),
        _unit(told, task),
        plain(date_words(task.ends_on)),
        plain(date_words(task.done_on)),
        (_progress(told, task),),
        (tag(result, "met_target" if in_time else "below_standard"),),
        told.writer.place(place),
    )


def _result(told: Told, run: str, item: dict[str, Any]) -> tuple[Cell, ...]:
    key = f"assessment/{run}"
    verdict = {"confirmed": "已确认", "declined": "未予确认", None: "—"}[item["decision"]]
    vetoed = [soft("一票否决")] if item["vetoed"] else []
    return (
        plain("—" if item["place"] is None else str(item["place"])),
        plain(item["title"]),
        (told.writer.bound(figure(item["points"], "score"), key), *vetoed),
        (told.writer.bound(figure(item["coverage"], "ratio"), key),),
        plain(item["grade"] or "—"),
        plain(verdict),
    )


def _standard_share(child: ChildFact) -> Decimal:
    return ratio(Decimal(child.met_standard), Decimal(child.with_data))


def _object(told: Told, child: ChildFact) -> tuple[Cell, ...]:
    return (
        plain(child.name_zh),
        (told.writer.counted(child.bound),),
        (told.writer.counted(child.with_data),),
        (share(told.writer, child.met_standard, child.with_data),),
        (share(told.writer, child.met_target, child.with_data),),
    )


def _drawn(kind: str, children: Sequence[ChildFact]) -> Block:
    shares = tuple(shown(str(_standard_share(each)), "ratio") for each in children)
    target = tuple(
        shown(str(ratio(Decimal(each.met_target), Decimal(each.with_data))), "ratio")
        for each in children
    )
    series = [
        Series(name="标准达标率", values=shares, colour=BLUE),
        Series(name="目标达标率", values=target, colour=GREEN),
    ]
    names = [each.name_zh for each in children]
    return chart(f"objects-{kind}-drawn", "bar", "下级对象达标率（%）", names, series)
