"""Costs, summary and forecast of a sheet.

A task under way is forecast to end where a straight line through its start and its progress reaches
the whole. Source: our default.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from target_service.domain.sheets.document import Cost, Line, Work
from target_service.domain.sheets.words import Words

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Forecast:
    """When all that has some progress will be done."""

    ends_on: date | None
    """None where nothing is planned."""

    late: int
    """Tasks that will be done after their own last day."""

    without_pace: int
    """Tasks without progress whose last day is over: nothing can be said of them."""


def costs_of(
    works: Iterable[Work], objectives: Sequence[tuple[str, str]], say: Words
) -> list[Cost]:
    """Return the money of all tasks, then of each objective, then of those that serve none.

    A task counts for its first objective, so that the others add up to the first row.

    Args:
        objectives: key and title.
    """
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for each in works:
        first = next((key for key, _ in objectives if key in each.goals), "")
        for name in {first, "*"}:
            planned, actual = sums.get(name, (Decimal(0), Decimal(0)))
            sums[name] = planned + (each.budget or 0), actual + each.spent
    labels = [("*", say("all")), *objectives, *([("", say("others"))] if objectives else [])]
    found = [Cost(label, *sums[key]) for key, label in labels if key in sums]
    return [each for each in found if each.planned or each.actual]


def forecast(lines: Sequence[Line], day: date) -> Forecast:
    """Return when all tasks will be done, by the pace that each has shown."""
    ends = [(end, each.ends_on) for each in lines if (end := _end_of(each, day))]
    late = sum(planned is not None and end > planned for end, planned in ends)
    lost = sum(_is_lost(each, day) for each in lines)
    return Forecast(max((end for end, _ in ends), default=None), late, lost)


def summary_words(
    lines: Sequence[Line], costs: Sequence[Cost], left_out: int, say: Words
) -> list[str]:
    """Return the reckoned sentences of the summary."""
    counts = {
        "total": len(lines) + left_out,
        "done": sum(each.state == "done" for each in lines),
        "overdue": sum(each.is_overdue for each in lines),
        "behind": sum(each.is_behind for each in lines),
    }
    told = [say("counts", **counts)] if lines else [say("no-tasks")]
    if lines:
        told.append(say("pace", actual=_mean(lines, "progress"), planned=_mean(lines, "planned")))
    if costs and costs[0].planned:
        share = percent(costs[0].actual / costs[0].planned)
        money = {"actual": amount(costs[0].actual), "planned": amount(costs[0].planned)}
        told.append(say("money", **money, share=share))
    if left_out:
        told.append(say("left-out", count=left_out))
    return told


def forecast_words(lines: Sequence[Line], day: date, say: Words) -> list[str]:
    """Return the reckoned sentences of the forecast."""
    open_lines = [each for each in lines if each.state != "done"]
    if not open_lines:
        return [say("all-done")] if lines else []
    found = forecast(open_lines, day)
    told = _end_words(open_lines, found, say)
    if found.without_pace:
        told.append(say("no-pace", count=found.without_pace))
    behind = [each for each in open_lines if each.is_behind]
    if behind:
        worst = max(behind, key=lambda each: (each.planned - each.progress, -each.number))
        told.append(say("worst", title=f"{worst.number} {worst.title}"))
    return told


def amount(number: Decimal) -> str:
    """Return money as people read it: no exponent, no idle zeros, thousands apart."""
    text = f"{number:,.2f}"
    return text.rstrip("0").rstrip(".")


def percent(share: Decimal) -> str:
    """Return a ratio in whole per cent."""
    return str((share * 100).quantize(Decimal(1), ROUND_HALF_UP))


def _end_words(lines: Sequence[Line], found: Forecast, say: Words) -> list[str]:
    planned = max((each.ends_on for each in lines if each.ends_on), default=None)
    if found.ends_on is None or planned is None:
        return []
    if not any(each.progress for each in lines):
        return [say("not-begun", day=found.ends_on)] if not found.without_pace else []
    late = (found.ends_on - planned).days
    if found.without_pace:
        return [say("rest", day=found.ends_on, late=found.late)]
    if late > 0:
        return [say("ends", day=found.ends_on, days=late)]
    word = "by" if found.late else "in-time"
    return [say(word, day=found.ends_on, late=found.late)]


def _is_lost(line: Line, day: date) -> bool:
    return not line.progress and line.ends_on is not None and line.ends_on < day


def _end_of(line: Line, day: date) -> date | None:
    """Return when a task will be done; None where nothing can be said."""
    if line.starts_on is None or line.ends_on is None:
        return None if _is_lost(line, day) else line.ends_on
    if not line.progress:
        return None if _is_lost(line, day) else line.ends_on
    gone = max((day - line.starts_on).days + 1, 1)
    whole = (Decimal(gone) / line.progress).to_integral_value(ROUND_HALF_UP)
    # A task of a hundredth in ten years is not forecast to the day a thousand years from now.
    return line.starts_on + (min(int(whole), 36_500) - 1) * _DAY


def _mean(lines: Sequence[Line], name: str) -> str:
    """Return the mean share of tasks, each of them weighing what it lasts."""
    weights = [_days(each) for each in lines]
    whole = sum(
        (weight * getattr(each, name) for weight, each in zip(weights, lines, strict=True)),
        Decimal(0),
    )
    return percent(whole / sum(weights))


def _days(line: Line) -> int:
    has_dates = line.starts_on is not None and line.ends_on is not None
    return (line.ends_on - line.starts_on).days + 1 if has_dates else 1  # type: ignore[operator]
