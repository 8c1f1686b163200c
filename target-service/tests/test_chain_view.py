"""The goal chain from outside: a value comes in below, and the school stands otherwise."""

from typing import Any

TERM = "term:2096-2097-1"
LINE = {"op": ">=", "value": "0.8"}


async def plant(desk: Any) -> None:
    """Put a school goal of two courses, three parts to one, each with a binding."""
    top = {"title": "学校", "scope": "unit/U1", "period": TERM, "key": "top"}
    await desk.put("goals", top | {"allocation": "weighted"})
    abouts = {
        course: {"title": course, "scope": f"course/{course}", "period": TERM}
        for course in ("C0001", "C0002")
    }
    children = [
        about | {"key": f"g-{course}", "weight": weight}
        for (course, about), weight in zip(abouts.items(), ("0.75", "0.25"), strict=True)
    ]
    divided = {"allocation": "weighted", "children": children}
    assert (await desk.put("goals/top/decompose", divided)).status_code == 200
    for course, about in abouts.items():
        bound = about | {"key": f"b-{course}", "goal": f"g-{course}", "indicator": "pass_rate"}
        assert (await desk.put("bindings", bound | {"target": LINE})).status_code == 201


async def stands(desk: Any, goal: str, attainment: str) -> Any:
    async def ask() -> Any:
        found = await desk.get(f"goals/{goal}")
        return found if found["standing"]["attainment"] == attainment else None

    return await desk.until(ask)


async def told_twice(desk: Any) -> list[Any]:
    told = [item for fact in await desk.facts("attainment.changed") for item in fact["items"]]
    about = [
        (item["goal"], item["attainment"], item["coverage"], item["seq"])
        for item in told
        if item["id"] == "goal/top"
    ]
    return about if len(about) > 1 else []


async def test_a_value_is_carried_up_to_the_school_and_told(desk: Any) -> None:
    await plant(desk)

    await desk.measure("0.6", 1, scope="course/C0001")
    await stands(desk, "top", "0.750000")
    await desk.measure("0.8", 2, scope="course/C0002")

    # 0.75 × 0.75 + 0.25 × 1
    top = await stands(desk, "top", "0.812500")
    assert (top["standing"]["state"], top["standing"]["coverage"]) == ("below_target", "1")
    assert [(each["id"], each["loss"]) for each in top["parts"]] == [
        ("g-C0001", "0.187500"),
        ("g-C0002", "0.000000"),
    ]
    about = await desk.until(lambda: told_twice(desk))
    assert about == [("top", "0.750000", "0.750000", 1), ("top", "0.812500", "1", 2)]

    history = await desk.get("attainments/goal/top/history")
    assert [(each["seq"], each["attainment"], each["goal_version"]) for each in history] == [
        (1, "0.750000", 1),
        (2, "0.812500", 1),
    ]
    [bound] = await desk.get("attainments/b-C0001/history")
    assert (bound["value"], bound["formula_version"], bound["goal"], bound["binding_version"]) == (
        "0.6",
        1,
        "g-C0001",
        1,
    )


async def test_the_tree_is_read_by_levels_and_as_of_a_day(desk: Any) -> None:
    await plant(desk)
    await desk.measure("0.8", 1, scope="course/C0001")
    await stands(desk, "top", "1")

    roots = await desk.get("chain")
    level = await desk.get("chain", parent="top", pageSize=1)
    past = await desk.running.client.get("/v1/goals/top", params={"asOf": "2020-01-01"})
    [before] = await desk.get("attainments", scope="course/C0001", asOf="2020-01-01")
    [now] = await desk.get("attainments", scope="course/C0001", asOf="2199-01-01")

    assert [(each["key"], each["has_children"], each["thin"]) for each in roots] == [
        ("top", True, False)
    ]
    assert [(each["key"], each["weight"], each["state"]) for each in level] == [
        ("g-C0001", "0.75", "met_target")
    ]
    assert past.status_code == 404
    assert (before["state"], now["state"], now["seq"]) == ("no_data", "met_target", 1)


async def test_what_if_shows_the_tree_and_stores_nothing(desk: Any) -> None:
    await plant(desk)
    await desk.measure("0.6", 1, scope="course/C0001")
    await stands(desk, "top", "0.750000")
    seq = (await desk.get("goals/top"))["standing"]["seq"]

    asked = {"values": {"b-C0002": "0.4"}, "weights": {"g-C0001": "0.5", "g-C0002": "0.5"}}
    answer = await desk.running.client.post("/v1/goals/top/what-if", json=asked)
    wrong = await desk.running.client.post(
        "/v1/goals/g-C0001/what-if", json={"values": {"b-C0002": "1"}, "weights": {"top": "1"}}
    )

    off = {"values": {"b-C0002": "1.5"}, "weights": {"g-C0001": "0.5", "top": "1"}}
    refused = await desk.running.client.post("/v1/goals/top/what-if", json=off)

    assert (refused.status_code, set(refused.json()["validationErrors"])) == (
        422,
        {"$.values.b-C0002", "$.weights.g-C0001", "$.weights.top"},
    )
    assert answer.status_code == 200, answer.text
    changed = answer.json()["changed"]
    assert [(each["key"], each["after"]["attainment"]) for each in changed] == [
        ("g-C0002", "0.500000"),
        ("top", "0.625000"),
    ]
    assert changed[1]["before"]["attainment"] == "0.750000"
    assert wrong.status_code == 422
    assert set(wrong.json()["validationErrors"]) == {"$.values.b-C0002", "$.weights.top"}
    top = await stands(desk, "top", "0.750000")
    assert top["standing"]["seq"] == seq
    assert len(await desk.get("attainments/goal/top/history")) == seq
    assert (await desk.get("goals/g-C0002"))["weight"] == "0.25"


async def test_a_binding_names_its_scoring_rule_and_its_forecast_says_what_it_lacks(
    desk: Any,
) -> None:
    await plant(desk)
    about = {"title": "双师", "scope": "course/C1", "period": TERM, "indicator": "pass_rate"}
    rule = {"rule": "banded_ratio", "qualified": LINE, "limit": {"op": ">=", "value": "0.4"}}

    wrong = await desk.put("bindings", about | {"scoring": {"rule": "banded_ratio", "max": 1}})
    made = await desk.put("bindings", about | {"key": "banded", "target": LINE, "scoring": rule})
    kept = await desk.put("bindings", about | {"key": "goal/x", "target": LINE})
    await desk.measure("0.3", 1, scope="course/C1")
    [item] = await desk.judged(1)

    assert wrong.status_code == 422
    assert set(wrong.json()["validationErrors"]) >= {
        "$.scoring.qualified",
        "$.scoring.limit",
        "$.scoring.max",
    }
    assert made.json()["scoring"]["limit"] == {"op": ">=", "value": "0.4", "upper": None}
    assert "$.key" in kept.json()["validationErrors"]
    assert item["attainment"] == "0"
    found = await desk.get("attainments/banded/forecast")
    assert (found["points"], found["trend"], found["reason"]) == (1, None, "too-few-points")
    assert found["on"] == "2097-01-31"
