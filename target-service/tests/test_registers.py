"""Registers: entries with versions, what follows from them, what they name must be there."""

from typing import Any

PLAN = {
    "key": "y26",
    "kind": "year",
    "title": "2026 年工作计划",
    "period": "year:2026",
    "scope": "unit/U1",
}


async def test_registers_keep_versions_and_say_what_follows(desk: Any) -> None:
    basis = {
        "key": "M003",
        "title": "关于全面推进职业院校教学工作诊断与改进制度建设的通知",
        "number": "教职成司函〔2017〕56号",
        "cited_as": "教职成司函〔2015〕56号",
        "clauses": [{"key": "一", "text": "…"}],
    }
    assert (await desk.put("basis-documents", basis)).status_code == 201
    again = await desk.put("basis-documents", basis)
    assert (again.status_code, again.headers["Changed"]) == (200, "false")
    await desk.put("basis-documents", basis | {"issuer": "教育部职成司"})
    newest = await desk.get("basis-documents/M003")
    assert (newest["version"], newest["document"]["issuer"]) == (2, "教育部职成司")
    assert "应为 教职成司函〔2017〕56号" in newest["follows"]["discrepancies"][0]
    first = await desk.get("basis-documents/M003", version=1)
    assert first["document"]["issuer"] == ""

    standard = {
        "key": "s",
        "kind": "post_work",
        "title": "岗位工作标准",
        "scope": "unit/U1",
        "criteria": [
            {
                "indicator": "papers",
                "tiers": {"qualified": {"op": ">=", "value": "1"}},
                "basis": {"document": "M003", "clause": "二"},
            }
        ],
    }
    refused = await desk.put("standards", standard)
    assert list(refused.json()["validationErrors"]) == ["$.criteria[0].basis.clause"]
    standard["criteria"][0]["basis"]["clause"] = "一"
    assert (await desk.put("standards", standard)).status_code == 201
    cited = await desk.running.client.delete("/v1/basis-documents/M003")
    assert (cited.status_code, cited.json()["type"].rpartition(":")[2]) == (409, "cited")


async def test_risks_checklists_processes_and_values_are_registered(desk: Any) -> None:
    risk = {
        "key": "r1",
        "title": "通过率下滑",
        "scope": "course/C1",
        "likelihood": 3,
        "impact": 5,
        "indicator": "pass_rate",
        "owner": "teacher/T001",
    }
    unknown = await desk.put("risks", risk | {"owner": "teacher/NO", "indicator": "nope"})
    assert set(unknown.json()["validationErrors"]) == {"$.indicator", "$.owner"}
    made = await desk.put("risks", risk)
    assert made.json()["follows"] == {"level": 15, "colour": "red", "watch": []}
    period, line = "term:2096-2097-1", {"qualified": {"op": ">=", "value": "0.8"}}
    about = {"indicator": "pass_rate", "scope": "course/C1", "period": period}
    await desk.put("bindings", about | {"key": "b", "title": "通过率", "tiers": line})
    await desk.handled(await desk.measure("0.6", 1, scope="course/C1", period=period))
    watched = {"binding": "b", "period": period, "state": "below_standard", "warning": False}
    assert (await desk.get("risks/r1"))["follows"]["watch"] == [watched]

    items = [
        {"key": "1", "title": "目标链", "weight": "0.6", "evidence": "complete"},
        {"key": "2", "title": "平台", "weight": "0.4", "evidence": "partial"}
        | {"milestone": True, "due_on": "2021-10-31"},
    ]
    checklist = {"key": "review", "title": "复核准备", "items": items}
    ready = (await desk.put("readiness", checklist)).json()["follows"]
    assert ready["score"] == "0.800000"
    assert [(each["key"], each["overdue"]) for each in ready["items"]] == [
        ("2", True),
        ("1", False),
    ]
    items[1]["weight"] = "0.3"
    missed = await desk.put("readiness", checklist)
    assert list(missed.json()["validationErrors"]) == ["$.items[1].weight"]

    steps = [{"key": "a", "title": "申请", "party": "unit/U1"}]
    process = {"key": "p", "title": "调课流程", "unit": "unit/U1", "steps": steps}
    assert (await desk.put("processes", process)).status_code == 201
    value = {"key": "lide", "title": "立德", "levels": ["student"]}
    assert (await desk.put("value-dimensions", value)).status_code == 201


async def test_a_body_is_told_with_its_members_and_duties(desk: Any) -> None:
    body = {
        "key": "M141",
        "title": "质量诊改工作办公室",
        "since": "2020-11-01",
        "members": [{"party": "副校长", "place": "head"}, {"party": "teacher/T001"}],
        "duties": [{"key": "1", "text": "统筹协调学校诊改工作", "done_on": "2026-01-01"}],
        "matrix": [
            {"duty": "1", "party": "副校长", "part": "A"},
            {"duty": "1", "party": "teacher/T001", "part": "R"},
        ],
    }

    made = (await desk.put("bodies", body)).json()

    assert made["follows"] == {
        "duties_done": 1,
        "duties": 1,
        "tasks": [],
        "members_today": ["副校长", "teacher/T001"],
    }
    twice = body["matrix"] + [{"duty": "1", "party": "校长", "part": "A"}]
    refused = await desk.put("bodies", body | {"matrix": twice})
    assert list(refused.json()["validationErrors"]) == ["$.matrix[2].part"]
    assert (await desk.running.client.delete("/v1/bodies/M141")).status_code == 204

    async def both() -> Any:
        found = await desk.facts("body.")
        return found if len(found) == 2 else None

    told = [(each["id"], each["version"], each["withdrawn"]) for each in await desk.until(both)]
    assert told == [("M141", 1, False), ("M141", 2, True)]
    assert await desk.get("bodies") == []


