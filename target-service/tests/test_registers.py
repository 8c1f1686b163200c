"""Registers: entries with versions, what follows from them, what they name must be there."""

from typing import Any


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
