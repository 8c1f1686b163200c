"""SMART by machine (准确、可测、可达、相关、时限): each letter met or not, why, and what to do.

Source: design "Goals and standards" 2. The words that count as verbs and how large a step is no
leap are our default.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Final

from shared.contracts.wording import Language, change_words
from shared.errors import DomainError, ErrorKind
from target_service.domain.limits import Limit, write_number

LETTERS: Final = "SMART"
LEAP: Final = 2
"""A goal may ask for so many times the mean yearly change, towards it, of the years before."""

YEARS: Final = 3
"""So many years of history are looked at."""

_VERBS: Final = re.compile(
    "提高|提升|降低|减少|增加|增长|扩大|缩小|控制|保持|稳定|达到|实现|完成|建成|建设|建立|健全"
    "|培养|培育|引进|新增|推进|推动|开展|加强|强化|优化|改善|改进|制定|修订|形成|打造|落实|深化|消除"
    "|获得|取得|参加|创建|开发|发表|编写|"
    r"\b(?:raise|increase|improve|lower|reduce|keep|reach|achieve|complete|build|establish|train"
    r"|recruit|win|publish|pass|develop|hold|finish|cut|grow|attain)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Letter:
    """Whether a goal meets one letter."""

    letter: str
    met: bool
    reason: str
    remedy: str = ""
    """What to do about it; empty where it is met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a goal says, as far as its letters ask."""

    title: str
    owner: str
    period: str
    indicator: str | None
    unit: str
    """Of the indicator; empty where it is not known."""

    baseline: Decimal | None
    target: Limit | None
    parent: str | None
    aim: str
    """The aim of the school that it serves, in words."""

    deadline: date | None
    first_day: date
    """Of its period."""

    last_day: date
    """Of its period."""

    history: Mapping[int, Decimal] = field(default_factory=dict)
    """Measured value by year, any number of years."""


class NotSmartError(DomainError):
    """A goal does not meet every letter, and nobody waived what it misses."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "not-smart"
    title_zh: ClassVar = "目标不符合 SMART"
    title_en: ClassVar = "The goal is not SMART"


def examine(goal: Stated) -> list[Letter]:
    """Return the five letters of a goal, in their order."""
    rules: dict[str, Callable[[Stated], tuple[str, str]]] = {
        "S": _specific,
        "M": _measurable,
        "A": _achievable,
        "R": _relevant,
        "T": _timed,
    }
    letters = []
    for letter, rule in rules.items():
        reason, remedy = rule(goal)
        letters.append(Letter(letter, not remedy, reason, remedy))
    return letters


def missed(letters: Sequence[Letter], waived: Sequence[str]) -> list[Letter]:
    """Return the letters that are neither met nor waived."""
    return [each for each in letters if not each.met and each.letter not in waived]


def refuse_missed(letters: Sequence[Letter]) -> None:
    """Refuse a goal for the letters that it misses.

    Raises:
        NotSmartError: it names each with its reason and remedy.
    """
    if letters:
        named = "、".join(each.letter for each in letters)
        raise NotSmartError(
            f"未满足 {named}，不能发布",
            f"it misses {named} and cannot be published",
            fields={
                f"$.smart.{each.letter}": [f"{each.reason}：{each.remedy}"] for each in letters
            },
            fixes=[
                (
                    "按所列补全；或由负责人 POST /api/target/v1/goals/<key>/waivers 写明理由豁免"
                    " (mend what is listed, or let who answers for it waive it with a reason)"
                )
            ],
        )


def yearly(history: Sequence[tuple[str, Decimal]]) -> dict[int, Decimal]:
    """Return one value a year, of the last period that begins in it; weeks and days alike.

    Args:
        history: period and value.
    """
    return {int(period.partition(":")[2][:4]): value for period, value in sorted(history)}


def _specific(goal: Stated) -> tuple[str, str]:
    lacking = []
    if not goal.owner:
        lacking.append(("没有责任人（主体） (nobody owns it)", "给出 owner (say who: owner)"))
    if not _VERBS.search(goal.title):
        lacking.append(
            (
                "标题没有动词 (its title has no verb)",
                "写明做什么，如“提高…到…” (begin with a verb: raise …)",
            )
        )
    if not goal.indicator:
        lacking.append(("没有指标 (no indicator)", "给出 indicator (name an indicator)"))
    return _told(lacking, "主体、动词、指标齐全 (subject, verb and indicator are named)")


