"""What the forms of a review say, as the spiral service takes it.

Source: contract of the spiral service; the forms are our default.
"""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final

from gateway.portal.domain.cycle_forms import end_of_day

_PLAIN: Final = ("document", "kind", "title", "text", "scope", "body")

Given = Mapping[str, str]


def opening(given: Given, zone: tzinfo) -> dict[str, Any]:
    """Return a version of a document with its clauses, ``2.2 存在问题``, one a line."""
    said: dict[str, Any] = {name: given.get(name, "") for name in _PLAIN}
    said["clauses"] = [_clause(line) for line in _lines(given, "clauses")]
    said["invited"] = [_person(line) for line in _lines(given, "invited")]
    said["due_at"] = end_of_day(given.get("due_at", ""), zone)
    if given.get("author"):
        said["author"] = _person(given["author"])
    if given.get("evidence"):
        named = given.get("evidence_name") or given["evidence"][:12]
        said["files"] = [{"digest": given["evidence"], "name": named}]
    return said


def acting(act: str, given: Given) -> dict[str, Any]:
    """Return a comment, a vote, an answer to a comment, or the outcome in words."""
    if act == "comments":
        said: dict[str, Any] = {"text": given.get("text", ""), "must": "must" in given}
        return said | ({"clause": given["clause"]} if given.get("clause") else {})
    if act == "votes":
        return {"vote": given.get("vote", ""), "reason": given.get("reason", "")}
    name = "answer" if act == "answer" else "summary"
    return {name: given.get(name, "")}


def _lines(given: Given, name: str) -> list[str]:
    return [line.strip() for line in given.get(name, "").splitlines() if line.strip()]


def _clause(line: str) -> dict[str, str]:
    number, _, text = line.partition(" ")
    return {"clause": number, "text": text.strip() or number}


def _person(key: str) -> str:
    return key if "/" in key else f"teacher/{key}"
