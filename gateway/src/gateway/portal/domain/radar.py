"""A radar of values, standards and medians as shares of the target, as SVG that can be read aloud.

Drawn with classes only, like the figure eight; the rim is the target.

Source: design "Screens" S9 (radar against standard and median); the drawing is our own.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 520
HEIGHT: Final = 380
RADIUS: Final = 122
RINGS: Final = (0.25, 0.5, 0.75, 1.0)
MOST: Final = 1.2
"""Share beyond which nothing is drawn further out."""

LINE: Final = 15
"""Letters of an axis' name on one line, a character counts as two; the rest stands below it."""

_WORDS: Final = re.compile(r"（[^）]*）|[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s*")


@dataclass(frozen=True, slots=True)
class Web:
    """One series: a share for each axis, None where there is none."""

    kind: str
    """``value``, ``standard`` or ``median``: its class."""

    name: str
    shares: Sequence[float | None]


def draw_radar(axes: Sequence[str], webs: Sequence[Web], said: str) -> str:
    """Return the SVG element.

    Args:
        axes: their names, three at least.
        said: the figure in one sentence, for those who hear it.
    """
    rings = "".join(
        f'<polygon class="ring{" rim" if each == 1 else ""}" points="{_path([each] * len(axes))}"/>'
        for each in RINGS
    )
    spokes = "".join(
        f'<path class="ring" d="M{WIDTH / 2} {HEIGHT / 2}L{_at(place, 1, len(axes))}"/>'
        for place in range(len(axes))
    )
    names = "".join(_name(place, name, len(axes)) for place, name in enumerate(axes))
    drawn = "".join(_web(each) for each in webs)
    return (
        f'<svg class="radar" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{escape(said)}">{rings}{spokes}{drawn}{names}</svg>'
    )


def _point(place: int, share: float, count: int) -> tuple[float, float]:
    angle = 2 * math.pi * place / count - math.pi / 2
    reach = RADIUS * min(share, MOST)
    return WIDTH / 2 + reach * math.cos(angle), HEIGHT / 2 + reach * math.sin(angle)


def _at(place: int, share: float, count: int) -> str:
    x, y = _point(place, share, count)
    return f"{x:.1f} {y:.1f}"


def _path(shares: Sequence[float]) -> str:
    return " ".join(_at(place, share, len(shares)) for place, share in enumerate(shares))


def _web(web: Web) -> str:
    count = len(web.shares)
    known = [(place, each) for place, each in enumerate(web.shares) if each is not None]
    shape = ""
    if len(known) == count:
        shape = f'<polygon class="web {web.kind}" points="{_path([each for _, each in known])}"/>'
    dots = ""
    for place, share in known:
        x, y = _point(place, share, count)
        title = f"<title>{escape(web.name)} {share:.0%}</title>"
        dots += (
            f'<circle class="dot-of {web.kind}" cx="{x:.1f}" cy="{y:.1f}" r="3.5">{title}</circle>'
        )
    return shape + dots


def _name(place: int, name: str, count: int) -> str:
    x, y = _point(place, 1.32, count)
    side = x - WIDTH / 2
    anchor = "middle" if abs(side) < 12 else "start" if side > 0 else "end"
    lines = _broken(name)
    lift = -6 if y > HEIGHT / 2 + 20 else (len(lines) - 1) * 14 if y < HEIGHT / 2 - 20 else 0
    told = "".join(
        f'<tspan x="{x:.1f}" dy="{0 if row == 0 else 14}">{escape(line)}</tspan>'
        for row, line in enumerate(lines)
    )
    at = f'x="{x:.1f}" y="{y + 4 - lift:.1f}"'
    return f'<text class="axis-name" {at} text-anchor="{anchor}">{told}</text>'


def _broken(name: str) -> list[str]:
    """Return a name on at most three lines: broken at blanks, before brackets, else by length."""
    lines = [""]
    for word in _WORDS.findall(name):
        if lines[-1] and _width(lines[-1]) + _width(word.rstrip()) > LINE:
            lines.append("")
        lines[-1] += word
    return [line.rstrip() for line in lines[:3]]


def _width(text: str) -> int:
    return sum(1 + (each > "\u2e80") for each in text)
