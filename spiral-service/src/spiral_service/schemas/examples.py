"""What the documentation shows of requests, about the demonstration college."""

from typing import Any, Final

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
