"""Goals are divided, handed on, published and revised; plans are approved; from HTTP to facts."""

from typing import Any

import pytest

from shared.contracts.datahub import ScopeOwner
from shared.kit.identity import Caller, TokenSigner

YEAR = "year:2096"
GOAL = {"title": "提高论文数量", "scope": "unit/U1", "period": YEAR, "indicator": "papers"}
HISTORY = [{"period": "year:2094", "value": 4}, {"period": "year:2095", "value": 10}]
TARGET = {"op": ">=", "value": 12}
WHOLE = GOAL | {
    "key": "whole",
    "baseline": 10,
    "target": TARGET,
    "aim": "建成高水平学校",
    "owner": "teacher/T001",
    "history": HISTORY,
    "system": "generation",
}
"""A goal that meets every letter."""

STEPS = frozenset({"target:read", "target:take-part"})


HEAD = frozenset({("unit_head", "unit/U1")})


def caller_of(who: str) -> Caller:
    """Somebody as the gateway tells of him: T9 is the head of the unit of T001."""
    return Caller(subject=f"person/{who}", scopes=STEPS, holds=HEAD if who == "T9" else frozenset())


@pytest.fixture(name="person")
def _person(desk: Any, signing_keys: tuple[TokenSigner, str]) -> Any:
    """Post as somebody who is bound to his scopes."""

    async def post(who: str, path: str, **body: Any) -> Any:
        token = signing_keys[0].sign(caller_of(who), "target")
        header = {"authorization": f"Bearer {token}"}
        return await desk.running.client.post(f"/v1/{path}", json=body or None, headers=header)

    return post


def child(key: str, **more: Any) -> dict[str, Any]:
    return GOAL | {"key": key, "scope": "teacher/T001", "owner": "teacher/T001"} | more


async def lead(desk: Any) -> None:
    """Let T9 lead the unit of T001."""
    head = (ScopeOwner(role="unit_head", person="teacher/T9"),)
    await desk.handled(await desk.scope("unit/U1", seq=2, owners=head))
    await desk.handled(await desk.scope("teacher/T001", seq=2, parents=("unit/U1",)))


async def test_a_goal_is_divided_all_at_once_or_not_at_all(desk: Any) -> None:
    await desk.put("goals", WHOLE)
    await desk.handled(await desk.scope("teacher/gone", gone=True))
    wrong = [
        child("a", target={"op": "<=", "value": 4}),
        child("b", scope="teacher/none", period="year:2097", co_owners=["teacher/gone"]),
        child("whole", target=TARGET),
        child("d", period="span:2096-12-01/2096-01-01", owner="teacher/gone"),
    ]
    refused = await desk.put("goals/whole/decompose", {"allocation": "sum", "children": wrong})
    thirds = [child(key, weight="0.33333") for key in "abc"]
    weighted = await desk.put(
        "goals/whole/decompose", {"allocation": "weighted", "children": thirds}
    )
    parts = [
        child("a", target={"op": ">=", "value": 5}),
        child("b", target={"op": ">=", "value": 4}),
    ]
    divided = await desk.put("goals/whole/decompose", {"allocation": "sum", "children": parts})

    assert set(refused.json()["validationErrors"]) == {
        "$.children[0].target",
        "$.children[0].target.op",
        "$.children[1].scope",
        "$.children[1].co_owners[0]",
        "$.children[1].period",
        "$.children[1].target",
        "$.children[2].key",
        "$.children[3].owner",
        "$.children[3].period",
        "$.children[3].target",
    }
    for path, word in (("owner", "已离任"), ("period", "起早于止")):
        assert word in refused.json()["validationErrors"][f"$.children[3].{path}"][0]
    [told] = weighted.json()["validationErrors"]["$.children[*].weight"]
    assert "还差 0.00001" in told
    assert divided.status_code == 200, divided.text
    assert [divided.json()[name] for name in ("whole", "sum", "residual")] == ["12", "9", "3"]
    assert [(each["key"], each["share"]) for each in divided.json()["parts"]] == [
        ("a", "1.000000"),
        ("b", "1.000000"),
    ]
    [fact] = await desk.until(lambda: desk.facts("goal.decomposed"))
    assert (fact["id"], fact["children"]) == ("whole", ["a", "b"])
    assert [(each["key"], each["children"]) for each in await desk.get("goals", parent="-")] == [
        ("whole", 2)
    ]
    assert [each["key"] for each in await desk.get("goals", parent="whole", pageSize=1)] == ["a"]


