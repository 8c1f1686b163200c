"""How numbers, limits, periods and instants read in a Chinese report.

Numbers come as decimal strings and stay exact beside the words; rounding is for the eye only.

Source: glossary; rounding for display is our default.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from shared.contracts.vocabulary import STATE_ZH, Severity, State

CAMPUS: Final = timezone(timedelta(hours=8))
"""China Standard Time, which has no summer time."""

SEVERITY_ZH: Final = {
    Severity.RED: "红",
    Severity.ORANGE: "橙",
    Severity.YELLOW: "黄",
    Severity.BLUE: "蓝",
}
ALERT_PHASE_ZH: Final = {"open": "处理中", "held": "暂缓", "settled": "已销号"}
HOW_ZH: Final = {"recovered": "自行恢复", "corrected": "纠偏有效", "verified": "复核有效"}
STEP_ZH: Final = {
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
}
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
}
_UNIT_ZH: Final = {"to_one": " : 1", "score": " 分", "money": " 元", "days": " 天"}
_OPERATOR: Final = {">": ">", ">=": "≥", "<": "<", "<=": "≤", "=": "=", "in": "∈"}
_TWO_PLACES: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number as it is, and as it is shown."""

    value: str | None
    """Exact decimal string, as its event brought it; None where there is no value."""

    shown: str
    numerator: str | None = None
    denominator: str | None = None
    unit: str = ""


def shown(value: str | None, unit: str) -> str:
    """Return a number for the eye: ratios as percent, at most two decimals; ``—`` for none."""
    if value is None:
        return "—"
    if unit == "ratio":
        return _short(Decimal(value) * 100) + "%"
    return _short(Decimal(value)) + _UNIT_ZH.get(unit, "")


def shown_change(change: str | None, unit: str) -> str:
    """Return a difference with its sign; of ratios in percentage points."""
    if change is None:
        return "—"
    amount = Decimal(change)
    sign = "+" if amount > 0 else "−" if amount < 0 else ""
    size = f"{abs(amount):f}"
    if unit == "ratio":
        return sign + _short(Decimal(size) * 100) + " 个百分点"
    return sign + shown(size, unit)


def figure(
    value: str | None, unit: str, *, numerator: str | None = None, denominator: str | None = None
) -> Figure:
    """Return a number with the words that show it."""
    return Figure(
        value=value,
        shown=shown(value, unit),
        numerator=numerator,
        denominator=denominator,
        unit=unit,
    )


def limit_words(limit: Mapping[str, Any] | None, unit: str) -> str:
    """Return a limit in words: ``≤ 25%``, ``14 – 16``; ``—`` for none."""
    if limit is None:
        return "—"
    if limit["op"] == "between":
        return f"{shown(limit['value'], unit)} – {shown(limit.get('upper'), unit)}"
    return f"{_OPERATOR[limit['op']]} {shown(limit['value'], unit)}"


def state_words(state: str | None) -> str:
    """Return a state in words; None is what nobody has judged."""
    return "未判定" if state is None else STATE_ZH[State(state)]


def reason_words(reason: str | None) -> str | None:
    """Return why there is no value, in words; a code without words as it is."""
    return None if reason is None else REASON_ZH.get(reason, reason)


def instant(at: datetime | None) -> str | None:
    """Return an instant as ISO text in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def instant_words(at: datetime | None) -> str:
    """Return an instant on campus time: ``2026-11-23 16:05``."""
    return "—" if at is None else f"{at.astimezone(CAMPUS):%Y-%m-%d %H:%M}"


def period_words(period: str) -> str:
    """Return a period in Chinese; one that has no rule here as it is written."""
    kind, _, key = period.partition(":")
    words = _PERIOD.get(kind)
    return words(re.split(r"[-/]", key)) if words else "至".join(key.split("/"))


def _short(number: Decimal) -> str:
    rounded = number.quantize(_TWO_PLACES, ROUND_HALF_EVEN)
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _term(parts: list[str]) -> str:
    names = {"1": "第一学期", "2": "第二学期", "3": "第三学期"}
    return f"{parts[0]}–{parts[1]} 学年{names.get(parts[2], f'第 {parts[2]} 学期')}"


_PERIOD: Final[dict[str, Callable[[list[str]], str]]] = {
    "day": lambda parts: f"{parts[0]} 年 {int(parts[1])} 月 {int(parts[2])} 日",
    "week": lambda parts: f"{_term(parts[:3])}第 {parts[3]} 教学周",
    "month": lambda parts: f"{parts[0]} 年 {int(parts[1])} 月",
    "term": _term,
    "ayear": lambda parts: f"{parts[0]}–{parts[1]} 学年",
    "year": lambda parts: f"{parts[0]} 年",
    "plan": lambda parts: f"{parts[0]}–{parts[1]} 年规划期",
}
