"""The figure eight: the stage loop on the left, the routine loop on the right, crossing at 实施.

What the routine loop corrects goes back to 设计, 组织 or 实施: a dotted way marks the steps that
both loops share.

Drawn as SVG with classes only (a strict content policy takes no inline style). Angles are in
degrees, counter-clockwise from the right, as in a textbook; the y axis of SVG points down.
Source of the steps: design "The spiral".

Source: plan §四, the figure-eight spiral; the drawing is our default.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Final, Literal

from gateway.portal.domain.words import Words

BEFORE: Final = ("goal", "standard", "design", "organise")
CROSSING: Final = "implement"
ROUTINE: Final = ("monitor", "warn", "correct")
SHARED: Final = ("design", "organise", "implement")
"""Steps of both loops. Source: design "The spiral" 1, the crossing rule."""

AFTER: Final = ("diagnose", "incentive", "learn", "innovate", "improve")

BIG_ORDER: Final = (*BEFORE, CROSSING, *AFTER)
SMALL_ORDER: Final = (CROSSING, *ROUTINE)

Shape = Literal["wide", "tall"]


@dataclass(frozen=True, slots=True)
class Loop:
    """An ellipse and where its first step stands."""

    cx: float
    cy: float
    rx: float
    ry: float
    first: float
    """Angle of the first step in its order; the others follow clockwise."""

    count: int

    def angle(self, index: int) -> float:
        """Return the angle of a step."""
        return self.first - index * 360 / self.count

    def point(self, angle: float, beyond: float = 0) -> tuple[float, float]:
        """Return the point at an angle, or so many units outside of it."""
        radians = math.radians(angle)
        return (
            self.cx + (self.rx + beyond) * math.cos(radians),
            self.cy - (self.ry + beyond) * math.sin(radians),
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """One of the two ways to hold the figure."""

    width: int
    height: int
    big: Loop
    small: Loop


FRAMES: Final[dict[Shape, Frame]] = {
    "wide": Frame(
        690, 350, big=Loop(272, 175, 182, 122, 144, 10), small=Loop(540, 175, 86, 86, 180, 4)
    ),
    "tall": Frame(
        360, 560, big=Loop(180, 200, 76, 150, 54, 10), small=Loop(180, 430, 80, 80, 90, 4)
    ),
}
"""Lying for wide screens, standing for phones; in both the loops touch at 实施."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lit:
    """What the figure tells."""

    step: str
    """Where the stage loop stands."""

    routine: str | None
    """Where the routine loop stands; None while it rests."""

    big_note: str
    small_note: str
    said: str
    """The figure in one sentence, for those who hear it."""

    notes: Mapping[str, str] = field(default_factory=dict)
    """By step, what stands below its name: when it was entered, or until when it is planned."""

    page: str | None = None
    """Each step leads to its place ``#step-<step>`` on that page; empty: on this one. None: none
    leads anywhere."""


def draw(lit: Lit, shape: Shape, words: Words) -> str:
    """Return the SVG element."""
    frame = FRAMES[shape]
    head = (
        f'<svg class="eight {shape}" viewBox="0 0 {frame.width} {frame.height}"'
        f' role="{"img" if lit.page is None else "group"}" aria-label="{escape(lit.said)}">'
    )
    parts = [
        head,
        _ring(frame.big, "track big"),
        _ring(frame.small, "track small"),
        *_progress(frame, lit),
        _arc(frame.big, BIG_ORDER.index(SHARED[0]), BIG_ORDER.index(SHARED[-1]), "shared"),
        *_steps(frame, lit, words),
        _note(frame.big, words("big-loop"), lit.big_note),
        _note(frame.small, words("small-loop"), lit.small_note),
        "</svg>",
    ]
    return "".join(parts)


def _ring(loop: Loop, name: str) -> str:
    return f'<ellipse class="{name}" cx="{loop.cx}" cy="{loop.cy}" rx="{loop.rx}" ry="{loop.ry}"/>'


def _progress(frame: Frame, lit: Lit) -> Iterator[str]:
    """Draw the way that is behind: in blue on the stage loop, in orange on the routine one."""
    reached = _big_index(lit.step)
    if reached > 0:
        yield _arc(frame.big, 0, reached, "way big")
    if lit.routine in ROUTINE:
        yield _arc(frame.small, 0, SMALL_ORDER.index(lit.routine), "way small")


