"""Goals, standards and bindings are about things that exist, with values that can be."""

import asyncio
from time import monotonic
from typing import Any

from shared.kit.known import PATIENCE_SECONDS

PERIOD = "term:2096-2097-1"
BINDING = {
    "key": "b1",
    "indicator": "pass_rate",
    "scope": "course/C0001",
    "period": PERIOD,
    "title": "通过率",
    "tiers": {"qualified": {"op": ">=", "value": "0.8"}},
}
GOAL = {
    "key": "g1",
    "title": "提高通过率",
    "scope": "course/C0001",
    "period": PERIOD,
    "indicator": "pass_rate",
    "target": {"op": ">=", "value": "0.9"},
}
STANDARD = {
    "key": "s1",
    "title": "标准",
    "indicator": "pass_rate",
    "tiers": {"floor": {"op": ">=", "value": "0.5"}},
}
UNKNOWN = "urn:helix8:problem:reference-unknown"


async def test_what_does_not_exist_is_refused_with_what_is_like_it(desk: Any) -> None:
    wrong = {"scope": "course/C001", "indicator": "pas_rate"}
    begin = monotonic()
    answers = await asyncio.gather(
        desk.put("bindings", BINDING | wrong), desk.put("goals", GOAL | wrong)
    )

    assert monotonic() - begin >= PATIENCE_SECONDS
    for answer in answers:
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (422, UNKNOWN)
        assert set(problem["validationErrors"]) == {"$.scope", "$.indicator"}
        [scope] = problem["validationErrors"]["$.scope"]
        [indicator] = problem["validationErrors"]["$.indicator"]
        assert scope.startswith("没有诊改对象 course/C001，已有 course/C0001（名 course/C0001）、")
        assert indicator.startswith("没有指标 pas_rate，已有 pass_rate（名 pass_rate）、")
        assert len(problem["fixes"]) == 2
    assert await desk.get("bindings") == await desk.get("goals") == []


async def test_an_indicator_is_bound_only_where_it_is_measured(desk: Any) -> None:
    cells = (("course", "term"), ("major", "ayear"))
    await desk.handled(await desk.indicator("pass_rate", "ratio", 2, cells))

    scope, period, both = await asyncio.gather(
        desk.put("bindings", BINDING | {"scope": "class/K1"}),
        desk.put("bindings", BINDING | {"period": "year:2026"}),
        desk.put("bindings", BINDING | {"scope": "unit/U1", "period": "year:2026"}),
    )
    fits = await desk.put("bindings", BINDING)

    only = "只有 course（term）、major（ayear）"
    for answer, place, wrong in (
        (scope, "$.scope", "class"),
        (period, "$.period", "year"),
        (both, "$.scope", "unit"),
    ):
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (422, UNKNOWN)
        [reason] = problem["validationErrors"][place]
        assert reason.startswith(f"指标 pass_rate 不按 {wrong} 计量，{only}")
        assert len(problem["fixes"]) == 1
    assert fits.status_code == 201


async def test_a_kind_of_cell_that_is_on_its_way_is_waited_for(desk: Any) -> None:
    await desk.handled(await desk.indicator("pass_rate", "ratio", 2, (("major", "term"),)))
    asked = asyncio.create_task(desk.put("bindings", BINDING))
    await asyncio.sleep(0.3)
    assert not asked.done()

    await desk.indicator("pass_rate", "ratio", 3, (("major", "term"), ("course", "term")))

    assert (await asked).status_code == 201


async def test_an_owner_that_is_a_scope_must_exist_and_another_key_is_taken(desk: Any) -> None:
    unknown, *taken = await asyncio.gather(
        desk.put("bindings", BINDING | {"owner": "teacher/T01"}),
        desk.put("bindings", BINDING | {"key": "b2", "owner": "teacher/T001"}),
        desk.put("bindings", BINDING | {"key": "b3", "owner": "demo"}),
        desk.put("bindings", BINDING | {"key": "b4", "owner": "role/qa"}),
    )

    problem = unknown.json()
    assert (unknown.status_code, problem["type"]) == (422, UNKNOWN)
    assert problem["validationErrors"] == {
        "$.owner": ["没有责任人 teacher/T01，已有 teacher/T001（名 teacher/T001） (no such owner)"]
    }
    assert [each.status_code for each in taken] == [201, 201, 201]


async def test_a_name_is_taken_for_a_key_and_the_key_told(desk: Any) -> None:
    await desk.handled(await desk.scope("course/ZZZ9", name_zh="高等数学"))

    answer = await desk.put("bindings", BINDING | {"scope": "course/高等数学"})

    [reason] = answer.json()["validationErrors"]["$.scope"]
    assert "已有 course/ZZZ9（高等数学）" in reason


async def test_of_a_kind_that_nobody_told_of_nothing_is_named(desk: Any) -> None:
    answer = await desk.put("bindings", BINDING | {"scope": "group/G1"})

    assert answer.json()["validationErrors"] == {
        "$.scope": ["没有诊改对象 group/G1 (no such scope)"]
    }


