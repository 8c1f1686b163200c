"""How limits, periods and instants read in a Chinese report; numbers as everywhere.

Numbers come as decimal strings and stay exact beside the words; rounding is for the eye only.

Source: glossary; rounding for display is our default.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final

from shared.contracts import wording
from shared.contracts.vocabulary import (
    LINE_ZH,
    STATE_ZH,
    LineKind,
    Operator,
    Severity,
    State,
)
from shared.contracts.wording import NO_VALUE, value_words

CAMPUS: Final = timezone(timedelta(hours=8))
"""China Standard Time, which has no summer time."""

SEVERITY_ZH: Final = {
    Severity.RED: "红",
    Severity.ORANGE: "橙",
    Severity.YELLOW: "黄",
    Severity.BLUE: "蓝",
}
ALERT_PHASE_ZH: Final = {"open": "处理中", "held": "暂缓", "settled": "已销号"}
HOW_ZH: Final = {
    "recovered": "自行恢复",
    "corrected": "纠偏有效",
    "verified": "复核有效",
    "line-changed": "标准已调整",
    "withdrawn": "绑定已撤回",
    "false-alarm": "误报",
    "accepted": "偏差已接受",
    "carried": "转入阶段改进",
}
HOLD_ZH: Final = {
    "no-data": "无数据",
    "thin": "数据覆盖不足",
    "stale": "数据陈旧",
    "verification": "待核验",
}
_STEP_ZH: Final = {
    "goal": "目标",
    "standard": "标准",
    "design": "设计",
    "organise": "组织",
    "implement": "实施",
    "diagnose": "诊断",
    "incentive": "激励",
    "learn": "学习",
    "innovate": "创新",
    "improve": "改进",
    "scheme": "考核方案",
    "collect": "材料报送",
    "assess": "考核",
    "publish": "公示与申诉",
    "review": "审核",
    "reward": "表彰与问责",
    "risks": "风险排查",
    "control": "控制措施落实",
    "inspect": "监督检查",
    "draft": "撰写",
    "issue": "发布",
    "test": "自测",
}
"""Steps of shipped definitions, of cycles from before their facts told it. Nothing is added here:
a report that was made of such facts must say the same when it is made again."""

_RULE_ZH: Final = {
    "figure_eight": "“8”字质量改进螺旋",
    "school_year": "学校年度诊改",
    "department_year": "部门年度诊改",
    "cadre_term": "干部任期诊改",
    "major_construction": "专业建设期诊改",
    "course_construction": "课程建设诊改",
    "classroom_teaching": "课堂教学诊改",
    "teacher_appointment": "教师聘期诊改",
    "teacher_title": "教师职称年限诊改",
    "student_term": "学生学期诊改",
    "student_year": "学生学年诊改",
    "school_self_diagnosis": "学校自我诊改制度",
    "annual_assessment": "年度考核办法",
    "diagnosis_incentive": "诊改考核激励制度",
    "internal_control": "学校内控制度",
    "level_reports": "各层面自我诊改质量报告制度",
    "major_assessed_diagnosis": "专业考核性诊改制度",
    "course_timely_diagnosis": "课程适时性考核诊改制度",
    "teacher_realtime_diagnosis": "教师实时性考核诊改制度",
    "student_self_test": "学生自测诊断制度",
}
"""The same of the definitions themselves."""

FLAG_ZH: Final = {
    "warning": "触及预警值",
    "overdue": "已逾期",
    "thin": "数据覆盖不足",
    "stale": "数据陈旧",
}
REASON_ZH: Final = {
    "zero-denominator": "分母为零",
    "no-rows": "没有数据行",
    "small-sample": "样本不足",
    "not-delivered": "所需数据尚未接入",
    "no-coverage": "所需字段均为空",
    "missing-input": "用到的指标没有值",
    "parked": "指标定义已搁置",
}
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number as it is, and as it is shown."""

    value: str | None
    """Exact decimal string, as its event brought it; None where there is no value."""

    shown: str
    numerator: str | None = None
    denominator: str | None = None
    unit: str = ""


def figure(
    value: str | None, unit: str, *, numerator: str | None = None, denominator: str | None = None
) -> Figure:
    """Return a number with the words that show it."""
    return Figure(
        value=value,
        shown=value_words(value, unit),
        numerator=numerator,
        denominator=denominator,
        unit=unit,
    )


