"""``indicator.measured``: from NATS through the rules to PostgreSQL and the outbox."""

from typing import Any

BINDING = {
    "key": "pass-rate-c1",
    "indicator": "pass_rate",
    "scope": "course/C0001",
    "period": "term:2096-2097-1",
    "title": "通过率",
    "target": {"op": ">=", "value": "0.9"},
    "tiers": {
        "floor": {"op": ">=", "value": "0.5"},
        "qualified": {"op": ">=", "value": "0.8"},
    },
    "warning": {"op": "<", "value": "0.85"},
    "owner": "teacher/T001",
}


async def test_a_measured_value_becomes_an_attainment_and_one_fact(desk: Any) -> None:
    await desk.put("bindings", BINDING)

    await desk.measure("0.72", 7)

    [item] = await desk.judged(1)
    assert item == {
        "id": "pass-rate-c1",
        "binding": "pass-rate-c1",
        "goal": None,
        "indicator": "pass_rate",
        "scope": "course/C0001",
        "period": "term:2096-2097-1",
        "state": "below_standard",
        "warning": True,
        "overdue": False,
        "thin": False,
        "stale": False,
        "attainment": "0.800000",
        "coverage": "1",
        "value": "0.72",
        "numerator": None,
        "denominator": None,
        "gap": "0.08",
        "relative_gap": "0.100000",
        "forecast": None,
        "standard_version": None,
        "formula_version": 1,
        "measured_at": "2096-11-23T08:00:00Z",
        "seq": 1,
    }
    detail = await desk.get("bindings/pass-rate-c1")
    assert detail["attainment"]["state"] == "below_standard"
    assert detail["attainment"]["relative_gap"] == "0.100000"


async def test_only_judgements_that_differ_are_told(desk: Any) -> None:
    await desk.put("bindings", BINDING)
    await desk.measure("0.95", 1)
    await desk.judged(1)

    await desk.handled(await desk.measure("0.95", 2))
    await desk.measure(None, 3)

    items = await desk.judged(2)
    assert [(item["seq"], item["state"], item["value"]) for item in items] == [
        (1, "met_target", "0.95"),
        (2, "no_data", None),
    ]


async def test_older_repeated_and_duplicate_values_change_nothing(desk: Any, measured: Any) -> None:
    await desk.put("bindings", BINDING)
    newest = await desk.measure("0.95", 10)
    await desk.judged(1)

    await desk.send([measured("0.30", 99)], newest)
    for late in [await desk.measure("0.10", 9), await desk.measure("0.20", 10)]:
        await desk.handled(late)
    await desk.measure("0.94", 10, formula_version=2)

    items = await desk.judged(2)
    assert [item["value"] for item in items] == ["0.95", "0.94"]


async def test_a_value_that_came_first_is_judged_when_its_binding_comes(desk: Any) -> None:
    await desk.handled(await desk.measure("0.4", 1))

    await desk.put("bindings", BINDING)

    [item] = await desk.judged(1)
    assert (item["state"], item["gap"]) == ("below_floor", "0.4")
    types = [fact["event"]["type"] for fact in await desk.get("facts")]
    assert types == ["qa.target.binding.changed.v1", "qa.target.attainment.changed.v1"]


async def test_a_thin_value_cannot_meet_its_target(desk: Any) -> None:
    await desk.put("bindings", BINDING)

    await desk.measure("0.99", 1, coverage="0.59")

    [item] = await desk.judged(1)
    assert (item["state"], item["thin"], item["attainment"]) == ("met_standard", True, "1")


async def test_many_cells_in_one_event_are_judged_together(desk: Any, measured: Any) -> None:
    for course in ("C0001", "C0002"):
        scope = f"course/{course}"
        await desk.put("bindings", BINDING | {"key": course, "scope": scope})
        await desk.put(
            "bindings", BINDING | {"key": f"{course}-b", "scope": scope, "warning": None}
        )

    await desk.send(
        [
            measured("0.95", 3, scope="course/C0001"),
            measured("0.10", 2, scope="course/C0001"),
            measured("0.40", 3, scope="course/C0002"),
            measured("1", 3, scope="course/C0003"),
        ]
    )

    items = await desk.judged(4)
    assert [(item["binding"], item["state"]) for item in items] == [
        ("C0001", "met_target"),
        ("C0001-b", "met_target"),
        ("C0002", "below_floor"),
        ("C0002-b", "below_floor"),
    ]
    assert len(await desk.facts("attainment.changed")) == 2


async def test_a_value_that_is_no_number_is_put_aside_and_blocks_nothing(
    desk: Any, measured: Any
) -> None:
    await desk.put("bindings", BINDING)

    await desk.send([measured("NaN", 1)])
    # Together with a newer one it would be superseded, and nobody would ask what it was.
    [letter] = await desk.until(lambda: desk.get("dead-letters"))
    await desk.measure("0.95", 2)

    await desk.judged(1)
    assert (letter["consumer"], letter["reason"]) == ("target-measured", "measured-value")
