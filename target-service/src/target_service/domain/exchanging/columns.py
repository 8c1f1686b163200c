"""The columns of the sheets in which goals, standards, bindings and tasks are filled in.

A column is named by the JSON path of its field without ``$.``: what the API says of
``$.target.value`` is said of the cell in that column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.contracts.vocabulary import VERTICAL_SYSTEM_ZH, Operator

VERSION: Final = "version"
"""Hidden column: the version that was exported. Whoever changed the row since is not overruled."""

STANDARD: Final = "standard"
"""Column of a criterion that names its standard."""

YES_NO: Final = {"true": "是", "false": "否"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet."""

    code: str
    zh: str
    en: str
    choices: Mapping[str, str] = field(default_factory=dict)
    """Code → word of the drop-down; a cell may hold either."""

    parts: Sequence[str] = ()
    """A cell holds lines; each has these fields, the first up to the blank."""

    many: bool = False
    """A cell holds lines, each of them a value."""


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet of a workbook."""

    title: str
    columns: Sequence[Column]

    @property
    def codes(self) -> list[str]:
        """Return the names of the columns, in their order."""
        return [each.code for each in self.columns]


_OPERATORS: Final = {each.value: each.value for each in Operator}
_KINDS: Final = {"plan": "规划", "key": "重点", "ad_hoc": "临时", "routine": "日常"}
_SYSTEMS: Final = {each.value: zh for each, zh in VERTICAL_SYSTEM_ZH.items()}
_ALLOCATIONS: Final = {
    "sum": "按数量",
    "weighted": "按权重",
    "same": "平均",
    "minimum": "同底线",
}
_AGGREGATIONS: Final = {
    "sum": "累加",
    "pooled_ratio": "合并计算",
    "weighted_mean": "加权平均",
    "minimum": "取最低",
    "last": "取最新",
}
_STANDARDS: Final = {
    "line": "指标标准",
    "unit_work": "部门工作标准",
    "post_work": "岗位工作标准",
    "major": "专业标准",
    "major_teaching": "专业教学标准",
    "course_building": "课程建设标准",
    "course_teaching": "课程教学标准",
    "class_teaching": "课堂教学标准",
    "teacher_development": "教师发展标准",
    "student_development": "学生发展标准",
    "training_plan": "人才培养方案",
}
_SCOPES: Final = {
    "school": "学校",
    "unit": "部门",
    "major": "专业",
    "course": "课程",
    "class": "班级",
    "group": "团队",
    "teacher": "教师",
    "student": "学生",
}
_SOURCES: Final = {"national": "国家", "provincial": "省级", "municipal": "市级", "own": "校标"}
_ALERTS: Final = {"standard": "标准", "warning": "预警", "either": "先到者"}
_DELIVERABLES: Final = {
    "document": "文件",
    "list": "清单",
    "standard": "标准",
    "report": "报告",
    "software": "软件",
    "regulation": "制度文件",
    "scheme": "方案",
    "other": "其他",
}
_TIERS: Final = (
    ("floor", "底线", "floor"),
    ("qualified", "合格", "qualified"),
    ("good", "良好", "good"),
    ("benchmark", "标杆", "benchmark"),
)


def _limit(code: str, zh: str, en: str) -> list[Column]:
    return [
        Column(f"{code}.op", f"{zh}比较符", f"{en} operator", _OPERATORS),
        Column(f"{code}.value", f"{zh}值", en),
        Column(f"{code}.upper", f"{zh}上限", f"{en} upper end"),
    ]


_LINES: Final = [
    column for code, zh, en in _TIERS for column in _limit(f"tiers.{code}", f"{zh}线", en)
]
_VERSION: Final = Column(VERSION, "版本", "version")
_KEY: Final = Column("key", "编号", "key")
_TITLE: Final = Column("title", "名称", "title")
_SCOPE: Final = Column("scope", "对象", "scope")
_PERIOD: Final = Column("period", "周期", "period")
_INDICATOR: Final = Column("indicator", "指标", "indicator")
_OWNER: Final = Column("owner", "责任人", "owner")

GOALS: Final = Table(
    "目标",
    [
        *(_VERSION, _KEY, _TITLE, _SCOPE, _PERIOD, _INDICATOR),
        Column("baseline", "基期值", "baseline"),
        *_limit("target", "目标", "target"),
        Column("parent", "上级目标", "parent"),
        Column("weight", "权重", "weight"),
        Column("allocation", "分解方式", "allocation", _ALLOCATIONS),
        Column("aggregation", "汇总方式", "aggregation", _AGGREGATIONS),
        Column("kind", "类型", "kind", _KINDS),
        Column("system", "纵向系统", "system", _SYSTEMS),
        Column("plan", "规划", "plan"),
        _OWNER,
        Column("co_owners", "共同责任人", "co-owners", many=True),
        Column("deadline", "期限", "deadline"),
        Column("budget", "预算（元）", "budget in yuan"),
        Column("aim", "学校目标", "aim"),
        Column("basis", "依据文件", "basis", many=True),
        Column("dimensions", "价值维度", "value dimensions", many=True),
        Column("trajectory", "分年度目标", "trajectory", parts=("period", "value")),
        Column("history", "往年值", "history", parts=("period", "value")),
    ],
)
STANDARDS: Final = Table(
    "标准",
    [
        *(_VERSION, _KEY),
        Column("kind", "种类", "kind", _STANDARDS),
        *(_TITLE, _SCOPE),
        Column("applies_to.kind", "适用对象", "applies to", _SCOPES),
        Column("applies_to.tags", "适用类别", "tags", many=True),
        _INDICATOR,
        *_LINES,
        Column("basis", "来源", "basis"),
        Column("approver", "批准人", "approver"),
        Column("effective_from", "生效日期", "effective from"),
    ],
)
CRITERIA: Final = Table(
    "指标项",
    [
        Column(STANDARD, "标准编号", "standard"),
        *(_INDICATOR, _TITLE, *_limit("target", "目标", "target"), *_LINES),
        *_limit("warning", "预警", "warning"),
        Column("weight", "权重", "weight"),
        Column("source", "标准来源", "source", _SOURCES),
        Column("basis.document", "依据文件", "basis document"),
        Column("basis.clause", "依据条款", "clause"),
    ],
)
BINDINGS: Final = Table(
    "绑定",
    [
        *(_VERSION, _KEY, _INDICATOR, _SCOPE, _PERIOD, _TITLE),
        Column("goal", "目标", "goal"),
        Column("standard", "标准", "standard"),
        *_limit("target", "目标", "target"),
        *_LINES,
        *_limit("warning", "预警", "warning"),
        Column("alert_from", "预警依据", "alert from", _ALERTS),
        Column("max_age_days", "时效（天）", "days until stale"),
        _OWNER,
    ],
)
TASKS: Final = Table(
    "任务",
    [
        *(_VERSION, _KEY, _TITLE),
        Column("detail", "说明", "detail"),
        Column("kind", "类型", "kind", _KINDS),
        Column("system", "纵向系统", "system", _SYSTEMS),
        _SCOPE,
        Column("unit", "责任部门", "unit"),
        _OWNER,
        Column("helpers", "协助（A/B/C）", "helpers", parts=("who", "role")),
        Column("goals", "服务的目标", "goals", many=True),
        Column("after", "前置任务", "after", many=True),
        Column("starts_on", "开始日期", "starts on"),
        Column("ends_on", "截止日期", "ends on"),
        Column("sla_hours", "服务时限（工作小时）", "working hours"),
        Column("qualitative", "定性", "qualitative", YES_NO),
        Column("budget", "预算（元）", "budget in yuan"),
        Column("deliverables", "成果形式", "deliverables", _DELIVERABLES, ("kind", "title")),
        Column("reason", "修改理由", "reason"),
    ],
)
SHEETS: Final[Mapping[str, Sequence[Table]]] = {
    "goals": [GOALS],
    "standards": [STANDARDS, CRITERIA],
    "bindings": [BINDINGS],
    "tasks": [TASKS],
}
"""The sheets of each workbook; a CSV file holds the first."""