def limit_words(limit: Mapping[str, Any] | None, unit: str) -> str:
    """Return a limit in words: ``≤ 25%``; ``—`` for none."""
    if limit is None:
        return NO_VALUE
    return wording.limit_words(Operator(limit["op"]), limit["value"], limit.get("upper"), unit)


def limit_numbers(limit: Mapping[str, Any]) -> list[str]:
    """Return the numbers of a limit as decimal strings: one, both ends, or all members."""
    return wording.limit_values(limit["value"], limit.get("upper"))


def crossed_words(crossed: Mapping[str, Any] | None, unit: str) -> str:
    """Return the line that was crossed, by its name: ``预警值 ≥ 22%``; ``—`` for none."""
    if crossed is None:
        return "—"
    return f"{LINE_ZH[LineKind(crossed['line'])]} {limit_words(crossed, unit)}"


def state_words(state: str | None) -> str:
    """Return a state in words; None is what nobody has judged."""
    return "未判定" if state is None else STATE_ZH[State(state)]


def rule_words(definition: str, told: str | None) -> str:
    """Return a definition (``level_reports@1``) and its version, by the name that was told."""
    name, _, version = definition.partition("@")
    return f"{told or _RULE_ZH.get(name, name)}（第{version}版）"


def step_words(step: str, told: str | None) -> str:
    """Return a step of a cycle, by the name that was told."""
    return told or _STEP_ZH.get(step, step)


def reason_words(reason: str | None) -> str | None:
    """Return why there is no value, in words; a code without words as it is."""
    return None if reason is None else REASON_ZH.get(reason, reason)


def instant(at: datetime | None) -> str | None:
    """Return an instant as ISO text in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def instant_words(at: datetime | None) -> str:
    """Return an instant on campus time: ``2026年11月23日 16:05``."""
    if at is None:
        return "—"
    local = at.astimezone(CAMPUS)
    return f"{_day(local)} {local:%H:%M}"


def left_words(due: datetime, at: datetime) -> str:
    """Return how long remains at an instant, rounded down, or how late it is, rounded up."""
    if due < at:
        late = at - due
        return f"已逾期 {_parts(late, up=True)}"
    return f"还剩 {_parts(due - at, up=False)}"


def date_words(text: str | None) -> str:
    """Return an ISO date as ``2026年11月3日``."""
    return "—" if text is None else _day(date.fromisoformat(text))


def period_words(period: str) -> str:
    """Return a period in Chinese."""
    kind, _, key = period.partition(":")
    return _PERIOD[kind](re.split(r"[-/]", key))


def _parts(time: timedelta, *, up: bool) -> str:
    if time < _HOUR:
        return f"{_in(_MINUTE, time, up=up)} 分钟"
    days, hours = divmod(_in(_HOUR, time, up=up), 24)
    told = [f"{days} 天"] * bool(days) + [f"{hours} 小时"] * bool(hours)
    return " ".join(told)


def _in(unit: timedelta, time: timedelta, *, up: bool) -> int:
    return -(-time // unit) if up else time // unit


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _term(parts: list[str]) -> str:
    names = {"1": "第一学期", "2": "第二学期", "3": "第三学期"}
    return f"{parts[0]}–{parts[1]}学年{names[parts[2]]}"


def _span(parts: list[str]) -> str:
    """Return first and last day: the end of a period is the first day after it."""
    first, end = date(*map(int, parts[:3])), date(*map(int, parts[3:]))
    return f"{_day(first)}至{_day(end - timedelta(days=1))}"


_PERIOD: Final[dict[str, Callable[[list[str]], str]]] = {
    "day": lambda parts: _day(date(*map(int, parts))),
    "week": lambda parts: f"{_term(parts[:3])}第{parts[3]}教学周",
    "month": lambda parts: f"{parts[0]}年{int(parts[1])}月",
    "term": _term,
    "ayear": lambda parts: f"{parts[0]}–{parts[1]}学年",
    "year": lambda parts: f"{parts[0]}年",
    "plan": lambda parts: f"{parts[0]}–{parts[1]}年规划期",
    "span": _span,
}
