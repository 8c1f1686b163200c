"""Indicators that are measured."""

from typing import Any

TERM = "2026-2027-1"


PASSED = "count(enrolment where final_result in ('pass', 'distinction'))"
PASS_RATE: dict[str, Any] = {
    "indicator": "pass_rate",
    "zh": "及格率",
    "en": "Pass rate",
    "unit": "ratio",
    "direction": "higher",
    "formula": f"{PASSED} / count(enrolment where final_result is not null)",
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