async def test_contradictions_and_what_is_unknown_are_told_together(desk: Any) -> None:
    answer = await desk.put(
        "bindings",
        BINDING
        | {"scope": "course/none", "goal": "none", "standard": "none"}
        | {"target": {"op": ">=", "value": "0.7"}, "warning": {"op": ">=", "value": "85"}},
    )

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:helix8:problem:binding-lines")
    assert set(problem["validationErrors"]) == {
        "$.scope",
        "$.goal",
        "$.standard",
        "$.target",
        "$.warning",
        "$.warning.value",
    }


async def test_a_goal_that_is_not_there_is_refused_of_an_existing_binding_too(desk: Any) -> None:
    await desk.put("bindings", BINDING)

    goal = await desk.put("bindings", BINDING | {"goal": "none"})
    both = await desk.put("bindings", BINDING | {"goal": "none", "standard": "none"})

    refused = {"$.goal": ["没有目标 none (there is no goal none)"]}
    assert (goal.status_code, goal.json()["validationErrors"]) == (422, refused)
    assert (both.status_code, set(both.json()["validationErrors"])) == (
        422,
        {"$.goal", "$.standard"},
    )
    assert [each["version"] for each in await desk.get("bindings")] == [1]


async def test_a_scope_and_an_indicator_on_their_way_are_waited_for(desk: Any) -> None:
    body = BINDING | {"scope": "course/NEW", "indicator": "fresh"}
    asked = asyncio.create_task(desk.put("bindings", body))
    goal = asyncio.create_task(desk.put("goals", GOAL | {"scope": "course/NEW"}))
    await asyncio.sleep(0.3)
    assert not asked.done()

    await desk.scope("course/NEW")
    await desk.indicator("fresh", "ratio")

    assert [(await asked).status_code, (await goal).status_code] == [201, 201]


async def test_what_is_bound_outlives_its_scope_and_nothing_new_is_bound_to_it(desk: Any) -> None:
    await desk.put("bindings", BINDING)
    await desk.handled(await desk.scope("course/C0001", seq=9, gone=True))
    await desk.handled(await desk.scope("course/C0001", seq=3))

    changed = await desk.put("bindings", BINDING | {"title": "课程通过率"})
    other = await desk.put("bindings", BINDING | {"key": "b2"})

    assert (changed.status_code, changed.json()["title"]) == (200, "课程通过率")
    assert (other.status_code, list(other.json()["validationErrors"])) == (422, ["$.scope"])


async def test_numbers_beyond_what_the_indicator_can_be_are_refused(desk: Any) -> None:
    line = {"op": ">=", "value": "85"}
    bodies: list[tuple[str, dict[str, Any], set[str]]] = [
        ("bindings", BINDING | {"target": line}, {"$.target.value"}),
        ("goals", GOAL | {"target": line, "baseline": "-1"}, {"$.target.value", "$.baseline"}),
        ("standards", STANDARD | {"tiers": {"floor": line}}, {"$.tiers.floor.value"}),
        (
            "bindings",
            BINDING | {"indicator": "papers", "tiers": {"floor": {"op": ">=", "value": "2.5"}}},
            {"$.tiers.floor.value"},
        ),
    ]
    for collection, body, at_fault in bodies:
        answer = await desk.put(collection, body)

        assert (answer.status_code, set(answer.json()["validationErrors"])) == (422, at_fault)
        assert await desk.get(collection) == []


async def test_a_standard_of_any_indicator_is_held_to_the_unit_where_it_is_bound(desk: Any) -> None:
    await desk.put(
        "standards",
        {"key": "any", "title": "标准", "tiers": {"floor": {"op": ">=", "value": "60"}}},
    )

    score = await desk.put(
        "bindings", BINDING | {"indicator": "mean_score", "standard": "any", "tiers": {}}
    )
    share = await desk.put("bindings", BINDING | {"key": "b2", "standard": "any", "tiers": {}})

    assert score.status_code == 201
    assert (share.status_code, list(share.json()["validationErrors"])) == (
        422,
        ["$.tiers.floor.value"],
    )


async def test_the_newest_version_of_an_indicator_counts(desk: Any) -> None:
    body = BINDING | {"target": {"op": ">=", "value": "85"}, "tiers": {}}
    await desk.handled(await desk.indicator("pass_rate", "percent", version=3))
    await desk.handled(await desk.indicator("pass_rate", "ratio", version=2))

    assert (await desk.put("bindings", body)).status_code == 201


async def test_periods_that_cannot_be_are_refused_with_the_remedy(desk: Any) -> None:
    for period in ("term:2026-2028-1", "week:2096-2097-1/54", "span:2026-03-01/2026-02-01"):
        for collection, body in (("bindings", BINDING), ("goals", GOAL)):
            answer = await desk.put(collection, body | {"period": period})

            assert (answer.status_code, list(answer.json()["validationErrors"])) == (
                422,
                ["$.period"],
            )
            assert "周期写作如" in answer.json()["validationErrors"]["$.period"][0]
