"""``POST`` of goals, standards and bindings: upserts by natural key, from HTTP to facts."""

from typing import Any
from urllib.parse import quote

BINDING = {
    "key": "pass-rate-c1",
    "indicator": "pass_rate",
    "scope": "course/C0001",
    "period": "term:2096-2097-1",
    "title": "通过率",
    "tiers": {"qualified": {"op": ">=", "value": 0.8}},
}
GOAL = {
    "key": "goal-c1",
    "title": "提高通过率",
    "scope": "course/C0001",
    "period": "term:2096-2097-1",
    "indicator": "pass_rate",
    "baseline": "0.80",
    "target": {"op": ">=", "value": "0.90"},
    "weight": "0.25",
    "owner": "teacher/T001",
    "deadline": "2097-01-15",
}
HISTORY = [
    {"period": "term:2094-2095-1", "value": "0.70"},
    {"period": "term:2095-2096-1", "value": "0.80"},
]
STANDARD = {
    "key": "course-standard",
    "title": "课程教学标准",
    "tiers": {"floor": {"op": ">=", "value": "0.5"}, "qualified": {"op": ">=", "value": "0.8"}},
    "effective_from": "2026-09-01",
}


async def test_a_binding_without_any_line_is_refused_as_that(desk: Any) -> None:
    bare = {name: value for name, value in BINDING.items() if name != "tiers"}

    refused = await desk.put("bindings", bare | {"scope": "course/C9999"})
    english = await desk.put("bindings", bare, **{"Accept-Language": "en"})

    for answer in (refused, english):
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:helix8:problem:binding-without-line"
        assert next(iter(answer.json()["validationErrors"])) == "$"
        assert "give a target, tiers or a warning" in answer.json()["fixes"][0]
    assert refused.json()["title"] == "绑定至少要有一条线"
    assert set(refused.json()["validationErrors"]) == {"$", "$.scope"}
    assert english.json()["title"] == "A binding needs a line"


async def test_a_binding_is_made_changed_and_left_alone(desk: Any) -> None:
    made = await desk.put("bindings", BINDING)
    same = await desk.put(
        "bindings", BINDING | {"tiers": {"qualified": {"op": ">=", "value": "0.80"}}}
    )
    changed = await desk.put("bindings", BINDING | {"title": "课程通过率"})

    assert [answer.status_code for answer in (made, same, changed)] == [201, 200, 200]
    assert [answer.headers["Changed"] for answer in (made, same, changed)] == [
        "true",
        "false",
        "true",
    ]
    assert [answer.headers["ETag"] for answer in (made, same, changed)] == ['"1"', '"1"', '"2"']
    assert made.headers["Location"] == "bindings/pass-rate-c1"
    found = await desk.running.client.get(made.request.url.join(made.headers["Location"]))
    assert found.json()["title"] == "课程通过率"
    facts = await desk.until(lambda: desk.facts("binding.changed"))
    assert facts[0] == {
        "id": "pass-rate-c1",
        "version": 1,
        "indicator": "pass_rate",
        "scope": "course/C0001",
        "period": "term:2096-2097-1",
        "title": "通过率",
        "target": None,
        "tiers": {"qualified": {"op": ">=", "value": "0.8", "upper": None}},
        "warning": None,
        "alert_from": "either",
        "owner": "",
        "goal": None,
        "standard": None,
        "standard_version": None,
        "withdrawn": False,
    }


async def test_a_binding_without_a_key_is_known_by_its_cell(desk: Any) -> None:
    made = await desk.put("bindings", {k: v for k, v in BINDING.items() if k != "key"})

    key = "pass_rate@course/C0001@term:2096-2097-1"
    assert made.json()["key"] == key
    assert made.headers["Location"] == f"bindings/{key.replace('/', '%2F')}"
    assert (await desk.get(f"bindings/{key}"))["attainment"] is None


async def test_a_binding_is_reached_by_whatever_key_its_scope_gives_it(desk: Any) -> None:
    """Teaching classes are called so in most academic systems."""
    scope = "class/(2096-2097-1)-C 01#2"
    await desk.handled(await desk.scope(scope))
    bound = {k: v for k, v in BINDING.items() if k != "key"} | {"scope": scope}
    made = await desk.put("bindings", bound)

    path = quote(f"bindings/pass_rate@{scope}@term:2096-2097-1")
    assert made.status_code == 201, made.text
    assert (await desk.get(path))["scope"] == scope


async def test_preconditions_are_kept(desk: Any) -> None:
    await desk.put("bindings", BINDING)
    other = BINDING | {"title": "另一个"}

    stale = await desk.put("bindings", other, **{"If-Match": '"7"'})
    there = await desk.put("bindings", other, **{"If-None-Match": "*"})
    right = await desk.put("bindings", other, **{"If-Match": '"1"'})

    assert [answer.status_code for answer in (stale, there, right)] == [412, 412, 200]


