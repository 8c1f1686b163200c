"""A standard that comes into force is taken by its bindings, and only then."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from target_service import usecases
from target_service.domain.judge import Rules

RULES = Rules(minimum_coverage=Decimal("0.6"))
BINDING = {
    "key": "b1",
    "indicator": "pass_rate",
    "scope": "course/C0001",
    "period": "term:2096-2097-1",
    "title": "通过率",
    "standard": "s1",
}


def standard(value: str, day: str) -> dict[str, Any]:
    tiers = {"qualified": {"op": ">=", "value": value}}
    return {"key": "s1", "title": "标准", "tiers": tiers, "effective_from": day}


async def test_bindings_take_a_version_on_its_first_campus_day(desk: Any) -> None:
    await desk.put("standards", standard("0.8", "2026-09-01"))
    await desk.put("bindings", BINDING)
    await desk.measure("0.85", 1)
    await desk.judged(1)
    await desk.put("standards", standard("0.9", "2999-09-01"))
    eve = datetime(2999, 8, 31, 15, 59, tzinfo=UTC)
    midnight = datetime(2999, 8, 31, 16, 0, tzinfo=UTC)

    for at in (eve, midnight, midnight):
        async with desk.running.app.state.database.transaction() as tx:
            assert await usecases.adopt_standards(tx, at, RULES) == []

    items = await desk.judged(2)
    assert [(item["state"], item["standard_version"]) for item in items] == [
        ("met_standard", 1),
        ("below_standard", 2),
    ]
    versions = [fact["standard_version"] for fact in await desk.facts("binding.changed")]
    assert versions == [1, 2]


async def test_a_binding_that_a_version_contradicts_stays_and_is_named(desk: Any) -> None:
    await desk.put("standards", standard("0.8", "2026-09-01"))
    await desk.put("standards", standard("0.9", "2999-09-01"))
    target = {"op": ">=", "value": "0.85"}
    await desk.put("bindings", BINDING | {"target": target})
    later = datetime(2999, 9, 2, tzinfo=UTC)

    async with desk.running.app.state.database.transaction() as tx:
        assert await usecases.adopt_standards(tx, later, RULES) == ["b1"]

    assert (await desk.get("bindings/b1"))["standard_version"] == 1
