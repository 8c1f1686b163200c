"""Tasks that are overdue: from the facts of the target service to alerts, and back."""

from typing import Any

from shared.contracts.target_tasks import (
    TaskCancelled,
    TaskDone,
    TaskFact,
    TaskIssued,
    TaskOverdue,
    TaskProgressed,
)

NIGHT = "2026-11-01T00:00:00+08:00"
TASK = {
    "id": "t1",
    "title": "修订课程标准",
    "kind": "key",
    "system": "generation",
    "scope": "course/C0001",
    "unit": "unit/U1",
    "owner": "teacher/T001",
    "goals": (),
    "starts_on": "2026-09-01",
    "ends_on": "2026-10-31",
    "due_at": NIGHT,
}
OVERDUE = {"version": 3, "state": "in_progress", "progress": "0.4", "at": NIGHT}
PROGRESS = {
    "planned": "1",
    "budget": None,
    "spent": "0",
    "light": None,
    "reported_by": "person/T001",
    "approved_by": "person/T002",
}


async def tell(desk: Any, kind: type[TaskFact], **more: Any) -> str:
    """Publish a fact about a task as the target service does."""
    told: str = await desk.send(kind.model_validate(TASK | more), "course/C0001")
    return told


async def test_an_overdue_task_warns_in_red_until_it_is_done(desk: Any) -> None:
    issued = {"version": 2, "state": "issued", "progress": "0", "at": "2026-09-01T08:00:00+08:00"}
    await tell(desk, TaskIssued, **issued)
    await tell(desk, TaskOverdue, **OVERDUE)
    later = {"version": 4, "state": "in_progress", "at": "2026-11-03T08:00:00+08:00"}
    await tell(desk, TaskProgressed, **later, **PROGRESS, progress="0.7")
    [open_alert] = await desk.until(lambda: desk.get("alerts", severity="red"))
    done = {"version": 5, "state": "done", "progress": "1", "at": "2026-11-05T08:00:00+08:00"}
    await tell(desk, TaskDone, **done, done_on="2026-11-05")

    facts = await desk.facts(3)

    assert [kind for kind, _ in facts] == ["raised", "merged", "settled"]
    raised, merged, settled = (fact for _, fact in facts)
    assert [raised[name] for name in ("rule", "family", "indicator", "scope", "period")] == [
        "overdue/tasks/t1",
        "task",
        None,
        "course/C0001",
        "day:2026-10-31",
    ]
    assert (raised["severity"], raised["title"]) == ("red", "任务逾期：修订课程标准")
    assert (raised["owner"], raised["value"]) == ("teacher/T001", "0.4")
    assert raised["crossed"] == {"line": "target", "op": ">=", "value": "1", "upper": None}
    assert (open_alert["binding"], open_alert["crossed"]["words"]) == ("/tasks/t1", "≥ 100%")
    assert merged["value"] == "0.7"
    assert (settled["how"], settled["effect"]) == ("recovered", "0.6")


async def test_another_deadline_or_no_task_any_more_ends_the_alert(desk: Any) -> None:
    for key in ("t1", "t2"):
        await tell(desk, TaskOverdue, **OVERDUE, id=key, owner="unit/U1")
    at = "2026-11-03T08:00:00+08:00"
    moved = {"ends_on": "2026-12-31", "due_at": "2027-01-01T00:00:00+08:00", "at": at}
    await tell(desk, TaskIssued, **OVERDUE | moved | {"version": 4}, id="t1", owner="unit/U1")
    gone = {"version": 4, "state": "cancelled", "at": at, "reason": "并入"}
    await tell(desk, TaskCancelled, **OVERDUE | gone, id="t2", owner="unit/U1")
    late = await tell(desk, TaskOverdue, **OVERDUE, id="t1", owner="unit/U1")
    await desk.handled(late)

    facts = [fact for kind, fact in await desk.facts(4) if kind == "settled"]

    assert [(fact["rule"], fact["how"], fact["effect"]) for fact in facts] == [
        ("overdue/tasks/t1", "line-changed", None),
        ("overdue/tasks/t2", "withdrawn", None),
    ]
    # A unit cannot acknowledge: the quality office does where the scope names nobody.
    assert [each["owner"] for each in await desk.get("alerts")] == ["role/qa_office"] * 2
