"""What is wrong is told at once: a period that is none hides nothing else, wherever it stands."""

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

BACKWARDS = "span:2097-01-01/2096-01-01"
NO_SUCH_WEEK = "week:2096-2097-1/99"
CELL = {"key": "x", "title": "通过率", "indicator": "pass_rate", "period": BACKWARDS}
AGAINST = {"op": "<=", "value": "0.9"}
"""Of an indicator of which more is better."""

CROSSED = {"floor": {"op": ">=", "value": "0.9"}, "qualified": {"op": ">=", "value": "0.8"}}
BODIES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "bindings": (
        CELL | {"scope": "course/C9999", "owner": "teacher/T009", "target": AGAINST}
        | {"tiers": CROSSED, "goal": "none"},
        {"$.period", "$.scope", "$.owner", "$.target.op", "$.goal"}
        | {"$.tiers.floor", "$.tiers.qualified"},
    ),
    "selectors": (
        CELL | {"kind": "course", "owner": "teacher/T009", "target": AGAINST, "tiers": CROSSED}
        | {"scopes": ["major/M1", "course/C9999"]},
        {"$.period", "$.owner", "$.target.op", "$.scopes[0]", "$.scopes[1]"}
        | {"$.tiers.floor", "$.tiers.qualified"},
    ),
    "goals": (
        CELL | {"scope": "course/C0001", "owner": "teacher/T009", "target": AGAINST}
        | {"deadline": "2098-01-01", "parent": "whole", "baseline": "1.5"}
        | {"trajectory": [{"period": BACKWARDS, "value": "0.8"}, {"period": "yore", "value": "2"}]}
        | {"history": [{"period": "year:20", "value": "0.7"}]},
        {"$.period", "$.owner", "$.target.op", "$.deadline", "$.baseline", "$.weight"}
        | {"$.trajectory[0].period", "$.trajectory[1].period", "$.trajectory[1].value"}
        | {"$.history[0].period"},
    ),
    "plans": (
        {"key": "x", "kind": "year", "title": "计划", "period": BACKWARDS, "scope": "school/none"}
        | {"tracks": ["teaching"], "basis": ["none"]}
        | {"benchmarks": [{"peer": "某校", "indicator": "none", "period": "2026", "value": "1"}
            | {"source": "年报"}]},
        {"$.period", "$.scope", "$.tracks", "$.basis[0]", "$.benchmarks[0].indicator"}
        | {"$.benchmarks[0].period"},
    ),
    "assessment-runs": (
        {"key": "x", "title": "考核", "scheme": "none", "period": BACKWARDS, "also": ["2026"]},
        {"$.period", "$.also[0]", "$.scheme"},
    ),
    "internal-controls": (
        {"key": "x", "title": "检查", "scope": "unit/none", "period": BACKWARDS}
        | {"controls": [{"key": "a", "text": "甲"}, {"key": "a", "text": "乙"}]},
        {"$.period", "$.scope", "$.controls[1].key"},
    ),
}  # fmt: skip
"""What is sent to each door, and every place that is wrong in it."""


@pytest.mark.parametrize("collection", BODIES)
async def test_a_period_that_is_none_is_told_with_everything_else(
    shared_desk: Any, collection: str
) -> None:
    desk, (body, wrong) = shared_desk, BODIES[collection]
    await desk.handled(await desk.scope("teacher/T009", gone=True))
    whole = {"key": "whole", "title": "整体", "scope": "course/C0001", "period": "year:2096"}
    part = {"title": "一半", "scope": "course/C0001", "period": "year:2096", "key": "half"}
    await desk.put("goals", whole)
    divided = {"allocation": "weighted", "children": [part]}
    await desk.running.client.post("/v1/goals/whole/decompose", json=divided)

    answer = await desk.put(collection, body)

    assert answer.status_code == 422, answer.text
    assert set(answer.json()["validationErrors"]) == wrong


async def test_parts_of_a_third_each_and_all_that_is_wrong_with_them_are_refused_together(
    shared_desk: Any,
) -> None:
    desk = shared_desk
    await desk.handled(await desk.scope("teacher/T009", gone=True))
    whole = {"key": "thirds", "title": "整体", "scope": "course/C0001", "period": "year:2096"}
    await desk.put("goals", whole)
    third = {"title": "三分之一", "scope": "course/C0001", "period": "year:2096"}
    third |= {"weight": "0.33333", "indicator": "pass_rate"}
    children = [
        third | {"key": "t-1", "period": BACKWARDS},
        third | {"key": "t-2", "owner": "teacher/T009"},
        third | {"key": "t-3", "target": AGAINST, "deadline": "2097-01-01"},
    ]

    answer = await desk.running.client.post(
        "/v1/goals/thirds/decompose", json={"allocation": "weighted", "children": children}
    )

    told = answer.json()["validationErrors"]
    assert answer.status_code == 422
    assert set(told) == {
        "$.children[*].weight",
        "$.children[0].period",
        "$.children[1].owner",
        "$.children[2].target.op",
        "$.children[2].deadline",
    }
    assert "0.99999" in told["$.children[*].weight"][0]
    assert await desk.get("goals", parent="thirds") == []