async def test_duties_of_a_body_and_of_a_process_become_tasks(desk: Any) -> None:
    """The unit does it, the head answers for it; the next round is another task."""
    for scope in ("unit/U1", "school/19001"):
        await desk.handled(await desk.scope(scope, seq=2))
    duties = [{"key": "1", "text": "负责年度目标分解、考核"}, {"key": "2", "text": "撰写报告"}]
    parts = (("校长", "A"), ("unit/U1", "R"), ("teacher/T001", "C"), ("各部门", "I"))
    body = {"key": "M143", "title": "学校层面工作组", "since": "2020-12-18", "duties": duties}
    body["matrix"] = [{"duty": "1", "party": party, "part": part} for party, part in parts]
    await desk.put("bodies", body)

    async def draft(path: str, **said: Any) -> Any:
        return await desk.running.client.post(f"/v1/{path}/task", json=said)

    days = {"starts_on": "2026-01-01", "ends_on": "2099-12-31"}
    made = await draft("bodies/M143/duties/1", **days)
    again = await draft("bodies/M143/duties/1")
    unknown = await draft("bodies/M143/duties/3")

    assert (made.status_code, made.headers["Location"]) == (201, "/v1/tasks/body:M143:1")
    task = made.json()
    assert {name: task[name] for name in ("title", "kind", "system", "scope", "unit", "owner")} == {
        "title": "负责年度目标分解、考核",
        "kind": "routine",
        "system": "decision",
        "scope": "school/19001",
        "unit": "unit/U1",
        "owner": "unit/U1",
    }
    assert task["named"] == [{"name": "校长", "role": "A"}]
    assert task["helpers"] == [{"who": "teacher/T001", "role": "C"}]
    assert (again.status_code, again.headers["Changed"], again.json()["key"]) == (
        200,
        "false",
        "body:M143:1",
    )
    assert unknown.status_code == 404
    follows = (await desk.get("bodies/M143"))["follows"]
    assert [(each["duty"], each["task"]) for each in follows["tasks"]] == [("1", "body:M143:1")]
    assert (follows["duties_done"], follows["duties"]) == (0, 2)


async def test_a_duty_is_another_task_once_that_before_is_over(desk: Any) -> None:
    await desk.handled(await desk.scope("unit/U1", seq=2))
    steps = [{"key": "a", "title": "申请", "party": "unit/U1"}]
    process = {"key": "p", "title": "调课", "unit": "unit/U1", "steps": steps}
    await desk.put("processes", process | {"post": "教务科", "duties": ["每学期核对课表"]})

    async def draft(**said: Any) -> Any:
        return await client.post("/v1/processes/p/duties/1/task", json=said)

    client = desk.running.client
    of_unit = await draft(starts_on="2026-01-01", ends_on="2099-12-31")
    assert (of_unit.json()["scope"], of_unit.json()["owner"]) == ("unit/U1", "unit/U1")
    for step, said in (("issue", None), ("cancel", {"reason": "并入年度任务"})):
        assert (await client.post(f"/v1/tasks/process:p:1/{step}", json=said)).is_success
    assert (await draft()).json()["key"] == "process:p:1@2"
    served = (await desk.get("processes/p"))["follows"]["tasks"]
    assert [(each["duty"], each["task"], each["state"]) for each in served] == [
        ("1", "process:p:1", "cancelled"),
        ("1", "process:p:1@2", "draft"),
    ]


async def test_a_resolution_of_a_meeting_is_kept_with_what_it_decided_on(desk: Any) -> None:
    await desk.put("plans", PLAN)
    await desk.put("bodies", {"key": "M140", "title": "学校质量诊改工作领导小组"})
    decided = [("plan", "y26"), ("body", "M140"), ("goal", "none"), ("task", "none")]
    resolution = {
        "key": "2026-3",
        "title": "审定年度工作计划",
        "meeting": "校长办公会",
        "held_on": "2026-03-02",
        "text": "同意；由领导小组组织实施。",
        "decides": [{"kind": kind, "key": key} for kind, key in decided],
    }

    refused = await desk.put("resolutions", resolution)
    made = await desk.put("resolutions", resolution | {"decides": resolution["decides"][:2]})

    assert list(refused.json()["validationErrors"]) == ["$.decides[2].key", "$.decides[3].key"]
    assert made.status_code == 201
    [kept] = await desk.get("resolutions")
    assert (kept["document"]["meeting"], kept["version"]) == ("校长办公会", 1)
    assert [each["key"] for each in kept["document"]["decides"]] == ["y26", "M140"]