async def test_weights_stay_1_whoever_comes_or_leaves(desk: Any) -> None:
    await desk.put("goals", WHOLE)
    halves = [child(key, weight="0.5") for key in "ab"]
    divided = await desk.put(
        "goals/whole/decompose", {"allocation": "weighted", "children": halves}
    )
    third = await desk.put("goals", child("c", parent="whole", weight="0.5"))
    moved = await desk.put("goals", child("a", weight="0.5"))
    gone = await desk.running.client.delete("/v1/goals/a")

    assert divided.status_code == 200, divided.text
    assert "多出 0.5" in third.json()["validationErrors"]["$.weight"][0]
    assert "decompose" in third.json()["validationErrors"]["$.weight"][0]
    for answer in (moved, gone):
        assert answer.status_code == 422
        assert set(answer.json()["validationErrors"]) == {"$.parent"}


async def test_a_child_moves_between_weighted_parents_as_the_refusal_says(desk: Any) -> None:
    tops = {key: {**GOAL, "key": key, "allocation": "weighted"} for key in ("old", "new")}
    for key, top in tops.items():
        await desk.put("goals", top)
        halves = [child(f"{key}-{each}", weight="0.5") for each in "ab"]
        await desk.put(f"goals/{key}/decompose", {"allocation": "weighted", "children": halves})

    thirds = [child(key, weight=weight) for key, weight in (("new-a", "0.3"), ("new-b", "0.3"))]
    moved = {"allocation": "weighted", "children": [*thirds, child("old-a", weight="0.4")]}
    refused = await desk.put("goals/new/decompose", moved)
    rest = {"allocation": "weighted", "children": [child("old-b", weight="1")]}
    done = [
        await desk.put("goals", tops["old"] | {"allocation": "same"}),
        await desk.put("goals/new/decompose", moved),
        await desk.put("goals/old/decompose", rest),
    ]

    [told] = refused.json()["validationErrors"]["$.children[2].parent"]
    assert refused.status_code == 422
    assert told.index("old 的 allocation 改为 same") < told.index("POST /goals/new/decompose")
    assert told.index("POST /goals/new/decompose") < told.index("POST /goals/old/decompose")
    assert [each.status_code for each in done] == [200, 200, 200]
    assert [(each["key"], each["share"]) for each in done[1].json()["parts"]] == [
        ("new-a", "0.300000"),
        ("new-b", "0.300000"),
        ("old-a", "0.400000"),
    ]
    assert [each["key"] for each in done[2].json()["parts"]] == ["old-b"]


async def test_what_a_goal_rests_on_and_passes_is_there(desk: Any) -> None:
    basis = {"key": "moe-2015-2", "title": "诊改通知", "number": "教职成厅〔2015〕2号"}
    assert (await desk.put("basis-documents", basis)).status_code == 201
    motto = {"key": "lide", "title": "立德", "levels": ["school", "student"]}
    assert (await desk.put("value-dimensions", motto)).status_code == 201
    years = [{"period": f"year:{year}", "value": year - 2084} for year in (2095, 2096, 2097)]
    right = WHOLE | {"basis": ["moe-2015-2"], "trajectory": years[:2], "dimensions": ["lide"]}

    wrong = {"basis": ["moe-2015-2", "moe-2015"], "trajectory": years, "dimensions": ["lide", "x"]}
    refused = await desk.put("goals", WHOLE | wrong)
    taken = await desk.put("goals", right)

    told = refused.json()["validationErrors"]
    assert (refused.status_code, set(told)) == (
        422,
        {"$.basis[1]", "$.trajectory[2].period", "$.dimensions[1]"},
    )
    assert taken.json()["dimensions"] == ["lide"]
    assert "2097-12-31" in told["$.trajectory[2].period"][0]
    assert taken.status_code == 201


