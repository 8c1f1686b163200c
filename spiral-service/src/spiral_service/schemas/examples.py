"""What the documentation shows of requests; each can be sent as it stands to the demonstration."""

from typing import Any, Final

_LEADS: Final = {"zh": "负责人", "en": "Lead", "held_by": ["course_lead", "unit_head"]}

DEFINITION: Final[dict[str, Any]] = {
    "definition": "example_check",
    "zh": "课程自查",
    "en": "Check of a course",
    "kinds": ["course"],
    "start": "plan",
    "phases": {"before": {"zh": "事前", "en": "Before"}, "during": {"zh": "事中", "en": "During"}},
    "roles": {"lead": _LEADS},
    "gates": {
        "plan_is_filed": {
            "zh": "已填写自查计划",
            "en": "The plan is filed",
            "check": "form_is_filed",
            "parameters": {"form": "plan"},
        }
    },
    "forms": {
        "plan": {
            "zh": "自查计划",
            "en": "Plan",
            "fields": [{"name": "scope", "zh": "范围", "en": "Scope", "type": "text"}],
        }
    },
    "steps": [
        {
            "step": "plan",
            "zh": "计划",
            "en": "Plan",
            "phase": "before",
            "roles": ["lead"],
            "gates": ["plan_is_filed"],
            "form": "plan",
            "next": ["check"],
        },
        {"step": "check", "zh": "自查", "en": "Check", "phase": "during", "roles": ["lead"]},
    ],
    "clocks": [
        {
            "clock": "plan_due",
            "zh": "计划截止",
            "en": "Plan due",
            "step": "plan",
            "origin": "window_start",
            "amount": 2,
            "unit": "teaching_week",
            "role": "lead",
        }
    ],
    "routine_loop": {
        "zh": "常态纠偏",
        "en": "Routine loop",
        "inside": "check",
        "back_to": ["check"],
        "steps": [{"step": "monitor", "zh": "监测", "en": "Monitor"}],
    },
}
ASSIGN: Final[dict[str, Any]] = {"owner": "teacher/T001", "note": "课程负责人牵头整改"}
PLAN: Final[dict[str, Any]] = {
    "cause": "execution",
    "cause_text": "阶段测验后没有安排补课",
    "measure": "每周二晚安排答疑和补测，由课程组轮流承担",
    "due_on": "2026-12-31",
    "back_to": "organise",
    "changes": [{"kind": "task", "key": "example-task"}],
}
VERIFY: Final[dict[str, Any]] = {"effective": True, "note": "抽查补测记录，复测值已回到标准内"}
REASON: Final[dict[str, Any]] = {"reason": "两条预警同因：同一批学生同时缺课"}

REPLANNING: Final[dict[str, Any]] = {
    "clock": "implement_due",
    "due_at": "2099-06-30T18:00:00+08:00",
    "reason": "疫情停课两周，实施顺延",
}

PROGRAMME: Final[dict[str, Any]] = {
    "key": "student-year",
    "title": "学生学年诊改",
    "definition": "student_year",
    "rhythm": "ayear",
    "kind": "student",
    "paused": True,
}

ACTS: Final[dict[str, Any]] = {
    "items": [{"step": "spiral/cycle/2026/student/20240001/1"}],
    "reason": "目标已审定",
}
