"""Circles of a task in the timeline: one a period, filled as the work goes on.

Of a task that takes n periods, a progress p fills the first ⌊p·n⌋ circles, and the next one in part
where something is over. Source: one-page project manager (filled = done); the part is our default.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from target_service.domain.sheets.document import Circle, Fill, Lamp, Light, Period
from target_service.domain.sheets.periods import place_of

Periods = tuple[Period, ...]


def circles_of(
    span: tuple[date, date], progress: Decimal, done_on: date | None, day: date, periods: Periods
) -> tuple[Circle, ...]:
    """Return the circles of a task.

    Args:
        span: first and last planned day.
        done_on: when all of it was done.
        day: of the sheet; what should be full by then and is not, is late.
    """
    first, last = span
    held = [
        at for at, each in enumerate(periods) if each.starts_on <= last and each.ends_on >= first
    ]
    full = progress * len(held)
    circles = []
    for place, at in enumerate(held):
        fill = _fill(full - place)
        due = min(periods[at].ends_on, last)
        circles.append(Circle(at, fill, fill != "full" and due < day))
    beyond = place_of(done_on, periods) if done_on and done_on > last else None
    if beyond is not None and beyond not in held:
        circles.append(Circle(beyond, "full", is_late=True))
    return tuple(circles)


def lamps_of(lights: Sequence[tuple[date, Light]], periods: Periods) -> tuple[Lamp, ...]:
    """Return the last light of each period that has any."""
    last: dict[int, Light] = {}
    for day, light in sorted(lights, key=lambda each: each[0]):
        at = place_of(day, periods)
        if at is not None:
            last[at] = light
    return tuple(Lamp(at, light) for at, light in sorted(last.items()))


def _fill(rest: Decimal) -> Fill:
    if rest >= 1:
        return "full"
    return "part" if rest > 0 else "empty"