def _arc(loop: Loop, start: int, end: int, name: str) -> str:
    x1, y1 = loop.point(loop.angle(start))
    x2, y2 = loop.point(loop.angle(end))
    large = int((end - start) * 360 / loop.count > 180)
    return (
        f'<path class="{name}" d="M{x1:.1f} {y1:.1f}'
        f'A{loop.rx} {loop.ry} 0 {large} 1 {x2:.1f} {y2:.1f}"/>'
    )


def _steps(frame: Frame, lit: Lit, words: Words) -> Iterator[str]:
    reached = _big_index(lit.step)
    for index, step in enumerate(BIG_ORDER):
        state = "now" if step == lit.step else "done" if index <= reached else "ahead"
        yield _step(frame.big, index, (step, f"big {state}"), lit, words)
    for index, step in enumerate(SMALL_ORDER[1:], start=1):
        done = lit.routine in ROUTINE and index < SMALL_ORDER.index(lit.routine)
        state = "now" if step == lit.routine else "done" if done else "ahead"
        yield _step(frame.small, index, (step, f"small {state}"), lit, words)


def _step(loop: Loop, index: int, named: tuple[str, str], lit: Lit, words: Words) -> str:
    step, name = named
    angle = loop.angle(index)
    x, y = loop.point(angle)
    label = words.step(step)
    note = "" if step == CROSSING and "small" in name else lit.notes.get(step, "")
    is_noted = bool(note)
    label_x, label_y, anchor = _label_place(loop, angle, step, label, is_noted=is_noted)
    now = "now" in name
    dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{9 if now else 6.5}"/>'
    check = (
        f'<path class="check" d="M{x - 3:.1f} {y + 0.3:.1f}l2.2 2.3 4-4.6"/>'
        if "done" in name
        else ""
    )
    # Beside the loop there is room for one word only: the second stands below it.
    beside = anchor != "middle" or step == CROSSING
    place = f'x="{label_x:.1f}" dy="14"' if beside else 'dx="5"'
    if now and not note:
        note = words("step-now")
    elif note and not now:
        place = f'x="{label_x:.1f}" dy="14"'
    more = f'<tspan class="when" {place}>{escape(note)}</tspan>' if note else ""
    drawn = (
        f'<g class="step {name}">{dot}{check}'
        f'<text x="{label_x:.1f}" y="{label_y:.1f}" text-anchor="{anchor}">'
        f"{escape(label)}{more}</text></g>"
    )
    if lit.page is None:
        return drawn
    return f'<a href="{escape(lit.page)}#step-{escape(step)}">{drawn}</a>'


def _label_place(
    loop: Loop, angle: float, step: str, label: str, *, is_noted: bool
) -> tuple[float, float, str]:
    """Return where a label stands: outside the loop; inside where the other loop begins."""
    between = loop.rx > loop.ry and step in {"organise", "diagnose"}
    if between and (len(label) > 3 or is_noted):
        x, y = loop.point(angle, -15)
        return x, y + 4.5, "end"
    if step == CROSSING:
        across = loop.rx > loop.ry
        x, y = loop.point(angle, -18 if across else -40)
        return (x, y + 4.5, "end") if across else (x, y - 4, "middle")
    x, y = loop.point(angle, 17 + (12 if is_noted and 45 < angle % 360 < 135 else 0))
    lean = math.cos(math.radians(angle))
    rise = math.sin(math.radians(angle))
    anchor = "start" if lean > 0.35 else "end" if lean < -0.35 else "middle"
    return x, y + 4.5 - 4 * rise, anchor


def _note(loop: Loop, title: str, note: str) -> str:
    # Left of the middle where the word at the crossing comes in from the right.
    x = loop.cx - 30 if loop.rx > loop.ry else loop.cx
    return (
        f'<text class="loop" x="{x}" y="{loop.cy - 3}" text-anchor="middle">{escape(title)}'
        f'</text><text class="note" x="{x}" y="{loop.cy + 15}" text-anchor="middle">'
        f"{escape(note)}</text>"
    )


def _big_index(step: str) -> int:
    """Return how far the stage loop has come; -1 for a step that only the college knows."""
    return BIG_ORDER.index(step) if step in BIG_ORDER else -1