def _measurable(goal: Stated) -> tuple[str, str]:
    lacking = []
    if not goal.indicator:
        lacking.append(("没有指标 (no indicator)", "给出 indicator (name an indicator)"))
    elif not goal.unit:
        lacking.append(
            (
                "指标没有单位 (the indicator has no unit)",
                "请发布带单位的指标 (publish the indicator with its unit)",
            )
        )
    if goal.target is None:
        lacking.append(
            (
                "没有目标值与比较符 (no target with its operator)",
                '给出 target，如 {"op": ">=", "value": "0.9"} (give target with its operator)',
            )
        )
    return _told(lacking, "指标、单位、目标值、比较符齐全 (indicator, unit, value and operator)")


def _achievable(goal: Stated) -> tuple[str, str]:
    """Hold the step that a year asks for against what the years before it brought."""
    if goal.target is None or goal.baseline is None:
        return (
            "没有目标值或基期值 (no target or no baseline)",
            "给出 target 与 baseline (give both)",
        )
    if goal.target.holds(goal.baseline):
        return "基期值已达目标 (the baseline meets it already)", ""
    past = dict(sorted(goal.history.items())[-YEARS:])
    if len(past) < 2:
        return (
            f"历史值只有 {len(past)} 年，无从判断 (too few years to judge)",
            (
                "给出至少两年的历史值（history），或写明理由豁免"
                " (give history of two years or more, or waive it with a reason)"
            ),
        )
    way = goal.target.nearest(goal.baseline) - Fraction(goal.baseline)
    trend = _change(past) if way > 0 else -_change(past)
    by = goal.deadline or goal.last_day
    asked = abs(way) / max(1, by.year - max(past))
    steps = [_step(each, goal.unit, "zh") for each in (asked, trend, LEAP * trend)]
    said = f"每年 {steps[0]}，近 {len(past)} 年每年 {steps[1]}"
    en = [_step(each, goal.unit, "en") for each in (asked, trend)]
    said_en = f"{en[0]} a year; the {len(past)} years before: {en[1]} a year"
    if asked <= LEAP * max(trend, Fraction()):
        return f"{said}，不超过 {LEAP} 倍 ({said_en})", ""
    if trend <= 0:
        why, why_en = "并未趋近目标", "not towards the target"
        remedy = "写明如何扭转并豁免，或调低 target (say what turns it and waive it, or ask less)"
    else:
        why, why_en = f"超过 {LEAP} 倍，属跃升", "a leap"
        remedy = (
            f"调整 target 或 deadline，使每年不超过 {steps[2]}；或写明理由豁免"
            " (ask less or later, or waive it with a reason)"
        )
    return f"{said}，{why} ({said_en}: {why_en})", remedy


def _relevant(goal: Stated) -> tuple[str, str]:
    if goal.parent or goal.aim:
        return f"服务于 {goal.parent or goal.aim} (it serves that)", ""
    remedy = "给出 parent，或以 aim 写明学校目标 (name its parent, or state the school's aim)"
    return "没有上级目标，也没有写明学校目标 (neither a parent nor an aim of the school)", remedy


def _timed(goal: Stated) -> tuple[str, str]:
    end = goal.deadline or goal.last_day
    if goal.first_day <= end <= goal.last_day:
        return f"截止 {end.isoformat()} (it ends on {end.isoformat()})", ""
    inside = f"{goal.first_day.isoformat()} – {goal.last_day.isoformat()}"
    reason = f"截止 {end.isoformat()} 不在周期 {goal.period}（{inside}）之内 (outside its period)"
    return reason, f"deadline 改到 {inside} 之内 (put it within the period)"


def _told(lacking: Sequence[tuple[str, str]], fine: str) -> tuple[str, str]:
    if not lacking:
        return fine, ""
    reasons, remedies = zip(*lacking, strict=True)
    return _joined(reasons), _joined(remedies)


def _joined(said: Sequence[str]) -> str:
    """Return sentences, each in Chinese with the English in brackets, as one of that form."""
    parts = [each.rpartition(" (") for each in said]
    zh = "；".join(chinese for chinese, _, _ in parts)
    return f"{zh} ({'; '.join(english.removesuffix(')') for _, _, english in parts)})"


def _change(past: Mapping[int, Decimal]) -> Fraction:
    """Return the mean change of a year; below 0 where the values fell."""
    first, last = min(past), max(past)
    return (Fraction(past[last]) - Fraction(past[first])) / (last - first)


def _step(number: Fraction, unit: str, language: Language) -> str:
    """Return by how much a value changes, of shares in percentage points."""
    change = write_number(Decimal(round(number * 10_000)) / 10_000)
    return change_words(change, unit or None, language).removeprefix("+")
