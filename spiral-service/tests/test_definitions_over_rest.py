"""Definitions over REST: read, lint, compare, publish, and put a running cycle on another one."""

import copy
from typing import Any

from shared.contracts.datahub import ScopeOwner
from shared.kit.identity import Caller, TokenSigner
from spiral_service.schemas.examples import DEFINITION

KEY = "AAA/2013-2014-1"
CYCLE = {"key": KEY, "scope": "class/AAA-2013J", "period": "term:2013-2014-1"}
OWN = {**DEFINITION, "kinds": []}


def other(**more: Any) -> dict[str, Any]:
    return copy.deepcopy(OWN) | more


async def test_a_college_publishes_its_own_and_versions_never_change(world: Any) -> None:
    first = await world.post("definitions", OWN)
    again = await world.post("definitions", OWN)
    next_ = await world.post("definitions", other(zh="课程自查二"))
    read = await world.get("definitions/example_check", version=1)
    stale = await world.running.client.post(
        "/v1/definitions", json=other(zh="三"), headers={"if-match": '"1"'}
    )

    assert [(each.status_code, each.headers["etag"]) for each in (first, again, next_)] == [
        (201, '"1"'),
        (200, '"1"'),
        (201, '"2"'),
    ]
    assert again.headers["changed"] == "false"
    assert (read["document"]["zh"], read["published_by"], read["shipped"]) == (
        "课程自查",
        "person/admin",
        False,
    )
    assert read["form_schemas"]["plan"]["required"] == ["scope"]
    assert (stale.status_code, stale.json()["detail"]) == (412, "当前版本是 2")
    [summary] = [
        each for each in await world.get("definitions") if each["definition"] == "example_check"
    ]
    assert (summary["version"], summary["versions"]) == (2, [1, 2])


async def test_the_colleges_version_of_a_shipped_one_never_meets_a_later_release(
    world: Any,
) -> None:
    shipped = await world.get("definitions/student_term")
    document = shipped["document"] | {"zh": "我校学生学期诊改"}
    published = await world.post("definitions", document)
    for_course = await world.get("definitions", scope="course/C1")

    assert (shipped["version"], shipped["shipped"], shipped["published_at"]) == (1, True, None)
    assert (published.status_code, published.json()["version"]) == (201, 1001)
    assert {each["definition"] for each in for_course} == {
        "figure_eight",
        "course_construction",
        "course_timely_diagnosis",
        "diagnosis_incentive",
        "level_reports",
    }


async def test_a_faulty_definition_is_linted_and_refused_by_path(world: Any) -> None:
    faulty = other(start="nowhere")
    faulty["steps"][1]["next"] = ["plan"]
    faulty["clocks"][0]["role"] = ""
    linted = await world.post("definitions/lint", faulty)
    refused = await world.post("definitions", faulty)
    fine = await world.post("definitions/lint", OWN)

    assert (linted.status_code, linted.json()["holds"], fine.json()) == (
        200,
        False,
        {"holds": True, "faults": {}},
    )
    assert {"$.start", "$.clocks[0].role"} <= set(linted.json()["faults"])
    assert (refused.status_code, refused.json()["type"]) == (
        422,
        "urn:helix8:problem:definition-faulty",
    )
    assert refused.json()["validationErrors"] == linted.json()["faults"]
    absent = await world.running.client.get("/v1/definitions/example_check")
    assert (absent.status_code, absent.json()["title"]) == (404, "没有这个螺旋定义")


async def test_versions_are_compared(world: Any) -> None:
    await world.post("definitions", OWN)
    await world.post("definitions", other(zh="课程自查二"))
    differences = await world.get("definitions/example_check/differences", **{"from": 1, "to": 2})

    assert differences == [{"path": "$.zh", "before": "课程自查", "after": "课程自查二"}]


