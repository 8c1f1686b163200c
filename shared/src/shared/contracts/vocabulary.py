"""Words that cross service boundaries, with their official Chinese terms."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AfterValidator, AwareDatetime, Field

RATIO_PLACES = Decimal("0.000001")
"""Ratios and means are kept to six decimals, half-even. Source: our default."""

_WIDE: Final = Context(prec=60)
"""The usual 28 digits do not hold a large ratio with its six decimals."""


class Level(StrEnum):
    """One of the five horizontal levels (五横层面), from the widest to the narrowest.

    Source: plan §二.2 落实主体责任.
    """

    SCHOOL = "school"
    """学校"""

    MAJOR = "major"
    """专业"""

    COURSE = "course"
    """课程"""

    TEACHER = "teacher"
    """教师"""

    STUDENT = "student"
    """学生"""


LEVEL_ZH = {
    Level.SCHOOL: "学校",
    Level.MAJOR: "专业",
    Level.COURSE: "课程",
    Level.TEACHER: "教师",
    Level.STUDENT: "学生",
}


class VerticalSystem(StrEnum):
    """One of the five vertical systems (五纵系统). Source: plan §二.2."""

    DECISION = "decision"
    """决策指挥"""

    GENERATION = "generation"
    """质量生成"""

    RESOURCES = "resources"
    """资源建设"""

    SUPPORT = "support"
    """支持服务"""

    SUPERVISION = "supervision"
    """监督控制"""


VERTICAL_SYSTEM_ZH = {
    VerticalSystem.DECISION: "决策指挥",
    VerticalSystem.GENERATION: "质量生成",
    VerticalSystem.RESOURCES: "资源建设",
    VerticalSystem.SUPPORT: "支持服务",
    VerticalSystem.SUPERVISION: "监督控制",
}


class Severity(StrEnum):
    """Colour of an alert (预警等级), from the mildest to the gravest."""

    BLUE = "blue"
    """蓝色预警"""

    YELLOW = "yellow"
    """黄色预警"""

    ORANGE = "orange"
    """橙色预警"""

    RED = "red"
    """红色预警"""


class State(StrEnum):
    """How a measured value stands against the tiers of its binding (达标状态)."""

    NO_DATA = "no_data"
    """无数据"""

    BELOW_FLOOR = "below_floor"
    """低于底线"""

    BELOW_STANDARD = "below_standard"
    """未达标准"""

    BELOW_TARGET = "below_target"
    """未达目标: the target is missed, and there is no standard to meet"""

    NO_STANDARD = "no_standard"
    """未设标准: there is a value, but neither a standard nor a target, only a warning"""

    MET_STANDARD = "met_standard"
    """达到标准"""

    MET_TARGET = "met_target"
    """达到目标"""


STATES: Final[Mapping[str, State]] = {each.value: each for each in State}
"""By what is stored of them: an enumeration takes ten times as long to find its member."""


STATE_ZH = {
    State.NO_DATA: "无数据",
    State.BELOW_FLOOR: "低于底线",
    State.BELOW_STANDARD: "未达标准",
    State.BELOW_TARGET: "未达目标",
    State.NO_STANDARD: "未设标准",
    State.MET_STANDARD: "达到标准",
    State.MET_TARGET: "达到目标",
}


class Operator(StrEnum):
    """How a value is held against a limit (比较符)."""

    GT = ">"
    GE = ">="
    LT = "<"
    LE = "<="
    EQ = "="
    IN = "in"
    BETWEEN = "between"


OPERATOR_SYMBOL: Final = {
    Operator.GT: ">",
    Operator.GE: "≥",
    Operator.LT: "<",
    Operator.LE: "≤",
    Operator.EQ: "=",
    Operator.IN: "∈",
    Operator.BETWEEN: "∈",
}
"""How people read an operator."""


class LineKind(StrEnum):
    """Which line of a binding a value has crossed (触线)."""

    FLOOR = "floor"
    """底线"""

    STANDARD = "standard"
    """标准: the tier `qualified`"""

    WARNING = "warning"
    """预警值"""

    TARGET = "target"
    """目标值: missed when its deadline passed"""


LINE_ZH: Final = {
    LineKind.FLOOR: "底线",
    LineKind.STANDARD: "标准",
    LineKind.WARNING: "预警值",
    LineKind.TARGET: "目标值",
}


OWNER_ROLE_ZH: Final = {
    "school_leader": "学校负责人",
    "unit_head": "部门负责人",
    "unit_deputy": "部门副职",
    "major_lead": "专业负责人",
    "course_lead": "课程负责人",
    "class_teacher": "主讲教师",
    "co_teacher": "任课教师",
    "head_teacher": "班主任",
    "counsellor": "辅导员",
    "quality_officer": "质量专员",
    "system_owner": "系统负责人",
    "self": "本人",
}
"""Roles in which somebody answers for a scope (责任人). The dictionary's entities name them."""

