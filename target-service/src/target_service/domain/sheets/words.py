"""What a sheet says, in Chinese and in English.

Source: plan §四(三); the English words are those of the one-page project manager.
"""

from collections.abc import Callable
from typing import Final

from target_service.domain.sheets.document import Language, Light

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "sheet": ("“一页纸”项目管理表", "One-page project sheet"),
    "leader": ("负责人", "Project leader"),
    "objective": ("总目标", "Overall objective"),
    "as-of": ("截至", "As of"),
    "objectives": ("目标", "Objectives"),
    "tasks": ("主要任务", "Major tasks"),
    "dates": ("时间", "Target dates"),
    "owners": ("负责人", "Owners"),
    "costs": ("经费", "Costs"),
    "qualitative": ("定性任务", "Qualitative tasks"),
    "summary": ("总结", "Summary"),
    "forecast": ("预测", "Forecast"),
    "today": ("今日", "Today"),
    "all": ("合计", "Total"),
    "planned": ("计划", "planned"),
    "done": ("完成", "done"),
    "part": ("部分完成", "in part"),
    "late": ("滞后", "late"),
    "draft": ("草案", "draft"),
    "roles": ("A 主责  B 协办  C 支持", "A primary  B secondary  C support"),
    "others": ("其他", "Others"),
    "no-costs": ("未列预算", "No budget stated"),
    "no-tasks": ("还没有任务", "No tasks yet"),
    "actual": ("实际", "actual"),
    "lights": ("绿 正常  黄 有风险  红 有问题", "G on track  Y at risk  R in trouble"),
    "counts": (
        "任务 {total} 项：完成 {done}，逾期 {overdue}，滞后 {behind}",
        "{total} tasks: {done} done, {overdue} overdue, {behind} behind",
    ),
    "pace": (
        "总进度 {actual}%，按日历应为 {planned}%",
        "{actual}% done where the calendar asks for {planned}%",
    ),
    "money": (
        "经费执行 {actual} / {planned}（{share}%）",
        "{actual} of {planned} spent ({share}%)",
    ),
    "left-out": ("另有 {count} 项任务未列入本页", "{count} more tasks are not on this page"),
    "ends": (
        "按目前进度，{day} 全部完成，比计划晚 {days} 天",
        "At the present pace all is done on {day}, {days} days late",
    ),
    "in-time": (
        "按目前进度，{day} 前全部完成，不晚于计划",
        "At the present pace all is done by {day}, in time",
    ),
    "by": (
        "按目前进度，{day} 前全部完成，但 {late} 项晚于各自的期限",
        "At the present pace all is done by {day}, but {late} of them after their own last day",
    ),
    "rest": (
        "其余任务按目前进度 {day} 前完成，其中 {late} 项晚于各自的期限",
        "At the present pace the others are done by {day}, {late} of them after their last day",
    ),
    "no-pace": (
        "{count} 项任务期限已过而没有进度，无从预测",
        "{count} tasks whose last day is over show no progress: nothing can be forecast for them",
    ),
    "outside": (
        "今日 {day} 不在时间轴 {first} – {last} 之内",
        "Today, {day}, lies outside the timeline of {first} – {last}",
    ),
    "all-done": ("任务全部完成", "All tasks are done"),
    "not-begun": ("尚无进度，按计划 {day} 完成", "No progress yet; by plan all is done on {day}"),
    "worst": ("拖后最多：{title}", "Furthest behind: {title}"),
}

LIGHTS: Final[dict[Light, tuple[str, str]]] = {
    "green": ("绿", "G"),
    "yellow": ("黄", "Y"),
    "red": ("红", "R"),
}

Words = Callable[..., str]


def words_in(language: Language) -> Words:
    """Return what gives the words of a language by their name, filled in with values."""
    at = 0 if language == "zh" else 1

    def say(name: str, **values: object) -> str:
        return _WORDS[name][at].format(**values)

    return say


def lamp_word(light: Light, language: Language) -> str:
    """Return the letter of a light: colour alone says nothing in black and white."""
    return LIGHTS[light][0 if language == "zh" else 1]