async def test_a_running_cycle_stays_on_its_version_until_a_leader_moves_it(
    world: Any, signing_keys: tuple[TokenSigner, str]
) -> None:
    await world.post("definitions", OWN)
    await world.post("cycles", CYCLE | {"definition": "example_check"})
    changed = other(zh="课程自查二", start="draft")
    changed["steps"][0]["step"] = "draft"
    changed["clocks"][0]["step"] = "draft"
    changed["steps"][0]["gates"] = ["plan_is_filed", "alerts_are_settled", "goal_is_smart"]
    await world.post("definitions", changed)
    stays = await world.get(f"cycles/{KEY}")
    asked = {"definition": "example_check@2", "step": "draft"}
    preview = await world.get(f"cycles/{KEY}/migration", **asked)
    body = asked | {"reason": "修订了办法"}
    member = Caller(subject="person/T2", scopes=frozenset({"spiral:take-part", "spiral:write"}))
    header = {"authorization": f"Bearer {signing_keys[0].sign(member, 'spiral')}"}
    no_leader = await world.post(f"cycles/{KEY}/migrations", body, **header)
    unplaced = await world.post(
        f"cycles/{KEY}/migrations", {"definition": "example_check@2", "reason": "修订"}
    )
    done = await world.post(f"cycles/{KEY}/migrations", body)
    same = await world.post(f"cycles/{KEY}/migrations", body)

    assert (stays["definition"], stays["step"]) == ("example_check@1", "plan")
    assert (preview["becomes"], preview["step"], preview["step_becomes"]) == (
        "example_check@2",
        "plan",
        "draft",
    )
    assert [each["gate"] for each in preview["blocking"]] == ["goal_is_smart"]
    assert "$.start" in {each["path"] for each in preview["differences"]}
    assert no_leader.status_code == 403
    assert (unplaced.status_code, unplaced.json()["type"]) == (
        409,
        "urn:helix8:problem:migration-without-step",
    )
    assert (done.status_code, done.json()["definition"], done.json()["step"]) == (
        200,
        "example_check@2",
        "draft",
    )
    assert same.json()["type"] == "urn:helix8:problem:migration-to-same"
    facts = await world.facts(2)
    assert (facts[-1]["type"], facts[-1]["data"]["left_definition"], facts[-1]["data"]["left"]) == (
        "qa.spiral.cycle.migrated.v1",
        "example_check@1",
        "plan",
    )


async def test_who_holds_the_roles_of_another_version_answers_for_the_cycle(world: Any) -> None:
    counsellor = ScopeOwner(role="counsellor", person="teacher/T003")
    await world.scope(CYCLE["scope"], seq=2, owners=(counsellor,))
    await world.post("definitions", OWN)
    opened = await world.post("cycles", CYCLE | {"definition": "example_check"})
    helper = {"zh": "协助人", "en": "Helper", "held_by": ["counsellor"]}
    await world.post("definitions", other(roles=OWN["roles"] | {"helper": helper}))
    to_it = {"definition": "example_check@2", "reason": "修订了办法"}
    preview = await world.get(f"cycles/{KEY}/migration", definition="example_check@2")
    done = await world.post(f"cycles/{KEY}/migrations", to_it)

    assert "helper" not in opened.json()["owners"]
    assert preview["owners"] == done.json()["owners"]
    assert (done.status_code, done.json()["owners"]["helper"]) == (200, ["teacher/T003"])


async def test_a_migration_passes_no_gate(world: Any) -> None:
    await world.post("definitions", OWN)
    await world.post("cycles", CYCLE | {"definition": "example_check"})
    await world.post("definitions", other(zh="课程自查二"))
    last = OWN["steps"][-1]["step"]
    body = {"definition": "example_check@2", "step": last, "reason": "直接收尾"}
    skipped = await world.post(f"cycles/{KEY}/migrations", body)
    renamed = other(zh="课程自查三", start="draft")
    renamed["steps"][0]["step"] = "draft"
    renamed["clocks"][0]["step"] = "draft"
    await world.post("definitions", renamed)
    placed = body | {"definition": "example_check@3", "step": "draft"}
    moved = await world.post(f"cycles/{KEY}/migrations", placed)

    assert skipped.json()["type"] == "urn:helix8:problem:migration-refused"
    assert list(skipped.json()["validationErrors"]) == ["$.step"]
    # Where another version put it is shown for ever.
    assert [(each["what"], each["left"], each["step"]) for each in moved.json()["forced"]] == [
        ("migrated", "plan", "draft")
    ]


async def test_a_form_is_filled_in_at_its_step_only(world: Any) -> None:
    await world.post("definitions", OWN)
    await world.post("cycles", CYCLE | {"definition": "example_check"})
    strange = await world.post(f"cycles/{KEY}/filings", {"form": "report", "data": {}})
    wrong = await world.post(f"cycles/{KEY}/filings", {"form": "plan", "data": {"scope": 1}})
    filed = await world.post(f"cycles/{KEY}/filings", {"form": "plan", "data": {"scope": "全部"}})

    assert (strange.status_code, wrong.status_code, filed.status_code) == (409, 422, 200)
    assert list(wrong.json()["validationErrors"]) == ["$.data.scope"]
    assert filed.json()["may"]["move"]