async def test_a_goal_is_handed_on_and_asked_again_when_it_is_revised(
    desk: Any, person: Any
) -> None:
    await lead(desk)
    await desk.put("goals", WHOLE)
    told = child("a", **{name: WHOLE[name] for name in ("baseline", "target", "history")})
    await desk.put("goals", told | {"parent": "whole"})

    foreign = await person("T8", "goals/a/distribute")
    early = await person("T001", "goals/a/accept")
    answers = [
        await person("T9", "goals/a/distribute", note="请接受"),
        await person("T001", "goals/a/negotiate", note="太多"),
        await person("T9", "goals/a/distribute"),
        await person("T9", "goals/a/accept"),
        await person("T001", "goals/a/accept"),
        await person("T9", "goals/a/sign"),
        await person("T9", "goals/a/publish"),
    ]

    assert foreign.status_code == 404  # what he does not see is not there for him
    assert (early.status_code, early.json()["type"]) == (409, "urn:helix8:problem:wrong-state")
    assert [answer.status_code for answer in answers] == [200, 200, 200, 403, 200, 200, 200]
    assert [each["text"] for each in await desk.get("goals/a/comments")] == ["请接受", "太多"]
    # The fact of publishing is the last of all.
    await desk.until(lambda: desk.facts("goal.published"))
    opened = await desk.facts("step.opened")
    assert [(each["kind"], each["owners"]) for each in opened] == [
        ("acceptance", ["teacher/T001"]),
        ("answer", []),
        ("acceptance", ["teacher/T001"]),
        ("signature", []),
    ]
    closed = [each["how"] for each in await desk.facts("step.closed")]
    assert closed == ["negotiated", "answered", "accepted", "signed"]
    [rate] = [each for each in await desk.get("goals/transfer") if each["level"] == "school"]
    assert (rate["goals"], rate["handed_on"], rate["rate"]) == (1, 1, "1.000000")

    revised = await desk.put("goals", told | {"parent": "whole", "title": "提高论文质量"})
    assert (revised.json()["state"], revised.json()["version"]) == ("distributed", 8)
    before = await desk.get("goals/a", version=7)
    assert (before["title"], before["state"], before["may"]) == ("提高论文数量", "published", {})
    [fact] = await desk.until(lambda: desk.facts("goal.revised"))
    assert (fact["id"], fact["state"], fact["by"]) == ("a", "distributed", "person/admin")

    await desk.put("goals", told | {"key": "b", "parent": "whole", "co_owners": ["course/C1"]})
    await desk.handled(await desk.scope("course/C1", seq=2, gone=True))
    to_nobody = await person("T9", "goals/b/distribute")
    assert set(to_nobody.json()["validationErrors"]) == {"$.co_owners[0]"}


async def test_publishing_waits_for_every_letter_or_a_named_waiver(
    desk: Any, person: Any, measured: Any
) -> None:
    await lead(desk)
    leap = WHOLE | {"target": {"op": ">=", "value": 23}}
    await desk.put("goals", leap)
    refused = await person("T9", "goals/whole/publish")
    shown = await desk.get("goals/whole")
    own = await person("T001", "goals/whole/waivers", letter="A", reason="有专项")
    waived = await person("T9", "goals/whole/waivers", letter="A", reason="有专项经费")
    await desk.put(
        "bindings",
        {"indicator": "papers", "scope": "unit/U1", "period": YEAR}
        | {"title": "论文", "goal": "whole"},
    )
    await desk.send([measured("20", 1, indicator="papers", scope="unit/U1", period=YEAR)])
    await desk.judged(1)
    published = await person("T9", "goals/whole/publish")
    late = await desk.put("goals", leap | {"title": "增加论文"}, **{"If-Match": '"1"'})
    changed = await desk.put("goals", leap | {"target": {"op": ">=", "value": 15}})
    old = await desk.get("goals/whole", version=3)

    assert (refused.status_code, refused.json()["type"]) == (422, "urn:helix8:problem:not-smart")
    assert set(refused.json()["validationErrors"]) == {"$.smart.A"}
    assert [(each["letter"], each["met"]) for each in shown["smart"]] == [
        ("S", True),
        ("M", True),
        ("A", False),
        ("R", True),
        ("T", True),
    ]
    assert (shown["may"], len(shown["blockedBy"])) == ({"publish": True}, 1)
    assert (own.status_code, waived.status_code, published.status_code) == (403, 200, 200)
    assert waived.json()["waivers"][0]["by"] == "person/T9"
    assert (late.status_code, late.headers["etag"]) == (412, '"3"')
    assert late.json()["detail"].startswith("当前版本是 3，person/T9 于 20")
    assert late.json()["validationErrors"] == {
        "$.title": [f'现为 "{WHOLE["title"]}" (it says "{WHOLE["title"]}")']
    }
    assert (changed.json()["state"], changed.json()["waivers"]) == ("draft", [])
    assert (old["state"], old["attainments"][0]["state"]) == ("published", "below_target")
    now = await desk.get("goals/whole")
    assert now["attainments"][0]["state"] == "met_target"


