"""Goals as a tree, from HTTP to facts: a parent, no circle, no deadline after the parent's."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from target_service.domain.weights import Allocation, effective_weights

GOAL = {"title": "提高通过率", "scope": "course/C0001", "period": "term:2096-2097-1"}


async def put(desk: Any, key: str, **more: Any) -> Any:
    return await desk.put("goals", GOAL | {"key": key} | more)


async def test_a_goal_cannot_lie_beneath_itself_nor_end_after_its_parent(desk: Any) -> None:
    for key, parent in {"a": None, "b": "a", "c": "b"}.items():
        made = await put(desk, key, parent=parent, deadline="2097-01-15")
        assert made.status_code == 201, made.text
    assert (made.json()["parent"], made.json()["allocation"]) == ("b", "same")

    circle = await put(desk, "a", parent="c", deadline="2097-01-15")
    itself = await put(desk, "a", parent="a", deadline="2097-01-15")
    none = await put(desk, "d", parent="bb", deadline="2097-01-15")
    late = await put(desk, "c", parent="b", deadline="2097-01-16")
    endless = await put(desk, "c", parent="b")
    early = await put(desk, "a", deadline="2097-01-14")
    used = await desk.running.client.delete("/v1/goals/b")

    assert (circle.status_code, circle.json()["type"]) == (409, "urn:helix8:problem:goal-cycle")
    assert circle.json()["validationErrors"] == {"$.parent": ["a → b → c → a"]}
    assert itself.json()["validationErrors"] == {"$.parent": ["a → a"]}
    assert none.status_code == 422
    assert "$.parent" in none.json()["validationErrors"]
    for answer in (late, endless, early):
        assert (answer.status_code, answer.json()["type"]) == (
            422,
            "urn:helix8:problem:goal-rules",
        )
        assert set(answer.json()["validationErrors"]) == {"$.deadline"}
    assert (used.status_code, used.json()["type"]) == (409, "urn:helix8:problem:in-use")
    assert {fact["id"]: fact["parent"] for fact in await desk.facts("goal.published")} == {
        "a": None,
        "b": "a",
        "c": "b",
    }


@pytest.mark.parametrize(("allocation", "shares"), [("same", "1/3"), ("weighted", "1/4")])
def test_a_child_counts_its_weight_or_its_like_share(allocation: str, shares: str) -> None:
    weights = {"a": Decimal("0.25"), "b": Decimal("0.25"), "c": Decimal("0.5")}

    assert effective_weights(Allocation(allocation), weights)["a"] == Fraction(shares)
