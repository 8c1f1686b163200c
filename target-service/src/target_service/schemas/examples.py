"""What the documentation shows of requests; each can be sent as it stands, in the order of the API.

They are about the demonstration college: its course C0001, its teacher T001, its school 19001.
"""

from typing import Any, Final

_CELL: Final = {"scope": "course/C0001", "period": "term:2026-2027-1"}
_PASSES: Final = {**_CELL, "indicator": "course_pass_rate", "owner": "teacher/T001"}

PLAN: Final[dict[str, Any]] = {
    "key": "example-plan",
    "kind": "year",
    "title": "2026 年工作计划",
    "period": "year:2026",
    "scope": "school/19001",
    "swot": {"strengths": ["实训基地齐全"], "weaknesses": ["双师型教师不足"]},
}
GOAL: Final[dict[str, Any]] = {
    **_PASSES,
    "key": "example-goal",
    "title": "将课程及格率提高到 90%",
    "baseline": "0.82",
    "target": {"op": ">=", "value": "0.9"},
    "allocation": "weighted",
    "system": "generation",
    "aim": "学校人才培养质量持续提升",
}
DECOMPOSE: Final[dict[str, Any]] = {
    "allocation": "weighted",
    "children": [
        {
            **_PASSES,
            "key": f"example-goal-{number}",
            "title": title,
            "target": {"op": ">=", "value": "0.9"},
            "weight": weight,
        }
        for number, title, weight in (
            (1, "提高理论考核及格率", "0.6"),
            (2, "提高实训考核及格率", "0.4"),
        )
    ],
}
WAIVER: Final[dict[str, Any]] = {"letter": "A", "reason": "新开课程，历史数据不足两年"}
STANDARD: Final[dict[str, Any]] = {
    "key": "example-standard",
    "title": "课程教学标准",
    "kind": "course_teaching",
    "scope": "school/19001",
    "sections": [{"title": "适用范围", "text": "全校专业课程。"}],
    "criteria": [
        {
            "indicator": "course_pass_rate",
            "tiers": {
                "floor": {"op": ">=", "value": "0.6"},
                "qualified": {"op": ">=", "value": "0.8"},
            },
            "source": "own",
        }
    ],
}
SELECTOR: Final[dict[str, Any]] = {
    "key": "example-selector",
    "title": "课程及格率",
    "indicator": "course_pass_rate",
    "period": "term:2026-2027-1",
    "kind": "course",
    "scopes": ["course/C0001"],
    "tiers": {"qualified": {"op": ">=", "value": "0.8"}},
}
BASIS: Final[dict[str, Any]] = {
    "key": "example-basis",
    "title": "学校教学事故认定与处理办法",
    "number": "示例院发〔2026〕3号",
}
BODY: Final[dict[str, Any]] = {
    "key": "example-body",
    "title": "教学质量工作组",
    "since": "2026-09-01",
    "members": [{"party": "teacher/T001", "place": "head"}],
    "duties": [{"key": "diagnose", "text": "组织课程诊断"}],
    "matrix": [
        {"duty": "diagnose", "party": "teacher/T001", "part": "A"},
        {"duty": "diagnose", "party": "school/19001", "part": "R"},
    ],
}
PROCESS: Final[dict[str, Any]] = {
    "key": "example-process",
    "title": "课程标准修订流程",
    "unit": "school/19001",
    "duties": ["每学年修订课程标准"],
    "steps": [
        {"key": "draft", "title": "起草", "party": "teacher/T001", "days": 10, "next": ["approve"]},
        {"key": "approve", "title": "审批", "party": "school/19001", "days": 5},
    ],
}
OBJECT_CLASS: Final[dict[str, Any]] = {
    "key": "standing:benchmark",
    "title": "标杆课程",
    "kind": "course",
    "scopes": ["course/C0001"],
}
ACCOUNTABILITY: Final[dict[str, Any]] = {
    "key": "example-case",
    "title": "期末试卷延误送印",
    "scope": "school/19001",
    "opened_on": "2026-11-02",
    "basis": {"document": BASIS["key"]},
    "facts": "试卷晚送印两日，未影响考试。",
    "persons": ["teacher/T001"],
}
INTERNAL_CONTROL: Final[dict[str, Any]] = {
    "key": "example-control",
    "title": "专项经费使用检查",
    "scope": "school/19001",
    "period": "year:2026",
    "controls": [
        {
            "key": "budget",
            "text": "支出在批准的预算之内",
            "finding": "一项支出没有附批件",
            "owner": "teacher/T001",
            "due_on": "2026-12-20",
        }
    ],
}
RESOLUTION: Final[dict[str, Any]] = {
    "key": "example-resolution",
    "title": "审定年度工作计划",
    "meeting": "校长办公会",
    "held_on": "2026-03-02",
    "text": "同意年度工作计划，由质量办组织实施。",
    "decides": [{"kind": "plan", "key": PLAN["key"], "text": "同意"}],
}
TASK: Final[dict[str, Any]] = {
    "key": "example-task",
    "title": "修订课程教学标准",
    "kind": "key",
    "system": "generation",
    "scope": "course/C0001",
    "owner": "teacher/T001",
    "goals": [GOAL["key"]],
    "starts_on": "2026-09-01",
    "ends_on": "2027-01-10",
}
DUTY_TASK: Final[dict[str, Any]] = {
    "owner": "teacher/T001",
    "starts_on": "2026-09-01",
    "ends_on": "2027-01-10",
}
SCHEME: Final[dict[str, Any]] = {
    "key": "dept-2026",
    "title": "部门年度考核方案",
    "purpose": "department",
    "kind": "unit",
    "items": [
        {"key": "goals", "title": "年度目标达成", "takes": "goals", "weight": "0.4"},
        {"key": "tasks", "title": "年度任务完成", "takes": "tasks", "weight": "0.3"},
        {
            "key": "marks",
            "title": "民主测评",
            "takes": "marks",
            "weight": "0.3",
            "sources": [
                {"rater": "peers", "weight": "0.5", "minimum": 2},
                {"rater": "leader", "weight": "0.5"},
            ],
        },
    ],
    "grades": [{"name": "优秀", "from": 90}, {"name": "合格", "from": 60}],
}
TALLIES: Final[dict[str, Any]] = {
    "tallies": [
        {
            "subject": "unit/JWC",
            "item": "law",
            "ref": "2026-017",
            "what": "complaint",
            "count": "1",
        }
    ]
}
