"""Rows that show how the sheets are filled in."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

_COURSE: Final = "course/C0001"
EXAMPLES: Final[Mapping[str, Sequence[Mapping[str, Any]]]] = {
    "goals": [
        {
            "key": "pass-2030",
            "title": "提高课程通过率",
            "scope": "school/19001",
            "period": "year:2030",
            "indicator": "course_pass_rate",
            "target": {"op": ">=", "value": "0.9"},
            "allocation": "weighted",
            "kind": "plan",
            "system": "generation",
            "owner": "unit/JWC",
            "deadline": "2030-12-31",
            "aim": "建成省内一流高职院校",
            "trajectory": [
                {"period": "year:2028", "value": "0.86"},
                {"period": "year:2029", "value": "0.88"},
            ],
        },
        {
            "key": "pass-2030-c0001",
            "title": "提高高等数学通过率",
            "scope": _COURSE,
            "period": "year:2030",
            "indicator": "course_pass_rate",
            "target": {"op": ">=", "value": "0.85"},
            "parent": "pass-2030",
            "weight": "1",
            "owner": "teacher/T001",
        },
    ],
    "standards": [
        {
            "key": "pass-line",
            "kind": "line",
            "title": "课程通过率标准",
            "indicator": "course_pass_rate",
            "tiers": {
                "floor": {"op": ">=", "value": "0.6"},
                "qualified": {"op": ">=", "value": "0.8"},
            },
            "effective_from": "2026-09-01",
        },
        {
            "key": "course-building",
            "kind": "course_building",
            "title": "课程建设标准",
            "scope": "school/19001",
            "applies_to": {"kind": "course", "tags": ["standing:benchmark"]},
            "criteria": [
                {
                    "indicator": "course_pass_rate",
                    "title": "通过率",
                    "tiers": {"qualified": {"op": ">=", "value": "0.85"}},
                    "weight": "1",
                    "source": "own",
                }
            ],
        },
    ],
    "bindings": [
        {
            "indicator": "course_pass_rate",
            "scope": _COURSE,
            "period": "term:2026-2027-1",
            "title": "高等数学通过率",
            "standard": "pass-line",
            "target": {"op": ">=", "value": "0.85"},
            "warning": {"op": "<", "value": "0.7"},
            "alert_from": "either",
            "owner": "teacher/T001",
        }
    ],
    "tasks": [
        {
            "key": "t-2026-01",
            "title": "修订课程建设标准",
            "kind": "plan",
            "system": "generation",
            "scope": "school/19001",
            "unit": "unit/JWC",
            "owner": "teacher/T001",
            "helpers": [{"who": "teacher/T002", "role": "B"}],
            "goals": ["pass-2030"],
            "starts_on": "2026-09-01",
            "ends_on": "2026-12-31",
            "deliverables": [{"kind": "standard", "title": "课程建设标准（2026 版）"}],
        }
    ],
}