async def test_plans_are_approved_and_kept_and_their_goals_open_level_by_level(
    desk: Any, person: Any
) -> None:
    await lead(desk)
    plan = {"key": "p", "kind": "special", "title": "科研规划", "scope": "unit/U1"}
    plan |= {"period": "plan:2096-2100", "owner": "teacher/T001"}
    swot = {"strengths": ["双高校"], "threats": ["同类院校多"]}
    peer = {"peer": "甲校", "indicator": "papers", "period": "year:2095", "value": 40}
    body = plan | {"swot": swot, "benchmarks": [peer | {"source": "年报"}]}
    made = await desk.put("plans", body)
    outside = plan | {"key": "q", "parent": "p", "kind": "year", "period": "year:2101"}
    wrong = await desk.put("plans", outside | {"tracks": ["teaching"]})
    await person("T001", "plans/p/submit")
    own = await person("T001", "plans/p/approve")
    approved = await person("T9", "plans/p/approve")
    again = await desk.put("plans", body | {"title": "科研发展规划"})
    await desk.put("goals", WHOLE | {"plan": "p"})
    await desk.put("goals", child("a", parent="whole"))
    none = await desk.put("goals", WHOLE | {"key": "x", "plan": "none"})
    used = await desk.running.client.delete("/v1/plans/p")

    assert (made.status_code, wrong.status_code) == (201, 422)
    assert {name: made.json()["swot"][name] for name in swot} == swot
    [told] = made.json()["benchmarks"]
    assert (told["peer"], told["value"], told["source"]) == ("甲校", "40", "年报")
    assert set(wrong.json()["validationErrors"]) == {"$.period", "$.tracks"}
    assert own.status_code == 403
    assert (approved.json()["state"], approved.json()["approved_by"]) == ("approved", "person/T9")
    assert (again.json()["state"], again.json()["version"]) == ("draft", 4)
    assert (await desk.get("plans/p", version=3))["title"] == "科研规划"
    assert [each["key"] for each in await desk.get("plans/p/goals")] == ["whole"]
    assert set(none.json()["validationErrors"]) == {"$.plan"}
    assert (used.status_code, used.json()["type"]) == (409, "urn:helix8:problem:in-use")


async def test_a_plan_is_approved_by_the_named_one_and_never_by_its_author(
    desk: Any, person: Any
) -> None:
    plan = {"key": "p", "kind": "personal", "title": "个人规划", "scope": "teacher/T001"}
    plan |= {"period": YEAR, "owner": "teacher/T001"}
    other = await person("T9", "plans", **plan)
    made = await person("T001", "plans", **plan, approver="person/T9")
    moved = await person("T001", "plans", **{**plan, "kind": "year", "scope": "unit/U1"})
    await person("T001", "plans/p/submit")
    office = await desk.put("plans/p/approve", {})
    own = await person("T001", "plans/p/approve")
    approved = await person("T9", "plans/p/approve")

    assert [each.status_code for each in (other, moved, office, own)] == [403] * 4
    assert made.status_code == 201, made.text
    assert approved.json()["approved_by"] == "person/T9"


