"""Indicators that are measured."""

from typing import Any

TERM = "2026-2027-1"


PASS_RATE: dict[str, Any] = {
    "indicator": "pass_rate",
    "zh": "及格率",
    "en": "Pass rate",
    "unit": "ratio",
    "direction": "higher",
    "entity": "enrolment",
    "numerator": {"count": True, "where": [["final_result", "in", ["pass", "distinction"]]]},
    "denominator": {"count": True, "where": [["final_result", "not_null"]]},
    "scopes": [
        {
            "kind": "class",
            "key": "class_no",
            "period": {"kind": "term", "from": "teaching_class.term"},
        },
        {
            "kind": "course",
            "key": "teaching_class.course_code",
            "period": {"kind": "term", "from": "teaching_class.term"},
        },
    ],
}
