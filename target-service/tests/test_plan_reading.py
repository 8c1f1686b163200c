"""A plan is read and looked through over HTTP; nothing is kept."""

import re
from pathlib import Path
from typing import Any

import pytest

from shared.workbooks.writing import XLSX

DEMO = Path(__file__).parents[2] / "deploy/src/helix8/demo/college/plan-2020-18.txt"


async def test_a_plan_is_looked_through_with_the_units_that_are_known(desk: Any) -> None:
    told = await desk.scope("unit/RSC", seq=2, name_zh="组织人事部")
    await desk.handled(told)
    response = await desk.running.client.post(
        "/v1/plans/lint",
        content=DEMO.read_bytes(),
        headers={"content-type": "text/plain; charset=utf-8"},
    )
    assert response.status_code == 200, response.text
    read = response.json()
    assert (read["number"], len(read["rows"]), len(read["bodies"])) == (
        "重建院发〔2020〕18号",
        26,
        9,
    )
    assert read["rows"][7] == {
        "line": 211,
        "cells": {
            "system": "专业课程层面",
            "task": "诊改运行",
            "content": "基于“8”字螺旋,自我诊改,持续提升",
            "leader": "分管教学学校领导",
            "lead": "教务处",
            "undertakers": "教务处,二级学院(部)",
            "deliverable": "诊改报告",
            "start": "2021.12",
            "end": "持续",
        },
        "how": {
            "system": "carried",
            "leader": "carried",
            "lead": "carried",
            "undertakers": "lost",
            "deliverable": "moved",
            "start": "moved",
            "end": "moved",
        },
        "start": "2021-12",
        "end": None,
        "ongoing": True,
        "work": "run",
        "level": "major",
    }
    assert len(read["findings"]) == 25
    units = {each["name"]: each for each in read["units"]}
    assert (units["人事部"]["unit"], units["人事部"]["known_as"]) == ("unit/RSC", "组织人事部")
    template = await desk.running.client.get("/v1/plans/template")
    assert template.headers["content-type"] == XLSX
    empty = await desk.running.client.post(
        "/v1/plans/lint", content=template.content, headers={"content-type": XLSX}
    )
    assert empty.status_code == 422
    assert list(empty.json()["validationErrors"]) == ["规划!A3"]
    other = await desk.running.client.post(
        "/v1/plans/lint", content=b"x", headers={"content-type": "application/msword"}
    )
    assert (other.status_code, other.json()["type"]) == (415, "urn:helix8:problem:plan-file-kind")


@pytest.mark.parametrize("kind", ["application/yaml", XLSX, "text/plain"])
async def test_a_file_that_is_too_large_is_refused(desk: Any, kind: str) -> None:
    response = await desk.running.client.post(
        "/v1/plans/lint", content=b"x" * (4 * 1024 * 1024 + 1), headers={"content-type": kind}
    )
    assert response.status_code == 413


TEXT = {"content-type": "text/plain"}


async def bring_in(desk: Any, text: str, **query: str) -> Any:
    """Bring in a plan; return the answer, which must be 200."""
    response = await desk.running.client.post(
        "/v1/plans/import", content=text.encode(), headers=TEXT, params=query
    )
    assert response.status_code == 200, response.text
    return response.json()


def counts(answer: Any) -> dict[str, int]:
    """Return how often each change came of each kind."""
    found: dict[str, int] = {}
    for each in answer["made"]:
        name = f"{each['kind']} {each['change']}"
        found[name] = found.get(name, 0) + 1
    return found


EVERYTHING = {"basis": 6, "body": 9, "plan": 1, "goal": 7, "task": 26}


def all_of_it(change: str) -> dict[str, int]:
    return {f"{kind} {change}": count for kind, count in EVERYTHING.items()}


async def test_a_plan_is_brought_in_once_and_again_it_changes_nothing(desk: Any) -> None:
    text = DEMO.read_text(encoding="utf-8")
    unsaid = await desk.running.client.post("/v1/plans/import", content=text.encode(), headers=TEXT)
    assert (unsaid.status_code, "?scope=" in unsaid.text) == (422, True)
    for scope, name in (("school/14365", "学校"), ("unit/JWC", "教务处")):
        await desk.handled(await desk.scope(scope, seq=2, name_zh=name))

    rehearsal = await bring_in(desk, text, dryRun="true")
    assert (rehearsal["dry_run"], counts(rehearsal)) == (True, all_of_it("created"))
    assert await desk.get("plans") == []
    assert await desk.facts("plan.imported") == []

    first = await bring_in(desk, text)
    assert counts(first) == all_of_it("created")
    kept = await desk.get("plans/plan-2020-18/import")
    assert (kept["version"], kept["read"]) == (1, first["read"])
    assert [(each["key"], each["lines"]) for each in kept["made"]] == [
        (each["key"], each["lines"]) for each in first["made"]
    ]
    assert (await desk.running.client.get("/v1/plans/none/import")).status_code == 404
    task = await desk.get("tasks/plan-2020-18.run.teacher")
    assert (task["title"][:4], task["starts_on"], task["ends_on"], task["after"]) == (
        "诊改运行",
        "2021-09-01",
        None,
        [f"plan-2020-18.{each}.teacher" for each in ("chain", "rule", "platform")],
    )
    run = await desk.get("tasks/plan-2020-18.run.major")
    assert (run["unit"], run["named"]) == ("unit/JWC", [{"name": "二级学院(部)", "role": "B"}])
    hub = await desk.get("tasks/plan-2020-18.hub.all")
    assert (hub["unit"], hub["named"]) == (None, [{"name": "信息化处", "role": "A"}])
    sheet = await desk.get("sheets/plan/plan-2020-18", **{"as": "json"})
    at = [each["key"] for each in sheet["owners"]].index("信息化处")
    [line] = [each for each in sheet["tasks"] if each["key"] == "plan-2020-18.hub.all"]
    assert line["roles"] == {str(at): "A"}
    assert {
        each["key"] for each in await desk.get("tasks", sheet="plan/plan-2020-18", limit=50)
    } == {each["key"] for each in sheet["tasks"]}
    told = await desk.until(lambda: desk.facts("plan.imported"))
    assert [(each["id"], each["version"], each["findings"]) for each in told] == [
        ("plan-2020-18", 1, 25)
    ]
    assert [(each["level"], each["rhythm"]) for each in told[0]["cycles"]] == [
        ("school", "year"),
        ("major", "construction"),
        ("course", "term"),
        ("course", "construction"),
        ("course", "term"),
        ("teacher", "appointment"),
        ("student", "ayear"),
        ("student", "term"),
    ]

    again = await bring_in(desk, text)
    assert counts(again) == all_of_it("unchanged")


