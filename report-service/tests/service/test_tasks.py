"""A task that is done is told by two facts of one version: when it was done is kept."""

from typing import Any

import pytest

from shared.contracts.target_tasks import TaskDone, TaskProgressed

TASK = {
    "id": "T1",
    "version": 6,
    "state": "done",
    "title": "期中教学检查",
    "kind": "routine",
    "system": "supervision",
    "scope": "unit/U1",
    "unit": "unit/U1",
    "owner": "T001",
    "goals": [],
    "starts_on": "2026-09-01",
    "ends_on": "2026-11-30",
    "due_at": "2026-11-30T16:00:00Z",
    "progress": "1",
    "at": "2026-11-20T08:00:00Z",
}


async def test_a_task_that_was_done_in_time_is_assessed_so(world: Any, told: Any) -> None:
    said = {"planned": "0.9", "budget": None, "spent": "0", "light": "green"}
    people = {"reported_by": "person/T001", "approved_by": "person/T002"}
    day = {"done_on": "2026-11-20"}
    await world.tell(
        TaskProgressed.model_validate(TASK | said | people | day),
        TaskDone.model_validate(TASK | day),
        key="unit/U1",
    )
    # What was over before the year, and what begins after it, is no work of it.
    for other in (
        {"id": "T2", "starts_on": "2025-09-01", "ends_on": "2025-11-30", "done_on": "2025-11-20"},
        {"id": "T3", "starts_on": "2027-03-01", "ends_on": "2027-06-30", "done_on": "2027-05-01"},
    ):
        await world.tell(TaskDone.model_validate(TASK | other), key="unit/U1")
    await world.tell(told.scope(scope="unit/U1", name_zh="土木工程学院"), key="unit/U1")

    wish = {"scope": "unit/U1", "period": "year:2026", "kind": "task_assessment"}
    report = (await world.make(**wish)).json()
    content = (await world.running.client.get(f"/v1/reports/{report['id']}")).json()["content"]

    with pytest.raises(IndexError):
        told.cells(content, "task_results", 1)
    row = told.cells(content, "task_results")
    assert (row["done"], row["result"]) == (["2026年11月20日"], ["按期完成"])
    assert row["unit"] == ["土木工程学院"]
