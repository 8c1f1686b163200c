"""Words that cross service boundaries, with their official Chinese terms."""

import re
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

RATIO_PLACES = Decimal("0.000001")
"""Ratios and means are kept to six decimals, half-even. Source: our default."""


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

    MET_STANDARD = "met_standard"
    """达到标准"""

    MET_TARGET = "met_target"
    """达到目标"""


STATE_ZH = {
    State.NO_DATA: "无数据",
    State.BELOW_FLOOR: "低于底线",
    State.BELOW_STANDARD: "未达标准",
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


class AlertFrom(StrEnum):
    """Which line raises the alert of a binding; the default is whichever is reached first."""

    STANDARD = "standard"
    WARNING = "warning"
    EITHER = "either"


_SCOPE = re.compile(
    r"(school|unit|major|course|class|group|teacher|student|feed)/[^\s\0][^\0]{0,199}"
)
_PERIOD = re.compile(
    r"day:\d{4}-\d{2}-\d{2}|week:\d{4}-\d{4}-\d/\d{1,2}|month:\d{4}-\d{2}|term:\d{4}-\d{4}-\d"
    r"|ayear:\d{4}-\d{4}|year:\d{4}|plan:\d{4}-\d{4}|span:\d{4}-\d{2}-\d{2}/\d{4}-\d{2}-\d{2}"
)

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


def _check_scope(value: str) -> str:
    if not _SCOPE.fullmatch(value):
        raise ValueError("诊改对象写作 kind/key，如 course/C0001 (a scope is written kind/key)")
    return value


def _check_period(value: str) -> str:
    if not _PERIOD.fullmatch(value):
        raise ValueError("周期写作 kind:key，如 term:2026-2027-1 (a period is written kind:key)")
    return value


ScopeKey = Annotated[str, Field(examples=["course/C0001"]), AfterValidator(_check_scope)]
"""诊改对象: ``kind/key``; the key is the natural key of its record."""

PeriodKey = Annotated[str, Field(examples=["term:2026-2027-1"]), AfterValidator(_check_period)]
"""Period: ``kind:key``, half-open in time, from the school calendar."""


def level_of(scope: str) -> Level:
    """Return the level of a scope, which follows from its kind."""
    return _LEVEL_OF_KIND[scope.split("/", 1)[0]]


def ratio(numerator: Decimal, denominator: Decimal) -> Decimal:
    """Return numerator ÷ denominator to six decimals, half-even; the denominator is not 0."""
    return (numerator / denominator).quantize(RATIO_PLACES, ROUND_HALF_EVEN)