async def test_a_corrected_plan_changes_what_differs_and_leaves_what_people_changed(
    desk: Any,
) -> None:
    await desk.handled(await desk.scope("school/14365", seq=2, name_zh="学校"))
    text = DEMO.read_text(encoding="utf-8")
    await bring_in(desk, text)
    task = await desk.get("tasks/plan-2020-18.run.teacher")
    # Somebody gives the task an owner; the corrected file moves its start, and leaves the owner.
    own = {name: task[name] for name in ("key", "title", "kind", "system", "scope", "after")}
    given = own | {"goals": task["goals"], "owner": "teacher/T001", "starts_on": "2021-09-01"}
    assert (await desk.put("tasks", given)).status_code == 200
    corrected = text.replace("诊改报告\t2021.09\t持续", "诊改报告\t2022.01\t持续")
    changed = await bring_in(desk, corrected)
    assert [each["key"] for each in changed["made"] if each["change"] == "changed"] == [
        "plan-2020-18.run.teacher"
    ]
    after = await desk.get("tasks/plan-2020-18.run.teacher")
    assert (after["owner"], after["starts_on"]) == ("teacher/T001", "2022-01-01")

    # The last task of a goal ends sooner, and so does the goal: both come forward.
    corrected = re.sub(r"(智能云课堂平台\s.*)2021\.12", r"\g<1>2021.11", corrected)
    sooner = await bring_in(desk, corrected)
    moved = [each for each in sooner["made"] if each["change"] == "changed"]
    assert sorted(
        (each["kind"], each["document"].get("deadline") or each["document"]["ends_on"])
        for each in moved
    ) == [("goal", "2021-11-30"), ("task", "2021-11-30")]

    # A row that the file names no more is told, and stays.
    shorter = "\n".join(line for line in corrected.splitlines() if "文化建设\t" not in line)
    left = await bring_in(desk, shorter)
    assert [each["key"] for each in left["made"] if each["change"] == "gone"] == [
        "plan-2020-18.culture.all"
    ]
    assert (await desk.get("tasks/plan-2020-18.culture.all"))["state"] == "draft"


async def test_tasks_that_rest_on_each_other_are_refused_and_nothing_is_kept(desk: Any) -> None:
    """The data centre uses the hall, which cannot stand before the data centre."""
    await desk.handled(await desk.scope("school/14365", seq=2, name_zh="学校"))
    text = DEMO.read_text(encoding="utf-8").replace(
        "建设数据互通、共享校本数据中心", "运用网上事务大厅,建设数据互通、共享校本数据中心"
    )

    response = await desk.running.client.post(
        "/v1/plans/import", content=text.encode(), headers=TEXT
    )

    assert response.status_code == 422, response.text
    assert "task/plan-2020-18.platform" in response.text
    assert await desk.get("plans") == []


async def test_a_task_with_more_helpers_than_there_may_be_is_told(desk: Any) -> None:
    await desk.handled(await desk.scope("school/14365", seq=2, name_zh="学校"))
    many = "、".join(f"第{at}办公室" for at in range(31))
    head = "工作任务\t主要内容\t牵头部门\t承担部门\t开始时间\t完成时间\n"
    text = f"{head}诊改运行\t自我诊改\t教务处\t{many}\t2026.09\t2026.12\n"
    refused = await desk.running.client.post(
        "/v1/plans/import", content=text.encode(), headers=TEXT
    )
    assert refused.status_code == 422, refused.text
    [place] = refused.json()["validationErrors"]
    assert place.startswith("task/plan-"), place
    assert place.endswith(" $.named"), place


async def test_what_a_register_holds_already_is_not_registered_twice(desk: Any) -> None:
    await desk.handled(await desk.scope("school/14365", seq=2, name_zh="学校"))
    known = {"key": "M001", "title": "建立诊改制度的通知", "number": "教职成厅〔2015〕2号"}
    assert (await desk.put("basis-documents", known)).status_code == 201
    done = await bring_in(desk, DEMO.read_text(encoding="utf-8"))
    assert counts(done)["basis unchanged"] == 1
    plan = await desk.get("plans/plan-2020-18")
    assert plan["basis"][0] == "M001"
