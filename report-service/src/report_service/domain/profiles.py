"""Profiles (画像): where an object stands against its lines and its group, and what happened to it.

Source: design "Reports" 5; tags and their limits are our default. Tags say what is, never how good.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from report_service.domain.document.blocks import Chart, Series
from report_service.domain.document.charts import BLUE, GREY, OCHRE, chart
from report_service.domain.facts import AlertNote, BindingFact, Facts, MeasurementFact
from report_service.domain.kinds.work import TASK_STATE_ZH
from report_service.domain.telling import SMALLEST_GROUP, direction_of
from report_service.domain.wording import (
    ALERT_PHASE_ZH,
    HOW_ZH,
    SEVERITY_ZH,
    period_words,
    step_words,
)
from shared.contracts.vocabulary import Severity, State, ratio
from shared.contracts.wording import value_words

_COLLECTIVE: Final = frozenset({"class", "group"})
"""Objects that are small sets of persons: what is told of few of them tells of each."""

_AXES: Final = 8
_AHEAD: Final = Decimal("0.75")
"""Share of points on one side of the median from which it is said of the object."""

_MASKED: Final = "masked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where a measured value stands."""

    indicator: str
    name: str
    unit: str
    direction: str
    value: str | None
    shown: str
    masked: bool
    """The value is of fewer than five persons, and not told."""

    state: str | None
    target: dict[str, Any] | None
    standard: dict[str, Any] | None
    median: str | None
    """Of the objects of the same kind; None of fewer than five."""

    peers: int
    """How many of them have a value; 0 where there are fewer than five."""

    history: tuple[dict[str, Any], ...]
    """Earlier periods, the oldest first: ``period value``."""

    explanation: str | None
    """Where the rows behind the value are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """What a rule says of the object."""

    key: str
    zh: str
    en: str
    because: tuple[str, ...]
    """What it is said for: names of indicators, titles of alerts or tasks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened."""

    at: datetime
    kind: str
    zh: str
    en: str
    link: str | None


def points_of(facts: Facts) -> list[Point]:
    """Return every bound indicator, then every other one that is measured."""
    bound = {each.indicator: each for each in facts.bindings}
    judged = {
        each.indicator: facts.judgements[each.id]
        for each in facts.bindings
        if each.id in facts.judgements
    }
    others = [each for each in facts.measurements if each not in bound]
    return [
        _point(facts, each, bound.get(each), judged[each].state if each in judged else None)
        for each in [*bound, *sorted(others)]
    ]


def radar_of(points: Sequence[Point]) -> Chart | None:
    """Draw value, standard and median as shares of the target; None of fewer than three axes."""
    axes = [(each, goal) for each in points if (goal := _goal(each)) is not None][:_AXES]
    if len(axes) < 3:
        return None
    rows = {
        "现值": (BLUE, [_share(point, point.value, goal) for point, goal in axes]),
        "标准": (OCHRE, [_share(point, _number(point.standard), goal) for point, goal in axes]),
        "同类中位数": (GREY, [_share(point, point.median, goal) for point, goal in axes]),
    }
    series = [
        Series(name=name, values=tuple(values), colour=colour)
        for name, (colour, values) in rows.items()
        if any(values)
    ]
    names = [point.name for point, _ in axes]
    return chart("profile", "radar", "目标的达成程度：现值、标准与同类中位数", names, series)


def tags_of(facts: Facts, points: Sequence[Point]) -> list[Tag]:
    """Return what rules say, in a fixed order."""
    return [each for each in _tags(facts, points) if each.because]


def events_of(facts: Facts) -> list[Event]:
    """Return what happened in the period, the newest first."""
    return sorted(_events(facts), key=lambda each: (each.at, each.kind, each.zh), reverse=True)


def is_masked(scope: str, measured: MeasurementFact | None) -> bool:
    """Return whether a value tells of fewer than five persons."""
    kind = scope.partition("/")[0]
    return kind in _COLLECTIVE and measured is not None and 0 < measured.n < SMALLEST_GROUP


def _point(facts: Facts, indicator: str, binding: BindingFact | None, state: str | None) -> Point:
    known = facts.indicators.get(indicator)
    measured = facts.measurements.get(indicator)
    unit = facts.unit_of(indicator)
    masked = is_masked(facts.about.scope, measured)
    value = measured.value if measured and not masked else None
    group = facts.groups.get(indicator)
    is_told = group is not None and group.n >= SMALLEST_GROUP
    return Point(
        indicator=indicator,
        name=facts.name_of(indicator),
        unit=unit,
        direction=known.direction if known else "higher",
        value=value,
        shown=_MASKED if masked else value_words(value, unit),
        masked=masked,
        state=None if masked else state,
        target=dict(binding.target) if binding and binding.target else None,
        standard=dict(limit) if binding and (limit := binding.standard_limit()) else None,
        median=group.median if group and is_told else None,
        peers=group.n if group and is_told else 0,
        history=()
        if masked
        else tuple(
            {"period": past.period, "value": past.value}
            for past in reversed(facts.history.get(indicator, ()))
        ),
        explanation=measured.id if measured else None,
    )


def _goal(point: Point) -> Decimal | None:
    """Return the number that an axis is held against: target, else standard; never zero."""
    number = _number(point.target) or _number(point.standard)
    return Decimal(number) if number is not None and Decimal(number) > 0 else None


def _number(limit: dict[str, Any] | None) -> str | None:
    value = limit["value"] if limit else None
    return value if isinstance(value, str) else None


def _share(point: Point, value: str | None, goal: Decimal) -> str | None:
    """Return how much of its target a number reaches; for the eye, at most 1.2."""
    if value is None:
        return None
    number = Decimal(value)
    if point.direction == "lower":
        reached = ratio(goal, number) if number > 0 else Decimal("1.2")
    else:
        reached = ratio(number, goal)
    return str(round(min(max(reached, Decimal(0)), Decimal("1.2")), 3))


def _tags(facts: Facts, points: Sequence[Point]) -> Iterator[Tag]:
    judged = [each for each in points if each.state not in {None, State.NO_DATA}]
    states = {name: [each for each in judged if each.state == name] for name in State}
    below = states[State.BELOW_STANDARD]
    yield _tag("below_floor", "低于底线", "below the floor", states[State.BELOW_FLOOR])
    yield _tag("below_standard", "未达标准", "below standard", below)
    met = [*states[State.MET_STANDARD], *states[State.MET_TARGET]]
    if judged and len(met) == len(judged):
        yield _tag("all_met", "各项均达标准", "every point meets its standard", met)
    for key, zh, en, better in (
        ("improving", "连续三期向好", "better three times in a row", True),
        ("worsening", "连续三期变差", "worse three times in a row", False),
    ):
        yield _tag(key, zh, en, [each for each in points if _moves(each) is better])
    yield from _among(points)
    grave = [
        each.title
        for each in facts.alerts
        if each.phase != "settled" and each.severity in {"red", "orange"}
    ]
    yield Tag(key="grave_alerts", zh="有红橙预警未销号", en="grave alerts", because=tuple(grave))
    late = [each.title for each in facts.tasks if each.overdue and each.state != "done"]
    yield Tag(key="late_tasks", zh="有任务逾期", en="late tasks", because=tuple(late))
    doubtful = {
        facts.name_of(binding.indicator): None
        for binding in facts.bindings
        if (judged_ := facts.judgements.get(binding.id)) and (judged_.thin or judged_.stale)
    }
    yield Tag(
        key="doubtful_data", zh="数据陈旧或覆盖不足", en="stale or thin", because=tuple(doubtful)
    )


def _among(points: Sequence[Point]) -> Iterator[Tag]:
    """Yield on which side of the medians most points lie."""
    sides = [(each, side) for each in points if (side := _side(each)) is not None]
    for key, zh, en, wanted in (
        ("above_median", "多数指标好于同类中位数", "mostly better than the median", True),
        ("below_median", "多数指标差于同类中位数", "mostly worse than the median", False),
    ):
        mine = [each for each, side in sides if side is wanted]
        if len(sides) >= 3 and ratio(Decimal(len(mine)), Decimal(len(sides))) >= _AHEAD:
            yield _tag(key, zh, en, mine)


def _side(point: Point) -> bool | None:
    if point.value is None or point.median is None or point.value == point.median:
        return None
    is_above = Decimal(point.value) > Decimal(point.median)
    return is_above is (point.direction != "lower")


def _moves(point: Point) -> bool | None:
    """Return whether the last three values go the good way, or the bad one; None for neither."""
    told = [str(each["value"]) for each in point.history if each["value"] is not None]
    values = [*told, point.value] if point.value is not None else []
    trend = direction_of(values[:-4:-1])
    if trend is None or point.direction == "band":
        return None
    return (trend == "rising") is (point.direction != "lower")


def _tag(key: str, zh: str, en: str, points: Sequence[Point]) -> Tag:
    return Tag(key=key, zh=zh, en=en, because=tuple(each.name for each in points))


def _events(facts: Facts) -> Iterator[Event]:
    for alert in facts.alerts:
        yield from _of_alert(alert)
    for each in facts.corrections:
        link = f"/api/spiral/v1/corrections/{each.correction}"
        yield _event(
            each.opened_at, "correction", "纠偏立项", "opened correction", each.title, link
        )
        if each.is_closed:
            yield _event(each.at, "correction", "纠偏办结", "correction done", each.title, link)
    for task in facts.tasks:
        zh, en = f"任务{TASK_STATE_ZH[task.state]}", f"task {task.state.replace('_', ' ')}"
        yield _event(task.at, "task", zh, en, task.title)
    yield from _of_cycles(facts)


def _of_alert(alert: AlertNote) -> Iterator[Event]:
    colour, link = SEVERITY_ZH[Severity(alert.severity)], f"/api/alert/v1/alerts/{alert.alert}"
    en = f"{alert.severity} alert"
    yield _event(alert.raised_at, "alert", f"{colour}色预警", en, alert.title, link)
    if alert.settled_at:
        how = HOW_ZH.get(alert.how or "", ALERT_PHASE_ZH["settled"])
        zh, en = f"预警销号（{how}）", f"alert settled ({alert.how or 'settled'})"
        yield _event(alert.settled_at, "alert", zh, en, alert.title, link)


def _of_cycles(facts: Facts) -> Iterator[Event]:
    for cycle in facts.cycles:
        zh = f"{period_words(cycle.period)}诊改周期：{step_words(cycle.step, cycle.step_zh)}"
        en = f"cycle of {cycle.period}: {cycle.step}"
        yield Event(at=cycle.at, kind="cycle", zh=zh, en=en, link=f"/cycles/{cycle.cycle}")
    for lesson in facts.lessons:
        yield _event(lesson.at, "lesson", "经验教训", "lesson", lesson.title)
    for signed in facts.diagnoses:
        yield _event(signed.at, "diagnosis", "诊断结论", "conclusion", signed.conclusion)


def _event(at: datetime, kind: str, zh: str, en: str, of: str, link: str | None = None) -> Event:
    return Event(at=at, kind=kind, zh=f"{zh}：{of}", en=f"{en}: {of}", link=link)
