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

_CYCLE: Final = "2026-2027-1/school/19001"
_LESSON_TEXT: Final = "阶段测验后一周内安排答疑和补测，及格率回升最快；拖到期末再补收效甚微。"
DIAGNOSIS: Final[dict[str, Any]] = {
    "cycle": _CYCLE,
    "goal": "school-ratio",
    "cause": "resources",
    "conclusion": "生师比未达目标：新增专任教师少于计划",
}
CONTRIBUTION: Final[dict[str, Any]] = {
    "source": "student",
    "speaker": "2026 级 1 班学生座谈会",
    "rating": "78",
    "text": "希望测验后尽快讲评，并增加答疑时间",
}
ASK: Final[dict[str, Any]] = {
    "source": "student",
    "persons": ["student/20260055", "student/20260056"],
    "due_at": "2026-12-11T16:00:00Z",
}
VOICE: Final[dict[str, Any]] = {"rating": "78", "text": "希望测验后尽快讲评，并增加答疑时间"}
SIGNATURE: Final[dict[str, Any]] = {"note": "同意结论，下一周期跟踪"}
LESSON: Final[dict[str, Any]] = {
    "cycle": _CYCLE,
    "indicator": "course_pass_rate",
    "cause": "execution",
    "title": "测验后一周内补课",
    "text": _LESSON_TEXT,
}
USE: Final[dict[str, Any]] = {
    "subject": f"cycle/{_CYCLE}",
    "helped": True,
    "note": "按此安排补测，及格率提高 4 个百分点",
}
PROPOSAL: Final[dict[str, Any]] = {
    "cycle": _CYCLE,
    "title": "建立课程组轮值答疑",
    "text": "每周固定时段由课程组教师轮流答疑，记录问题并反馈到教案",
}
PROPOSAL_DECISION: Final[dict[str, Any]] = {"state": "accepted", "reason": "下学期起试行"}
MEASURE: Final[dict[str, Any]] = {
    "cycle": _CYCLE,
    "cause": "execution",
    "text": "每次阶段测验后一周内完成补课和补测",
    "owner": "teacher/T001",
}
MEASURE_DECISION: Final[dict[str, Any]] = {"accepted": True, "reason": "带入下一周期"}
LOWER: Final[dict[str, Any]] = {
    "cycle": _CYCLE,
    "goal": "school-ratio-2",
    "reason": "培养方案调整，课程学时减少三分之一",
}
CAMPAIGN: Final[dict[str, Any]] = {
    "scope": "school/19001",
    "level": "awareness",
    "measure": "spirit",
    "title": "质量月：人人讲质量",
    "text": "各二级学院宣讲诊改方案，师生提出改进建议 126 条",
    "held_on": "2026-10-15",
    "participants": 860,
}
SURVEY: Final[dict[str, Any]] = {
    "scope": "school/19001",
    "period": "year:2026",
    "level": "awareness",
    "measure": "spirit",
    "score": "82.5",
    "respondents": 640,
    "origin": "2026 年质量文化问卷",
}
ADVICE: Final[dict[str, Any]] = {
    "student": "student/20260055",
    "topic": "学习方法",
    "text": "每周与课程组答疑一次，期中后复盘学习计划",
}
CYCLE_PROPOSAL_DECISION: Final[dict[str, Any]] = {
    "state": "refused",
    "reason": "课程只预警，不逐学期开启周期",
}
REVIEW_ROUND: Final[dict[str, Any]] = {
    "document": "annual-report-2026",
    "kind": "annual_report",
    "title": "2026 年度质量报告（送审稿）",
    "text": "提请专家委员会审议，重点是第二、三部分",
    "scope": "school/19001",
    "body": "M142",
    "clauses": [
        {"clause": "2.2", "text": "存在问题"},
        {"clause": "2.3", "text": "改进措施与成效"},
    ],
    "invited": ["teacher/T001", "teacher/T002", "teacher/T003"],
    "due_at": "2099-01-15T18:00:00+08:00",
}
REVIEW_COMMENT: Final[dict[str, Any]] = {
    "clause": "2.2",
    "text": "问题一没有写明原因编码，请补充",
    "must": True,
}
REVIEW_VOTE: Final[dict[str, Any]] = {
    "vote": "approve_with_changes",
    "reason": "补齐原因编码后同意",
}
REVIEW_ANSWER: Final[dict[str, Any]] = {"answer": "已在第 2 版补充原因编码"}
REVIEW_DECISION: Final[dict[str, Any]] = {"summary": "原则通过，按意见修改后定稿"}
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
