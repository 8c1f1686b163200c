"""Rates of levels, scopes, plans and indicators, of a period and as of a day."""

from typing import Any

TERM, YEAR = "term:2096-2097-1", "year:2096"
LINES = {
    "target": {"op": ">=", "value": "0.8"},
    "tiers": {"qualified": {"op": ">=", "value": "0.6"}},
}


async def bind(desk: Any, key: str, scope: str, **more: Any) -> None:
    about = {"indicator": "pass_rate", "scope": scope, "period": TERM, "title": key}
    body = {"key": key, **about, **LINES, **more}
    assert (await desk.put("bindings", body)).status_code == 201


async def plant(desk: Any, measured: Any) -> None:
    """Put bindings of two courses and a major under one plan; one of them has no value."""
    plan = {
        "key": "p1",
        "kind": "year",
        "title": "计划",
        "period": "ayear:2096-2097",
        "scope": "unit/U1",
    }
    assert (await desk.put("plans", plan)).status_code == 201
    for goal in (
        {"key": "g1", "scope": "major/M1", "period": TERM, "plan": "p1"},
        {"key": "g2", "scope": "course/C1", "period": TERM, "parent": "g1"},
    ):
        assert (await desk.put("goals", {**goal, "title": goal["key"]})).status_code == 201
    await bind(desk, "b1", "course/C1", goal="g2")
    await bind(desk, "b2", "course/C2")
    await bind(desk, "b3", "major/M1", goal="g1")
    await bind(desk, "b4", "course/C0001")
    await bind(desk, "b5", "course/C1", indicator="mean_score", target=None)
    scopes = {"course/C1": "0.8", "course/C2": "0.72", "major/M1": "0.4"}
    await desk.send([measured(value, 1, scope=scope) for scope, value in scopes.items()])
    await desk.judged(3)


def told(group: dict[str, Any]) -> tuple[Any, ...]:
    shares = ("standard", "target", "standard_90", "target_90", "attained_90")
    return (
        *(group[name] for name in ("group", "objects", "bindings", "measured")),
        *((group[name]["met"], group[name]["of"]) for name in shares),
    )


async def test_rates_of_levels_plans_scopes_and_indicators_are_told(
    desk: Any, measured: Any
) -> None:
    await plant(desk, measured)

    course, major = await desk.get("attainments/rates")
    [plan] = await desk.get("attainments/rates", by="plan")
    scopes = await desk.get("attainments/rates", by="scope", level="course")
    points = await desk.get("attainments/rates", by="indicator")

    # C1 attains 0.8 ÷ 0.8, C2 0.72 ÷ 0.8 = 0.9, M1 0.4 ÷ 0.8; the others have no value.
    assert told(course) == ("course", 3, 4, 2, (2, 2), (1, 2), (1, 1), (0, 1), (2, 2))
    assert (course["standard"]["rate"], course["target"]["rate"]) == ("1.000000", "0.500000")
    assert told(major) == ("major", 1, 1, 1, (0, 1), (0, 1), (0, 1), (0, 1), (0, 1))
    assert told(plan) == ("p1", 2, 2, 2, (1, 2), (1, 2), (0, 1), (0, 1), (1, 2))
    assert [(each["group"], each["bindings"], each["target"]["rate"]) for each in scopes] == [
        ("course/C0001", 1, None),
        ("course/C1", 2, "1.000000"),
        ("course/C2", 1, "0.000000"),
    ]
    assert [(each["group"], each["objects"]) for each in points] == [
        ("mean_score", 1),
        ("pass_rate", 4),
    ]


async def test_rates_are_of_a_period_and_as_of_a_day(desk: Any, measured: Any) -> None:
    await plant(desk, measured)
    await desk.running.client.delete("/v1/bindings/b1")

    other = await desk.get("attainments/rates", period=YEAR)
    now = await desk.get("attainments/rates", plan="p1", period=TERM)
    before = await desk.get("attainments/rates", by="plan", asOf="2020-01-01")
    later = await desk.get("attainments/rates", level="course", asOf="2199-01-01")

    assert other == []
    assert [told(each)[:4] for each in now] == [("major", 1, 1, 1)]
    # Nothing had been judged by then, and b1 was not withdrawn yet.
    assert [told(each)[:4] for each in before] == [("p1", 2, 2, 0)]
    assert [told(each)[:4] for each in later] == [("course", 3, 3, 1)]


async def test_rates_come_in_pages(desk: Any, measured: Any) -> None:
    await plant(desk, measured)
    asked = {"by": "scope", "pageSize": 3}

    first = await desk.running.client.get("/v1/attainments/rates", params=asked)
    token = first.headers["Next-Page-Token"]
    rest = await desk.get("attainments/rates", by="scope", pageSize=3, pageToken=token)
    counted = await desk.running.client.get(
        "/v1/attainments/rates", params={"by": "scope", "limit": 1, "totalCount": "true"}
    )

    assert [each["group"] for each in first.json()] == ["course/C0001", "course/C1", "course/C2"]
    assert [each["group"] for each in rest] == ["major/M1"]
    assert counted.headers["Total-Count"] == "4"
