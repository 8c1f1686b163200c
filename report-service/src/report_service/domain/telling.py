"""Sentences made from facts: comparison with target, standard, last period and group; the trend.

A sentence says a number and what it is held against, never how good that is: no praise, no
forecast. Each number in it is bound to the fact that says it.

Source: issue of the plan M074 and design "Reports" 1; the wording is our default.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

from report_service.domain.document.blocks import Cell, Span
from report_service.domain.document.writing import COUNTED, Writer
from report_service.domain.facts import Facts
from report_service.domain.facts_of_work import PastValue
from report_service.domain.lines import Lines, StandardLine
from report_service.domain.naming import KIND_ZH
from report_service.domain.wording import figure, period_words
from shared.contracts.causes import CAUSE_ZH, Cause
from shared.contracts.vocabulary import State, ratio
from shared.contracts.wording import change_words

SMALLEST_GROUP: Final = 5
"""Groups of fewer are masked. Source: design "Reports" 5."""

MEASURE_WORD: Final = {
    "school": "所",
    "unit": "个",
    "major": "个",
    "course": "门",
    "class": "个",
    "group": "个",
    "teacher": "名",
    "student": "名",
    "feed": "个",
}
"""What a Chinese count of a kind of object stands with."""

_MET: Final = {State.MET_STANDARD, State.MET_TARGET}
MISSED: Final = {State.BELOW_FLOOR, State.BELOW_STANDARD, State.BELOW_TARGET}
_TREND: Final = 3
"""Values in one direction that make a trend, the present one among them. Source: our default."""


def count_of(kind: str, count: int) -> str:
    """Return a count with its measure word: ``12 门课程``."""
    return f"{count:,} {MEASURE_WORD[kind]}{KIND_ZH[kind]}"


def overview(writer: Writer, lines: Lines) -> Cell:
    """Say how many points there are, and how many meet their standard and target."""
    told, total = _states(lines.standards), len(lines.standards)
    said = sum(told.values())
    met = sum(told.get(state, 0) for state in _MET)
    parts: list[Span | str] = [
        "本周期绑定质控点 ",
        writer.counted(total, " 项"),
        "，有数据 ",
        writer.counted(said, " 项"),
    ]
    if said:
        target = told.get(State.MET_TARGET, 0)
        parts += [
            "，其中达到标准 ",
            writer.counted(met, " 项"),
            "（标准达标率 ",
            share(writer, met, said),
            "），达到目标 ",
            writer.counted(target, " 项"),
            "（目标达标率 ",
            share(writer, target, said),
            "）",
        ]
    missed = [each for each in lines.standards if each.state in MISSED]
    if missed:
        names = "、".join(each.title for each in missed[:6]) + ("等" if len(missed) > 6 else "")
        parts += ["；未达标 ", writer.counted(len(missed), " 项"), f"：{names}"]
    return _cell([*parts, "。"])


def alerts_said(writer: Writer, lines: Lines) -> Cell:
    """Say how many alerts there were and what became of them."""
    if not lines.alerts:
        return _cell(["本周期没有预警。"])
    over = [each for each in lines.alerts if each.phase == "settled"]
    parts: list[Span | str] = [
        "发出预警 ",
        writer.counted(len(lines.alerts), " 条"),
        "，已销号 ",
        writer.counted(len(over), " 条"),
    ]
    worst = [each for each in lines.alerts if each.severity == "red"]
    if worst:
        parts += ["，其中红色 ", writer.counted(len(worst), " 条")]
    if lines.corrections:
        closed = [each for each in lines.corrections if each.state == "closed"]
        parts += [
            "；立项纠偏 ",
            writer.counted(len(lines.corrections), " 项"),
            "，已办结 ",
            writer.counted(len(closed), " 项"),
        ]
    return _cell([*parts, "。"])


def said_of(writer: Writer, facts: Facts, line: StandardLine) -> Cell:
    """Say how one point stands against its limits, the last period and its group."""
    if line.current.value is None:
        why = f"（{line.reason}）" if line.reason else ""
        return _cell([f"{line.title}：本周期没有数据{why}，不作判断。"])
    key, limits = f"measurement/{line.indicator}", f"binding/{line.binding}"
    parts: list[Span | str] = [f"{line.title}现值为 ", writer.bound(line.current, key), "，"]
    parts += _held(writer, line, limits)
    parts += _before(writer, facts, line)
    parts += _among(writer, facts, line)
    parts += _because(facts, line)
    return _cell([*parts, "。"])


def share(writer: Writer, part: int, whole: int) -> Span:
    """Return the share of lines of this report, with both counts in its note."""
    return writer.bound(figure(str(ratio(Decimal(part), Decimal(whole))), "ratio"), COUNTED)


def direction_of(values: Sequence[str]) -> str | None:
    """Return ``rising`` or ``falling`` where values go one way throughout, the newest first."""
    if len(values) < _TREND:
        return None
    numbers = [Decimal(each) for each in values]
    steps = [new - old for new, old in pairwise(numbers)]
    if all(step > 0 for step in steps):
        return "rising"
    return "falling" if all(step < 0 for step in steps) else None


def _states(lines: Sequence[StandardLine]) -> dict[State, int]:
    told: dict[State, int] = {}
    for line in lines:
        if line.state is not None and line.state != State.NO_DATA:
            told[State(line.state)] = told.get(State(line.state), 0) + 1
    return told


def _held(writer: Writer, line: StandardLine, key: str) -> list[Span | str]:
    parts: list[Span | str] = []
    if line.standard != "—":
        words = (
            "未达到标准" if line.state in {State.BELOW_FLOOR, State.BELOW_STANDARD} else "达到标准"
        )
        parts += [f"{words}（", *writer.limit(line.standard, key), "）"]
        if line.gap.value is not None and line.state in MISSED:
            gap = change_words(line.gap.value, line.gap.unit).lstrip("+")
            bound = writer.bound(figure(line.gap.value, line.gap.unit), f"judgement/{line.binding}")
            parts += ["，相差 ", Span(text=gap, kind="bound", exact=bound.exact, note=bound.note)]
    if line.target != "—":
        words = "达到目标" if line.state == State.MET_TARGET else "未达到目标"
        parts += ["，" if parts else "", f"{words}（", *writer.limit(line.target, key), "）"]
    return parts or ["未设标准与目标"]


def _before(writer: Writer, facts: Facts, line: StandardLine) -> list[Span | str]:
    past = [each for each in facts.history.get(line.indicator, ()) if each.value is not None]
    if not past or line.current.value is None:
        return []
    last, unit = past[0], line.current.unit
    change = Decimal(line.current.value) - Decimal(last.value or "0")
    parts: list[Span | str] = [f"；{period_words(last.period)}为 ", _past(writer, last, unit)]
    if change == 0:
        parts += ["，与之持平"]
    else:
        shown = change_words(str(abs(change)), unit).lstrip("+")
        span = Span(
            text=shown, kind="bound", exact=str(abs(change)), note=writer.note(past_key(last))
        )
        parts += ["，较其" + ("上升 " if change > 0 else "下降 "), span]
    trend = direction_of([line.current.value, *(each.value or "0" for each in past)][:5])
    if trend:
        times = min(len(past) + 1, 5)
        parts += [f"，连续 {times} 期{'上升' if trend == 'rising' else '下降'}"]
    return parts


def _among(writer: Writer, facts: Facts, line: StandardLine) -> list[Span | str]:
    group = facts.groups.get(line.indicator)
    kind = facts.about.scope.partition("/")[0]
    if group is None or group.n < SMALLEST_GROUP or kind == "school":
        return []
    median = writer.bound(figure(group.median, line.current.unit), f"group/{line.indicator}")
    return [f"；同期 {count_of(kind, group.n)}的中位数为 ", median]


def _because(facts: Facts, line: StandardLine) -> list[Span | str]:
    """Say what whoever answers for it found to be the cause of a missed point; nothing else."""
    if line.state not in MISSED:
        return []
    found = [
        *(each.cause for each in facts.diagnoses if each.indicator == line.indicator),
        *(each.cause for each in facts.corrections if each.indicator == line.indicator),
    ]
    words = [CAUSE_ZH[Cause(each)] for each in dict.fromkeys(found) if each]
    return [f"；认定的原因：{'、'.join(words)}"] if words else []


def past_key(past: PastValue) -> str:
    """Return the key of the note of a value of an earlier period."""
    return f"past/{past.id}@{past.version}"


def _past(writer: Writer, past: PastValue, unit: str) -> Span:
    return writer.bound(figure(past.value, unit), past_key(past))


def _cell(parts: Sequence[Span | str]) -> Cell:
    """Return a cell, neighbouring texts joined."""
    made: list[Span] = []
    for each in parts:
        span = Span(text=each) if isinstance(each, str) else each
        if span.kind == "text" and made and made[-1].kind == "text":
            made[-1] = Span(text=made[-1].text + span.text)
        elif span.text:
            made.append(span)
    return tuple(made)
