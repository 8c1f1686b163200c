"""Feeds, indicators and bindings that the tests of faults run with."""

from typing import Any

import httpx

TERM = "2026-2027-1"
PERIOD = f"term:{TERM}"
CODES = {"P": "pass", "F": "fail", "W": "withdrawn"}
UNMAPPED = "X"
"""A code without a meaning: its row is put aside."""

CLASS_FEED: dict[str, Any] = {
    "feed": "faults.class",
    "source": "academic",
    "entity": "teaching_class",
    "mode": "upsert",
    "default": True,
    "unknown_fields": "reject",
    "fields": {
        "class_no": {"from": "class"},
        "course_code": {"from": "course"},
        "term": {"from": "term"},
        "name": {"from": "name"},
    },
}

STUDENT_FEED: dict[str, Any] = {
    "feed": "faults.student",
    "source": "academic",
    "entity": "student",
    "mode": "upsert",
    "default": True,
    "unknown_fields": "reject",
    "fields": {"student_no": {"from": "student"}},
}


def enrolment_feed(
    name: str, *, default: bool = False, waits_for_students: bool = False
) -> dict[str, Any]:
    """Return a feed of enrolments; the credits carry the number of the version."""
    return {
        "never_waits_for": [] if waits_for_students else ["student_no"],
        "feed": name,
        "source": "academic",
        "entity": "enrolment",
        "mode": "upsert",
        "default": default,
        "unknown_fields": "reject",
        "fields": {
            "class_no": {"from": "class"},
            "student_no": {"from": "student"},
            "final_result": {"from": "result", "codes": CODES},
            "studied_credits": {"from": "version"},
        },
    }


def _indicator(name: str, kind: str, formula: str) -> dict[str, Any]:
    return {
        "indicator": name,
        "zh": name,
        "en": name,
        "unit": {"ratio": "ratio", "integer": "count", "decimal": "credits"}[kind],
        "direction": "higher",
        "type": kind,
        "level": "course",
        "basis": "tests/faults",
        "minimum_sample": 1,
        "scopes": [
            {
                "kind": "class",
                "key": "class_no",
                "period": {"kind": "term", "from": "teaching_class.term"},
            }
        ],
        "formula": formula,
    }


INDICATORS = (
    _indicator("faults_enrolled", "integer", "count(enrolment)"),
    _indicator("faults_effort", "decimal", "sum(studied_credits of enrolment)"),
    _indicator(
        "faults_passed", "ratio", "count(enrolment where final_result = 'pass') / count(enrolment)"
    ),
)
STANDARD = "0.5"
"""Share that must have passed: below it there is an alert, from it on there is none."""


def binding(class_no: str) -> dict[str, Any]:
    """Return the binding that makes a class warn."""
    return {
        "indicator": "faults_passed",
        "scope": f"class/{class_no}",
        "period": PERIOD,
        "title": f"班 {class_no} 通过率",
        "tiers": {"qualified": {"op": ">=", "value": STANDARD}},
        "alert_from": "standard",
    }


def cycle(class_no: str) -> dict[str, str]:
    """Return the cycle in which the corrections of a class run."""
    return {"key": f"{TERM}/class/{class_no}", "scope": f"class/{class_no}", "period": PERIOD}


async def put_contracts(hub: httpx.AsyncClient, *feeds: dict[str, Any]) -> None:
    """Save feeds and indicators."""
    for feed in (CLASS_FEED, STUDENT_FEED, *feeds):
        (await hub.put(f"/v1/feeds/{feed['feed']}", json=feed)).raise_for_status()
    for each in INDICATORS:
        (await hub.put(f"/v1/indicators/{each['indicator']}", json=each)).raise_for_status()


def class_row(class_no: str) -> dict[str, str]:
    """Return a class as its source writes it."""
    return {"class": class_no, "course": "C1", "term": TERM, "name": f"班 {class_no}"}
