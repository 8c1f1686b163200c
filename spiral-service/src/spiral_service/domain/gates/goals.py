"""Gates on goals, standards, tasks and attainments.

Source: design "The spiral", steps and gates.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from spiral_service.domain.gates.base import (
    Blocker,
    Check,
    Fact,
    Facts,
    Parameter,
    blocks,
    none_of,
)

_ON: Final = frozenset({"accepted", "in_progress", "done"})


def goal_is_smart(facts: Facts, _: Mapping[str, Any]) -> list[Blocker]:
    """Each goal meets every letter, or the letter was waived; and there is one."""
    if not facts.goals:
        return [none_of("goal", facts, "目标", "goal")]
    return [
        blocks(
            "goal",
            goal,
            f"SMART 未满足 {'、'.join(missing)}",
            f"SMART.{','.join(missing)} is neither met nor waived",
        )
        for goal in facts.goals
        if (missing := goal.document["missing"])
    ]


def standard_is_approved(facts: Facts, parameters: Mapping[str, Any]) -> list[Blocker]:
    """At least one approved standard is bound to each goal, and it has a floor."""
    if not facts.goals:
        return [none_of("goal", facts, "目标", "goal")]
    bound: defaultdict[str, list[Fact]] = defaultdict(list)
    for binding in facts.bindings:
        bound[binding.document["goal"] or ""].append(binding)
    found: list[Blocker] = []
    for goal in facts.goals:
        approved = [
            each for each in bound[goal.key] if each.document["standard_version"] is not None
        ]
        if not approved:
            said = ("没有绑定已批准的标准", "no approved standard is bound to it")
            found.append(blocks("goal", goal, *said))
        elif parameters.get("floor", True) and not any(each.document["floor"] for each in approved):
            found.append(blocks("goal", goal, "标准没有底线", "its standard has no floor"))
    return found


def tasks_are_planned(facts: Facts, parameters: Mapping[str, Any]) -> list[Blocker]:
    """Each goal has a task; each task has dates, an owner and resources."""
    has_task = {key for task in facts.tasks for key in task.document["goals"]}
    found = [
        blocks("goal", goal, "没有任务", "no task serves it")
        for goal in facts.goals
        if goal.key not in has_task
    ]
    if not facts.goals:
        found.append(none_of("goal", facts, "目标", "goal"))
    for task in facts.tasks:
        lacks = _lacks(task, resources=parameters.get("resources", True))
        if lacks:
            zh, en = "、".join(each[0] for each in lacks), ", ".join(each[1] for each in lacks)
            found.append(blocks("task", task, f"缺少{zh}", f"lacks {en}"))
    return found


def tasks_are_accepted(facts: Facts, _: Mapping[str, Any]) -> list[Blocker]:
    """Each task was accepted by its owner."""
    if not facts.tasks:
        return [none_of("task", facts, "任务", "task")]
    return [
        blocks("task", task, "责任人尚未接受", "its owner has not accepted it")
        for task in facts.tasks
        if task.document["state"] not in _ON
    ]


def progress_is_reported(facts: Facts, parameters: Mapping[str, Any]) -> list[Blocker]:
    """Each task has an approved report of progress; all of it where that is asked for."""
    if not facts.tasks:
        return [none_of("task", facts, "任务", "task")]
    if parameters.get("done", False):
        return [
            blocks("task", task, "尚未完成", "it is not done")
            for task in facts.tasks
            if task.document["state"] != "done"
        ]
    return [
        blocks("task", task, "没有填报进展", "no progress is reported")
        for task in facts.tasks
        if not float(task.document["progress"]) > 0 and task.document["state"] != "done"
    ]


def attainment_is_known(facts: Facts, _: Mapping[str, Any]) -> list[Blocker]:
    """Each goal has been judged on data."""
    if not facts.goals:
        return [none_of("goal", facts, "目标", "goal")]
    judged = {
        each.document["goal"] for each in facts.attainments if each.document["state"] != "no_data"
    }
    return [
        blocks("attainment", goal, "没有达成度（无数据）", "its attainment is not known: no data")
        for goal in facts.goals
        if goal.key not in judged
    ]


def _lacks(task: Fact, *, resources: bool) -> list[tuple[str, str]]:
    has = {
        ("时间", "dates"): bool(task.document["starts_on"] and task.document["ends_on"])
        or task.document["due"],
        ("责任人", "an owner"): bool(task.owner),
        ("资源", "resources"): task.document["resourced"] or not resources,
    }
    return [name for name, is_there in has.items() if not is_there]


CHECKS: Final = {
    "goal_is_smart": Check(judge=goal_is_smart, reads=("goals",)),
    "standard_is_approved": Check(
        judge=standard_is_approved,
        reads=("goals", "bindings"),
        parameters={"floor": Parameter(type=bool)},
    ),
    "tasks_are_planned": Check(
        judge=tasks_are_planned,
        reads=("goals", "tasks"),
        parameters={"resources": Parameter(type=bool)},
    ),
    "tasks_are_accepted": Check(judge=tasks_are_accepted, reads=("tasks",)),
    "progress_is_reported": Check(
        judge=progress_is_reported, reads=("tasks",), parameters={"done": Parameter(type=bool)}
    ),
    "attainment_is_known": Check(judge=attainment_is_known, reads=("goals", "attainments")),
}
