"""A series of values against its lines, as SVG that can be read aloud.

Drawn with classes only, like the figure eight. What lies above is up: an indicator of which less
is better is drawn as it is, its lines say which side is the good one.

Source: design "Screens" S3 (series against target, standard and warning); the drawing is our own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Final, Literal

WIDTH: Final = 640
HEIGHT: Final = 240
LEFT: Final = 40
RIGHT: Final = 150
TOP: Final = 18
BOTTOM: Final = 34
LABELS: Final = 8
"""Names of periods below the axis; of more, every second or third is left out."""

APART: Final = 20
"""Units that the names of two lines lie apart."""


@dataclass(frozen=True, slots=True)
class Point:
    """A value, and the name of its period."""

    name: str
    value: Decimal | None
    said: str
    """The value as people read it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that values are held against."""

    kind: str
    """``target``, ``standard``, ``warning`` or ``floor``: its class."""

    name: str
    value: Decimal
    shades: Literal["above", "below", ""] = ""
    """On which side it is shaded: the good one of target and standard, else the bad one."""


@dataclass(frozen=True, slots=True)
class _Frame:
    low: Decimal
    high: Decimal
    count: int

    def x(self, index: int) -> float:
        width = WIDTH - LEFT - RIGHT
        return LEFT + (width / 2 if self.count == 1 else index * width / (self.count - 1))

    def y(self, value: Decimal) -> float:
        share = (value - self.low) / (self.high - self.low)
        return float(HEIGHT - BOTTOM - Decimal(HEIGHT - TOP - BOTTOM) * share)


def draw_series(points: Sequence[Point], lines: Sequence[Line], said: str) -> str:
    """Return the SVG element; empty without any value.

    Args:
        said: the figure in one sentence, for those who hear it.
    """
    values = [each.value for each in points if each.value is not None]
    if not values:
        return ""
    frame = _frame(values, lines, len(points))
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"',
        f' aria-label="{escape(said)}">',
        f'<path class="axis" d="M{LEFT} {HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>',
        *_bands(frame, lines),
        *_lines(frame, lines),
        *_way(frame, points),
        *_points(frame, points),
        "</svg>",
    ]
    return "".join(parts)


def _frame(values: Sequence[Decimal], lines: Sequence[Line], count: int) -> _Frame:
    every = [*values, *(each.value for each in lines)]
    low, high = min(every), max(every)
    room = (high - low) / 8 or abs(high) / 10 or Decimal(1)
    return _Frame(low - room, high + room, count)


def _bands(frame: _Frame, lines: Sequence[Line]) -> Iterator[str]:
    """Shade what a line tells apart; where two bands lie over each other it is darker."""
    for each in lines:
        if each.shades:
            y = frame.y(each.value)
            end = TOP if each.shades == "above" else HEIGHT - BOTTOM
            path = f"M{LEFT} {y:.1f}H{WIDTH - RIGHT}V{end}H{LEFT}Z"
            yield f'<path class="band {each.kind}" d="{path}"/>'


def _lines(frame: _Frame, lines: Sequence[Line]) -> Iterator[str]:
    """Draw the lines; their names stand beside them, moved apart where they would touch."""
    last = -1000.0
    for each in sorted(lines, key=lambda line: -line.value):
        y = frame.y(each.value)
        label = max(y + 4, last + APART)
        last = label
        yield (
            f'<path class="limit {each.kind}" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
            f'<text class="name" x="{WIDTH - RIGHT + 6}" y="{label:.1f}">{escape(each.name)}</text>'
        )


def _way(frame: _Frame, points: Sequence[Point]) -> Iterator[str]:
    """Draw the line through the values; a period without one is a gap."""
    run: list[tuple[float, float]] = []
    for index, each in enumerate([*points, Point("", None, "")]):
        if each.value is not None:
            run.append((frame.x(index), frame.y(each.value)))
            continue
        if len(run) > 1:
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in run)
            floor = HEIGHT - BOTTOM
            yield f'<path class="area" d="M{path}V{floor}H{run[0][0]:.1f}Z"/>'
            yield f'<path class="line" d="M{path}"/>'
        run = []


def _points(frame: _Frame, points: Sequence[Point]) -> Iterator[str]:
    every = -(-len(points) // LABELS)
    last = max(index for index, each in enumerate(points) if each.value is not None)
    for index, each in enumerate(points):
        x = frame.x(index)
        if (len(points) - 1 - index) % every == 0:
            y = HEIGHT - BOTTOM + 18
            yield f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{escape(each.name)}</text>'
        if each.value is None:
            continue
        y_of = frame.y(each.value)
        kind = "point last" if index == last else "point"
        title = f"<title>{escape(each.name)} {escape(each.said)}</title>"
        if len(points) <= LABELS * 3 or index == last:
            yield f'<circle class="{kind}" cx="{x:.1f}" cy="{y_of:.1f}" r="4">{title}</circle>'
        if index == last:
            yield (
                f'<text class="value" x="{x:.1f}" y="{y_of - 10:.1f}" text-anchor="middle">'
                f"{escape(each.said)}</text>"
            )