async def test_lines_are_inherited_from_goal_and_standard_and_follow_them(desk: Any) -> None:
    await desk.put("goals", GOAL)
    await desk.put("standards", STANDARD)
    bound = await desk.put(
        "bindings", BINDING | {"tiers": {}, "goal": "goal-c1", "standard": "course-standard"}
    )
    await desk.measure("0.85", 1)
    [first] = await desk.judged(1)

    await desk.put("goals", GOAL | {"target": {"op": ">=", "value": "0.85"}})
    tiers = {"qualified": {"op": ">=", "value": "0.9"}}
    refused = await desk.put("standards", STANDARD | {"tiers": tiers})
    await desk.put("goals", GOAL | {"target": {"op": ">=", "value": "0.95"}})
    approved = await desk.put("standards", STANDARD | {"tiers": tiers})

    assert bound.json()["target_in_force"] == {"op": ">=", "value": "0.9", "upper": None}
    assert (first["state"], first["goal"], first["standard_version"]) == (
        "met_standard",
        "goal-c1",
        1,
    )
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "urn:helix8:problem:breaks-bindings",
    )
    [reason] = refused.json()["validationErrors"]["$.tiers"]
    about = "（target ← 目标 goal goal-c1、tiers ← 标准 standard course-standard）"
    assert reason == (
        f"绑定 binding {bound.json()['key']}{about} $.target：目标 >= 0.85 低于标准 >= 0.9："
        "目标须落在标准之内 (the target asks less than the standard: it must lie within it)"
    )
    # What the first fix says is what is done next, and it works.
    assert refused.json()["fixes"][0].startswith("收紧时先改目标再改标准")
    assert (approved.status_code, approved.json()["version"]) == (200, 2)
    items = await desk.judged(4)
    assert [(item["state"], item["standard_version"]) for item in items] == [
        ("met_standard", 1),
        ("met_target", 1),
        ("met_standard", 1),
        ("below_standard", 2),
    ]
    goal = await desk.get("goals/goal-c1")
    assert [each["state"] for each in goal["attainments"]] == ["below_standard"]
    assert (await desk.get("standards/course-standard", version=1))["tiers"]["qualified"] == {
        "op": ">=",
        "value": "0.8",
        "upper": None,
    }
    versions = [fact["version"] for fact in await desk.facts("standard.approved")]
    assert versions == [1, 2]


async def test_a_goal_that_breaks_a_binding_names_its_line_and_a_remedy_that_works(
    desk: Any,
) -> None:
    await desk.put("goals", GOAL)
    await desk.put("standards", STANDARD)
    bound = BINDING | {"tiers": {}, "goal": "goal-c1", "standard": "course-standard"}
    await desk.put("bindings", bound)
    loose = GOAL | {"target": {"op": ">=", "value": "0.7"}}

    refused = await desk.put("goals", loose)
    await desk.put("bindings", bound | {"tiers": {"qualified": {"op": ">=", "value": "0.6"}}})
    remedied = await desk.put("goals", loose)

    [reason] = refused.json()["validationErrors"]["$.target"]
    assert (refused.status_code, remedied.status_code) == (409, 200)
    assert "$.target：目标 >= 0.7 低于标准 >= 0.8" in reason


async def test_a_goal_is_not_met_by_a_value_that_meets_another_target_than_its_own(
    desk: Any,
) -> None:
    await desk.put("goals", GOAL)
    own = {"op": ">=", "value": "0.85", "upper": None}
    bound = await desk.put("bindings", BINDING | {"tiers": {}, "goal": "goal-c1", "target": own})
    await desk.measure("0.92", 1)
    [first] = await desk.judged(1)

    await desk.put("goals", GOAL | {"target": {"op": ">=", "value": "0.99"}})
    [_, second] = await desk.judged(2)

    in_force = {"op": ">=", "value": "0.9", "upper": None}
    assert (bound.json()["target"], bound.json()["target_in_force"]) == (own, in_force)
    assert (first["state"], second["state"]) == ("met_target", "below_target")
    standing = (await desk.get("goals/goal-c1"))["standing"]
    assert (standing["state"], standing["attainment"]) == ("below_target", "0.929293")


async def test_full_points_of_a_rule_do_not_meet_a_target_that_asks_more(desk: Any) -> None:
    await desk.put("goals", GOAL | {"target": {"op": ">=", "value": "0.95"}})
    full_at = {
        "rule": "banded_ratio",
        "qualified": {"op": ">=", "value": "0.8"},
        "limit": {"op": ">=", "value": "0.5"},
    }
    await desk.put("bindings", BINDING | {"tiers": {}, "goal": "goal-c1", "scoring": full_at})
    await desk.measure("0.9", 1)
    [judged] = await desk.judged(1)

    standing = (await desk.get("goals/goal-c1"))["standing"]
    assert (judged["state"], judged["attainment"]) == ("below_target", "0.999999")
    assert (standing["state"], standing["attainment"]) == ("below_target", "0.999999")


