"""Small bars drawn as SVG: a value beside its target, standard and floor.

Positions are for the eye; numbers are told in the text. Colours are SVG attributes, because a
strict content security policy forbids ``style`` attributes.

Source: our default.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from xml.etree import ElementTree as ET

WIDTH: Final = 132
HEIGHT: Final = 18
_MARKS: Final = {"floor": "#a33b2d", "standard": "#5b6573", "target": "#1d4ed8"}
_FILL: Final = {
    "met_target": "#2f855a",
    "met_standard": "#3b6fb5",
    "below_standard": "#c27a0e",
    "below_target": "#c27a0e",
    "no_standard": "#9aa3af",
    "below_floor": "#b3372b",
}
_UNJUDGED: Final = "#9aa3af"


def bar(
    value: str | None, marks: Mapping[str, Sequence[str]], state: str | None, label: str
) -> str:
    """Return an inline SVG bar; an empty track where there is no value.

    Args:
        value: decimal string.
        marks: numbers of ``target standard floor`` as decimal strings, where there are any.
        state: state of the binding; it gives the colour.
        label: what a screen reader says.
    """
    drawn = [number for numbers in marks.values() for number in numbers]
    positions = [float(each) for each in ([value] if value is not None else []) + drawn]
    low, high = min(0.0, *positions, 0.0), max(positions, default=0.0)
    if low >= 0 and high <= 1:
        high = 1.0
    span = (high - low) * 1.04 or 1.0
    svg = ET.Element(
        "svg",
        {
            "width": str(WIDTH),
            "height": str(HEIGHT),
            "viewBox": f"0 0 {WIDTH} {HEIGHT}",
            "role": "img",
            "aria-label": label,
        },
    )
    _rectangle(svg, 0, 6, WIDTH, 6, "#e6eaf0")
    if value is not None:
        start, end = sorted((_place(0.0, low, span), _place(float(value), low, span)))
        _rectangle(svg, start, 6, max(end - start, 1), 6, _FILL.get(state or "", _UNJUDGED))
    for name, colour in _MARKS.items():
        for number in marks.get(name, ()):
            _rectangle(svg, _place(float(number), low, span) - 0.75, 2, 1.5, 14, colour)
    return ET.tostring(svg, encoding="unicode")


def _place(value: float, low: float, span: float) -> float:
    return (value - low) / span * WIDTH


def _rectangle(
    svg: ET.Element, left: float, top: float, width: float, height: float, fill: str
) -> None:
    ET.SubElement(
        svg,
        "rect",
        {
            "x": f"{left:.2f}",
            "y": f"{top:.2f}",
            "width": f"{width:.2f}",
            "height": f"{height:.2f}",
            "rx": "1",
            "fill": fill,
        },
    )