async def test_who_writes_his_own_plan_is_told_of_nobody_elses(
    desk: Any, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not that there is one, what it is called, whose it is; nor how long a scope is waited for."""
    await desk.handled(await desk.scope("teacher/T9", 2))
    plan = {"key": "p", "kind": "personal", "title": "个人规划", "scope": "teacher/T001"}
    plan |= {"period": YEAR, "owner": "teacher/T001"}
    theirs = {"key": "his-1", "title": "晋升", "scope": "teacher/T9", "owner": "teacher/T9"}
    made = await person("T9", "plans", **plan | theirs)
    hidden, none = [await person("T001", "plans", **plan, parent=f"his-{n}") for n in (1, 2)]
    taken = await person("T001", "plans", **plan | {"key": "his-1"})
    await desk.handled(await desk.scope("student/S1", 3))
    students = [await person("T001", "plans", **plan, approver=f"student/S{n}") for n in (1, 2)]
    monkeypatch.delattr("target_service.api.plans.hear_of")
    elsewhere = await person("T001", "plans", **plan | {"scope": "student/NOBODY"})

    assert made.status_code == 201, made.text
    assert (hidden.status_code, none.status_code) == (422, 422)
    reasons = [each.json()["validationErrors"]["$.approver"] for each in students]
    assert reasons[0] == reasons[1]
    assert (
        hidden.text.replace("his-1", "his-2").split("correlationId")[0]
        == (none.text.split("correlationId")[0])
    )
    assert "晋升" not in hidden.text
    assert (taken.status_code, "T9" in taken.text) == (403, False)
    assert elsewhere.status_code == 403


OWN_PLANS = {
    "teacher/T001": (["teaching", "research", "professional_ability"], "6", "0.750000"),
    "teacher/T002": (["management_education", "service_education"], "8", "1"),
    "student/S1": (
        ["learning_ability", "professional_literacy", "all_round_quality"],
        "2",
        "0.250000",
    ),
}
"""Of a teacher, of staff and of a student: tracks, value, and how far that is of the target, 8."""


async def test_whoever_plans_for_himself_has_tracks_and_targets_inside_the_standard(
    desk: Any, person: Any
) -> None:
    await lead(desk)
    tutor = (ScopeOwner(role="counsellor", person="teacher/T9"),)
    await desk.handled(await desk.scope("teacher/T002", parents=("unit/U1",)))
    await desk.handled(await desk.scope("student/S1", parents=("unit/U1",), owners=tutor))
    qualified = {"tiers": {"qualified": {"op": ">=", "value": "5"}}}
    await desk.put(
        "standards", {"key": "own", "title": "发展标准", "indicator": "papers", **qualified}
    )

    await desk.put("goals", GOAL | {"key": "faculty", "title": "建设师资队伍"})

    for seq, (scope, (tracks, value, attained)) in enumerate(OWN_PLANS.items(), start=1):
        who = scope.partition("/")[2]
        about = {"scope": scope, "period": YEAR}
        plan = about | {"kind": "personal", "title": "个人规划", "owner": scope, "tracks": tracks}
        steps = [
            await person(who, "plans", key=who, **plan),
            await person(who, f"plans/{who}/submit"),
            await person(who, f"plans/{who}/approve"),
            await person("T9", f"plans/{who}/approve"),
        ]
        assert [each.status_code for each in steps] == [201, 200, 403, 200], steps[-1].text
        assert (steps[3].json()["tracks"], steps[3].json()["approved_by"]) == (tracks, "person/T9")

        goal = about | {"key": f"g-{who}", "title": "自定目标", "plan": who, "indicator": "papers"}
        goal |= {"parent": "faculty"} if scope.startswith("teacher/") else {}
        bound = about | {"title": "自定目标", "indicator": "papers", "standard": "own"}
        bound |= {"key": f"b-{who}", "goal": f"g-{who}"}
        await desk.put("goals", goal | {"target": {"op": ">=", "value": "3"}})
        loose = await desk.put("bindings", bound)
        await desk.put("goals", goal | {"target": {"op": ">=", "value": "8"}})
        within = await desk.put("bindings", bound)
        assert (loose.status_code, within.status_code) == (422, 201)
        assert list(loose.json()["validationErrors"]) == ["$.target"]
        told = await desk.measure(value, seq, indicator="papers", scope=scope, period=YEAR)
        await desk.handled(told)
        assert (await desk.get(f"goals/g-{who}"))["standing"]["attainment"] == attained

    faculty = await desk.get("goals/faculty")
    assert [each["id"] for each in faculty["parts"]] == ["g-T001", "g-T002"]
    assert faculty["standing"]["attainment"] == "0.875000"


async def test_a_target_of_five_years_is_split_into_years_with_the_tasks_of_each(desk: Any) -> None:
    years = range(2096, 2101)
    about = GOAL | {"period": "plan:2096-2100", "target": {"op": ">=", "value": "60"}}
    await desk.put("goals", about | {"key": "five"})
    parts = [
        GOAL
        | {"key": f"five-{year}", "period": f"year:{year}", "target": {"op": ">=", "value": "12"}}
        for year in years
    ]
    divided = await desk.put("goals/five/decompose", {"allocation": "sum", "children": parts})
    for year in years:
        days = {"starts_on": f"{year}-01-01", "ends_on": f"{year}-12-31", "owner": "teacher/T001"}
        task = {"key": f"t-{year}", "title": f"{year} 年任务", "kind": "key", "scope": "unit/U1"}
        task |= {"system": "generation", "unit": "unit/U1"}
        made = await desk.put("tasks", task | days | {"goals": [f"five-{year}"]})
        assert made.status_code == 201, made.text
    asked = {"format": "csv", "filled": "true"}
    listed = await desk.running.client.get("/v1/templates/tasks", params=asked)

    assert divided.status_code == 200, divided.text
    assert [divided.json()[name] for name in ("whole", "sum", "residual")] == ["60", "60", "0"]
    assert [(each["key"], each["goals"]) for each in await desk.get("tasks", goal="five-2098")] == [
        ("t-2098", ["five-2098"])
    ]
    assert [f"{year} 年任务" in listed.text for year in years] == [True] * 5


async def test_a_sheet_is_written_by_who_leads_what_it_is_about(desk: Any) -> None:
    await lead(desk)
    answers = {}
    for who in ("T001", "T9"):
        token = desk.signer.sign(caller_of(who), "target")
        answers[who] = await desk.running.client.put(
            "/v1/sheets/unit/U1",
            json={"title": "一页纸"},
            headers={"authorization": f"Bearer {token}"},
        )

    assert {who: each.status_code for who, each in answers.items()} == {"T001": 404, "T9": 201}


async def test_what_hangs_or_rests_on_papers_alone_and_what_is_empty_is_listed(desk: Any) -> None:
    await desk.put("goals", WHOLE)
    await desk.put("goals", child("a", parent="whole"))
    await desk.put("goals", child("b", scope="course/C1", indicator=None))

    found = await desk.get("goals/lint")
    hanging = await desk.get("goals/lint", rule="hanging")
    coverage = await desk.get("coverage")

    assert [(each["rule"], each["subject"]) for each in found] == [
        ("hanging", "b"),
        ("papers-only", "scope:teacher/T001"),
        ("papers-only", "scope:unit/U1"),
        ("rootless", "b"),
    ]
    assert [each["subject"] for each in hanging] == ["b"]
    full = [cell for cell in coverage["cells"] if cell["goals"]]
    counted = {"goals": 1, "tasks": 0, "done": 0, "overdue": 0, "lacks": ["tasks"]}
    counted |= {"rates": {"standard": {"of": 0, "met": 0}, "target": {"of": 0, "met": 0}}}
    assert full == [{"system": "generation", "level": "school", **counted}]
    assert (len(coverage["empty"]), coverage["untagged"]) == (25, 2)
    # Nothing is published; b hangs and has no root; nobody has taken over what the whole asks.
    assert coverage["chain"] == {
        "goals": 3,
        "smart": 0,
        "rooted": 2,
        "grounded": 2,
        "divided": 1,
        "handed_on": 0,
        "score": "0.333333",
    }
