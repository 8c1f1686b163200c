"""Withdrawing bindings, and goals and standards that nothing uses; putting them anew."""

from typing import Any

from httpx import Response

CELL = {"indicator": "pass_rate", "scope": "course/C0001", "period": "term:2096-2097-1"}
BINDING = CELL | {"key": "b1", "title": "通过率", "tiers": {"floor": {"op": ">=", "value": "0.5"}}}
GOAL = CELL | {"key": "g1", "title": "目标", "target": {"op": ">=", "value": "0.9"}}
STANDARD = {"key": "s1", "title": "标准", "tiers": {"qualified": {"op": ">=", "value": "0.8"}}}


async def withdraw(desk: Any, path: str, **headers: str) -> Response:
    answer: Response = await desk.running.client.delete(f"/v1/{path}", headers=headers)
    return answer


async def test_a_withdrawn_binding_judges_no_more_and_leaves_every_list(desk: Any) -> None:
    await desk.put("bindings", BINDING)
    await desk.measure("0.4", 1)
    await desk.judged(1)

    stale = await withdraw(desk, "bindings/b1", **{"If-Match": '"7"'})
    done = await withdraw(desk, "bindings/b1", **{"If-Match": '"1"'})
    again = await withdraw(desk, "bindings/b1")
    await desk.handled(await desk.measure("0.3", 2))

    assert [answer.status_code for answer in (stale, done, again)] == [412, 204, 404]
    assert await desk.get("bindings") == await desk.get("attainments") == []
    assert (await desk.get("attainments/summary"))["total"] == 0
    kept = await desk.get("bindings/b1")
    assert (kept["version"], kept["withdrawn_at"] is None, kept["attainment"]) == (2, False, None)

    async def both() -> list[Any]:
        told = await desk.facts("binding.changed")
        return told if len(told) > 1 else []

    told = await desk.until(both)
    assert [(fact["version"], fact["withdrawn"]) for fact in told] == [(1, False), (2, True)]
    assert len(await desk.judged(1)) == 1


async def test_a_withdrawn_key_is_put_anew_for_the_same_cell_and_judged_at_once(desk: Any) -> None:
    await desk.put("bindings", BINDING)
    await desk.measure("0.4", 1)
    await desk.judged(1)
    await withdraw(desk, "bindings/b1")

    moved = await desk.put("bindings", BINDING | {"scope": "course/C0002"})
    anew = await desk.put("bindings", BINDING, **{"If-None-Match": "*"})

    assert (moved.status_code, list(moved.json()["validationErrors"])) == (409, ["$.scope"])
    assert (anew.status_code, anew.json()["version"], anew.json()["withdrawn_at"]) == (201, 3, None)
    items = await desk.judged(2)
    assert [(item["seq"], item["state"]) for item in items] == [
        (1, "below_floor"),
        (2, "below_floor"),
    ]


async def test_what_bindings_use_is_not_withdrawn_and_they_are_named(desk: Any) -> None:
    await desk.put("goals", GOAL)
    await desk.put("standards", STANDARD)
    await desk.put("bindings", BINDING | {"tiers": {}, "goal": "g1", "standard": "s1"})
    await desk.put("bindings", BINDING | {"key": "b2", "goal": "g1"})

    goal, standard = await withdraw(desk, "goals/g1"), await withdraw(desk, "standards/s1")

    for refused, named in ((goal, "b1、b2"), (standard, "b1")):
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:helix8:problem:in-use")
        assert named in refused.json()["detail"]
        assert refused.json()["fixes"]


async def test_goals_and_standards_that_nothing_uses_are_withdrawn_and_put_anew(desk: Any) -> None:
    await desk.put("goals", GOAL)
    await desk.put("standards", STANDARD)
    await desk.put("bindings", BINDING | {"goal": "g1", "standard": "s1"})
    await withdraw(desk, "bindings/b1")

    why = "?reason=并入另一目标"
    done = [await withdraw(desk, path) for path in (f"goals/g1{why}", "standards/s1")]
    bound = await desk.put("bindings", BINDING | {"key": "b2", "goal": "g1", "standard": "s1"})

    assert [answer.status_code for answer in done] == [204, 204]
    assert await desk.get("goals") == await desk.get("standards") == []
    kept = await desk.get("goals/g1")
    assert (bool(kept["withdrawn_at"]), kept["withdrawn_reason"]) == (True, "并入另一目标")
    assert (await desk.get("standards/s1", version=1))["withdrawn_at"]
    assert (bound.status_code, set(bound.json()["validationErrors"])) == (
        422,
        {"$.goal", "$.standard"},
    )
    [gone] = await desk.until(lambda: desk.facts("goal.withdrawn"))
    assert (gone["id"], gone["version"], gone["scope"]) == ("g1", 2, "course/C0001")
    assert (gone["by"], gone["note"]) == (kept["changed_by"], "并入另一目标")
    [gone] = await desk.until(lambda: desk.facts("standard.withdrawn"))
    assert gone["version"] == 1

    goal, standard = await desk.put("goals", GOAL), await desk.put("standards", STANDARD)

    assert [(each.status_code, each.json()["version"]) for each in (goal, standard)] == [
        (201, 3),
        (201, 2),
    ]
    assert [each["key"] for each in await desk.get("goals")] == ["g1"]
    assert [each["version"] for each in await desk.get("standards")] == [2]
