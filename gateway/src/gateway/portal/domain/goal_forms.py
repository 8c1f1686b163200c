"""What the forms of the goals' pages say, as the target service takes it.

Source: contract of the target service; the forms are our default.
"""

from collections.abc import Mapping
from typing import Any, Final

Given = Mapping[str, str]

PLAIN: Final = (
    *("key", "title", "scope", "period", "indicator", "baseline", "weight", "owner", "deadline"),
    *("parent", "system", "plan", "aim", "kind", "aggregation"),
)
"""Fields of a goal that a form says as they are."""

KEPT: Final = (
    *("target", "budget", "co_owners", "basis", "dimensions", "trajectory", "history"),
    "allocation",
)
"""Fields of a goal that its form does not ask."""

ROWS: Final = 8
"""Children that a form divides a goal among."""


def goal(given: Given, kept: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a goal as a form says it; what the form does not hold is kept.

    Args:
        kept: the goal as it was; None for a new one.
    """
    said: dict[str, Any] = {name: given[name] for name in PLAIN if name in given}
    if "target" in given:
        said["target"] = {"op": given.get("op", ">="), "value": given["target"]}
    return {**(kept or {}), **said}


def children(given: Given, parent: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a goal is divided: a row without a scope is none.

    What the rows do not ask — indicator, period, deadline — a child has from its parent.
    """
    allocation = given.get("allocation", "same")
    inherited = {name: parent[name] for name in ("period", "indicator", "deadline", "system")}
    rows = []
    for index in range(ROWS):
        row = {
            name: given[f"children.{index}.{name}"]
            for name in ("key", "title", "scope", "target", "weight", "owner", "baseline")
            if f"children.{index}.{name}" in given
        }
        if "scope" not in row:
            continue
        key = row.get("key") or f"{parent['key']}.{row['scope'].replace('/', '-')}"
        title = row.get("title") or parent["title"]
        op = (parent["target"] or {}).get("op", ">=")
        rows.append(goal({**row, "op": op, "key": key, "title": title}, inherited))
    return {"allocation": allocation, "children": rows}