LEADING_ROLES: Final = frozenset({"school_leader", "unit_head", "unit_deputy", "quality_officer"})
"""Those of them who decide on what others hand in, for the scope and all beneath it. Source: our
default."""

SettledHow = Literal["recovered", "corrected", "line-changed", "withdrawn"]
"""How an alert was settled (销号方式): the value came back by itself, a correction was verified,
its line was changed, or its binding was withdrawn."""

DismissedHow = Literal["false-alarm", "accepted", "carried"]
"""How an alert ends without its value coming back: it was none (误报), the deviation is accepted
by somebody until a day (接受偏差), or it is carried to the stage loop (转入阶段改进)."""

ClosedHow = Literal[
    "recovered", "verified", "line-changed", "withdrawn", "false-alarm", "accepted", "carried"
]
"""How a correction was closed, in the words of the spiral."""

CorrectionStage = Literal["opened", "assigned", "planned", "evidenced", "closed"]
"""How far the work on a correction has come: nobody in particular answers for it, somebody does, it
has a measure, it has evidence, it is over."""


@dataclass(frozen=True, slots=True)
class CrossedLine:
    """The line that an alert was raised on, with operator and value as its binding gives them.

    Floor, standard and target say what should have held, a warning says when to warn.
    """

    line: LineKind
    op: Operator
    value: str
    """A decimal string; several joined with commas for ``in``."""

    upper: str | None = None
    """Upper end, for ``between`` only."""


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst moment of an alert (曾达): the gravest colour it ever had, the worst value in it.

    What eases before it is settled stays in sight by it.
    """

    severity: Severity
    value: str | None
    """A decimal string: the value of that moment."""

    crossed: CrossedLine | None
    """The line that was crossed then."""

    at: AwareDatetime


class AlertFrom(StrEnum):
    """Which line raises the alert of a binding; the default is whichever is reached first."""

    STANDARD = "standard"
    WARNING = "warning"
    EITHER = "either"


_SCOPE = re.compile(
    r"(school|unit|major|course|class|group|teacher|student|feed)/[^\s\0][^\0]{0,199}"
)


class _PeriodRule(NamedTuple):
    """How the key of one kind of period is written."""

    shape: str
    example: str
    remedy: str
    holds: Callable[[str], bool] = lambda _: True
    """What must be true of a key that has the shape."""


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _is_academic_year(key: str) -> bool:
    return int(key[:4]) + 1 == int(key[5:9])


def _is_span(key: str) -> bool:
    first, last = key.split("/")
    return _is_date(first) and _is_date(last) and first < last


_YEAR = "(?:19|20|21)[0-9]{2}"
_DATE = f"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}"
_TERM = f"{_YEAR}-{_YEAR}-[1-3]"
_TERM_REMEDY = "学年为相邻两年，学期 1–3 (two consecutive years, term 1–3)"
_PERIODS: Final = {
    "day": _PeriodRule(_DATE, "day:2026-11-23", "日期须真实存在 (a real date)", _is_date),
    "week": _PeriodRule(
        f"{_TERM}/(?:[1-9]|[1-4][0-9]|5[0-3])",
        "week:2026-2027-1/13",
        f"{_TERM_REMEDY}，周 1–53 (week 1–53)",
        _is_academic_year,
    ),
    "month": _PeriodRule(f"{_YEAR}-(?:0[1-9]|1[0-2])", "month:2026-11", "月份 01–12 (month 01–12)"),
    "term": _PeriodRule(_TERM, "term:2026-2027-1", _TERM_REMEDY, _is_academic_year),
    "ayear": _PeriodRule(
        f"{_YEAR}-{_YEAR}",
        "ayear:2026-2027",
        "学年为相邻两年 (two consecutive years)",
        _is_academic_year,
    ),
    "year": _PeriodRule(_YEAR, "year:2026", "四位年份 (a year of four digits)"),
    "plan": _PeriodRule(
        f"{_YEAR}-{_YEAR}",
        "plan:2021-2025",
        "起始年早于结束年 (the first year is before the last)",
        lambda key: key[:4] < key[5:],
    ),
    "span": _PeriodRule(
        f"{_DATE}/{_DATE}",
        "span:2026-03-01/2026-07-01",
        "两个真实日期，起早于止 (two real dates, the first before the second)",
        _is_span,
    ),
}

_LEVEL_OF_KIND = {
    "school": Level.SCHOOL,
    "unit": Level.SCHOOL,
    "feed": Level.SCHOOL,
    "major": Level.MAJOR,
    "course": Level.COURSE,
    "class": Level.COURSE,
    "teacher": Level.TEACHER,
    "group": Level.STUDENT,
    "student": Level.STUDENT,
}


def is_scope(text: str) -> bool:
    """Return whether a text is a scope: ``kind/key`` of a known kind."""
    return _SCOPE.fullmatch(text) is not None


def _check_scope(value: str) -> str:
    if not is_scope(value):
        raise ValueError("诊改对象写作 kind/key，如 course/C0001 (a scope is written kind/key)")
    return value


def fault_of_written_period(value: str) -> str | None:
    """Return why a text is no period, for people; None of one that is."""
    kind, _, key = value.partition(":")
    rule = _PERIODS.get(kind)
    if rule is None:
        return (
            f"周期写作 kind:key，如 term:2026-2027-1，kind 为 {' '.join(_PERIODS)} 之一"
            " (a period is written kind:key)"
        )
    if not re.fullmatch(rule.shape, key) or not rule.holds(key):
        return f"周期写作如 {rule.example}：{rule.remedy}"
    return None


def _check_period(value: str) -> str:
    if fault := fault_of_written_period(value):
        raise ValueError(fault)
    return value


ScopeKey = Annotated[str, Field(examples=["course/C0001"]), AfterValidator(_check_scope)]
"""诊改对象: ``kind/key``; the key is the natural key of its record."""

PeriodKey = Annotated[str, Field(examples=["term:2026-2027-1"]), AfterValidator(_check_period)]
"""Period: ``kind:key``, half-open in time, from the school calendar."""


def level_of(scope: str) -> Level:
    """Return the level of a scope, which follows from its kind."""
    return _LEVEL_OF_KIND[scope.split("/", 1)[0]]


def kinds_of(level: Level) -> list[str]:
    """Return the kinds of scope that belong to a level."""
    return [kind for kind, each in _LEVEL_OF_KIND.items() if each is level]


def ratio(numerator: Decimal, denominator: Decimal) -> Decimal:
    """Return numerator ÷ denominator to six decimals, half-even; the denominator is not 0."""
    return _WIDE.divide(numerator, denominator).quantize(RATIO_PLACES, ROUND_HALF_EVEN, _WIDE)