async def test_a_standard_that_is_sent_again_makes_no_version(desk: Any) -> None:
    undated = {name: value for name, value in STANDARD.items() if name != "effective_from"}
    made = await desk.put("standards", STANDARD)
    again = await desk.put("standards", undated)

    assert (made.json()["version"], again.json()["version"]) == (1, 1)
    assert again.headers["Changed"] == "false"


async def test_a_standard_of_the_future_does_not_bind_yet(desk: Any) -> None:
    await desk.put("standards", STANDARD | {"effective_from": "2999-09-01"})

    answer = await desk.put("bindings", BINDING | {"standard": "course-standard"})

    assert answer.status_code == 422
    assert list(answer.json()["validationErrors"]) == ["$.standard"]


async def test_a_goal_is_told_with_its_target_and_deadline(desk: Any) -> None:
    made = await desk.put("goals", GOAL)
    same = await desk.put("goals", GOAL | {"weight": 0.250, "baseline": 0.8})
    told = GOAL | {"aim": "建成高水平学校", "history": HISTORY, "deadline": "2097-01-15"}
    await desk.put("goals", told)
    published = await desk.put("goals/goal-c1/publish", {"note": "会议通过"})

    assert (made.status_code, same.headers["Changed"]) == (201, "false")
    assert (published.status_code, published.headers["ETag"]) == (200, '"3"'), published.text
    [fact] = await desk.until(lambda: desk.facts("goal.published"))
    assert fact == {
        "id": "goal-c1",
        "version": 3,
        "scope": "course/C0001",
        "period": "term:2096-2097-1",
        "title": "提高通过率",
        "owner": "teacher/T001",
        "indicator": "pass_rate",
        "target": {"op": ">=", "value": "0.9", "upper": None},
        "deadline": "2097-01-15",
        "parent": None,
        "state": "published",
        "missing": [],
        "waived": [],
        "by": "person/admin",
        "note": "会议通过",
    }


async def test_what_is_judged_cannot_move_to_another_cell(desk: Any) -> None:
    await desk.put("goals", GOAL)
    await desk.put("bindings", BINDING | {"goal": "goal-c1"})

    moved = await desk.put("bindings", BINDING | {"scope": "course/C2", "period": "year:2026"})
    goal = await desk.put("goals", GOAL | {"indicator": "mean_score"})

    assert (moved.status_code, set(moved.json()["validationErrors"])) == (
        409,
        {"$.scope", "$.period"},
    )
    assert (goal.status_code, set(goal.json()["validationErrors"])) == (409, {"$.indicator"})


BAD_BODIES: list[tuple[str, dict[str, Any], set[str]]] = [
    (
        "bindings",
        BINDING
        | {
            "scope": "C0001",
            "period": "2026",
            "owners": [],
            "target": {"op": "≥", "value": "many"},
            "tiers": {
                "lowest": {"op": ">=", "value": "1"},
                "good": {"op": "between", "value": 1},
            },
        },
        {
            "$.scope",
            "$.period",
            "$.owners",
            "$.target.op",
            "$.target.value",
            "$.tiers.lowest",
            "$.tiers.good",
        },
    ),
    (
        "bindings",
        BINDING
        | {
            "target": {"op": ">=", "value": "0.7"},
            "warning": {"op": ">=", "value": "0.8"},
            "tiers": {
                "floor": {"op": ">=", "value": "0.9"},
                "qualified": {"op": ">=", "value": "0.8"},
            },
        },
        {"$.target", "$.warning", "$.tiers.qualified"},
    ),
    (
        "bindings",
        BINDING | {"goal": "no-goal", "standard": "no-standard"},
        {"$.goal", "$.standard"},
    ),
    ("bindings", BINDING | {"tiers": {}}, {"$"}),
    ("bindings", {}, {"$.indicator", "$.scope", "$.period", "$.title"}),
    (
        "goals",
        GOAL | {"weight": 1.5, "deadline": "2026-02-30", "baseline": True, "key": " 两个"},
        {"$.weight", "$.deadline", "$.baseline", "$.key"},
    ),
    ("standards", STANDARD | {"tiers": {}}, {"$.tiers"}),
    (
        "standards",
        STANDARD
        | {
            "tiers": {
                "floor": {"op": ">=", "value": "0.5"},
                "good": {"op": "<=", "value": "0.8"},
            }
        },
        {"$.tiers.good"},
    ),
]


async def test_a_bad_body_is_answered_with_every_fault(desk: Any) -> None:
    for collection, body, paths in BAD_BODIES:
        answer = await desk.put(collection, body)

        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()["validationErrors"]) == paths
        assert await desk.get(collection) == []


async def test_a_binding_to_the_goal_of_another_cell_is_refused(desk: Any) -> None:
    await desk.put("goals", GOAL | {"scope": "course/C0002"})

    answer = await desk.put("bindings", BINDING | {"goal": "goal-c1"})

    assert (answer.status_code, list(answer.json()["validationErrors"])) == (422, ["$.goal"])
