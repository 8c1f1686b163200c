"""Charts drawn as SVG, once, for page, PDF and card alike.

Colours are SVG attributes, because a strict content security policy forbids ``style`` attributes.
Positions are for the eye; the numbers are told in text and tables.

Source: screens "Stack" (drawn in Python); sizes and colours are our default.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from math import ceil, cos, floor, log10, pi, sin
from typing import Final, Literal
from xml.etree import ElementTree as ET

from report_service.domain.document.blocks import Chart, Series

WIDTH: Final = 640
INK: Final = "#1c2430"
SOFT: Final = "#5b6573"
GRID: Final = "#dfe4ec"
BLUE: Final = "#1d4ed8"
GREY: Final = "#9aa3af"
GREEN: Final = "#2f855a"
OCHRE: Final = "#c27a0e"
RED: Final = "#b3372b"
FONT: Final = "Noto Sans CJK SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, sans-serif"
_BAR: Final = 11
_LEFT: Final = 200
_LINE_HEIGHT: Final = 190
_RADAR: Final = 340
_LABELLED: Final = 6
"""Points of a line that are labelled with their values; more would hide each other."""


def chart(
    key: str,
    kind: Literal["bar", "line", "radar"],
    caption: str,
    categories: Sequence[str],
    series: Sequence[Series],
) -> Chart:
    """Return a chart with its drawing and the same in words."""
    draw = {"bar": _bars, "line": _lines, "radar": _radar}[kind]
    return Chart(
        key=key,
        kind=kind,
        caption=caption,
        categories=tuple(categories),
        series=tuple(series),
        svg=ET.tostring(draw(caption, categories, series), encoding="unicode"),
        said=_said(categories, series),
    )


def _said(categories: Sequence[str], series: Sequence[Series]) -> str:
    parts = [
        f"{name}：" + "，".join(f"{each.name} {each.values[at] or '无'}" for each in series)
        for at, name in enumerate(categories)
    ]
    return "；".join(parts)


def _svg(label: str, height: float) -> ET.Element:
    return ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {height:.0f}",
            "width": str(WIDTH),
            "height": f"{height:.0f}",
            "role": "img",
            "aria-label": label,
            "font-family": FONT,
        },
    )


def _bars(label: str, categories: Sequence[str], series: Sequence[Series]) -> ET.Element:
    """Horizontal bars, one group a category: long Chinese names stay readable."""
    group = len(series) * (_BAR + 2) + 12
    several = len(series) > 1
    svg = _svg(label, len(categories) * group + (40 if several else 12))
    top = max((_number(v) for each in series for v in each.values), default=0.0)
    scale = (WIDTH - _LEFT - 70) / (max(top, 1e-9) * 1.02)
    for at, name in enumerate(categories):
        y = 8 + at * group
        _text(svg, _LEFT - 10, y + group / 2 - 2, _short(name), anchor="end")
        for nth, each in enumerate(series):
            value, place = each.values[at], y + nth * (_BAR + 2)
            if value is None:
                _text(svg, _LEFT, place + 9, "无数据", fill=SOFT, size=10)
                continue
            width = max(_number(value) * scale, 1.0)
            _rect(svg, _LEFT, place, width, _BAR, each.colour)
            _text(svg, _LEFT + width + 5, place + 9.5, _round(value), fill=SOFT, size=10)
    if several:
        _legend(svg, series, len(categories) * group + 24)
    return svg


def _lines(label: str, categories: Sequence[str], series: Sequence[Series]) -> ET.Element:
    svg = _svg(label, _LINE_HEIGHT + 40)
    values = [_number(v) for each in series for v in each.values if v is not None]
    ticks = _ticks(values)
    low, high = ticks[0], ticks[-1]
    left, right, bottom = 56.0, WIDTH - 20.0, _LINE_HEIGHT - 30.0
    step = (right - left) / max(len(categories) - 1, 1)

    def at(index: int, value: str) -> tuple[float, float]:
        share = (_number(value) - low) / (high - low)
        return left + index * step, bottom - share * (bottom - 12)

    for tick in ticks:
        _, y = at(0, str(tick))
        _line(svg, left, y, right, y, GRID)
        _text(svg, left - 6, y + 4, _round(str(tick)), anchor="end", size=10, fill=SOFT)
    for index, name in enumerate(categories):
        ends = {0: "start", len(categories) - 1: "end"}
        anchor = ends.get(index, "middle") if len(categories) > 1 else "start"
        _text(svg, left + index * step, bottom + 18, _short(name), anchor=anchor, size=10)
    for each in series:
        points = [at(i, v) for i, v in enumerate(each.values) if v is not None]
        for (x1, y1), (x2, y2) in pairwise(points):
            _line(svg, x1, y1, x2, y2, each.colour, 2)
        for x, y in points:
            ET.SubElement(svg, "circle", _attributes(cx=x, cy=y, r=3) | {"fill": each.colour})
    if series and len(categories) <= _LABELLED:
        _label(svg, series[0], at, len(categories))
    _legend(svg, series, _LINE_HEIGHT + 24)
    return svg


def _label(
    svg: ET.Element, series: Series, at: Callable[[int, str], tuple[float, float]], count: int
) -> None:
    """Write the values of a series at its points."""
    anchors = {0: "start", count - 1: "end"} if count > 1 else {}
    for index, value in enumerate(series.values):
        if value is not None:
            x, y = at(index, value)
            anchor = anchors.get(index, "middle")
            _text(svg, x, y - 8, _round(value), anchor=anchor, size=10, fill=series.colour)


def _ticks(values: Sequence[float]) -> list[float]:
    """Return the marks of an axis, round numbers; what moves a little is seen to move."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = (high - low) * 0.1 or abs(high) * 0.1 or 1.0
    begin, end = (0.0 if 0 <= low < room else low - room), high + room
    rough = (end - begin) / 4
    scale = 10.0 ** floor(log10(rough))
    step = next(each * scale for each in (1, 2, 2.5, 5, 10) if each * scale >= rough)
    first, last = floor(begin / step), ceil(end / step)
    return [round(each * step, 9) for each in range(first, last + 1)]


def _radar(label: str, categories: Sequence[str], series: Sequence[Series]) -> ET.Element:
    """Each axis is the share of its target that is reached: 1 at the rim."""
    svg = _svg(label, _RADAR + 40)
    x0, y0, rim = WIDTH / 2, _RADAR / 2, 112.0
    count = max(len(categories), 3)

    def at(index: int, share: float) -> tuple[float, float]:
        angle = 2 * pi * index / count - pi / 2
        return x0 + cos(angle) * rim * share, y0 + sin(angle) * rim * share

    for ring in (0.25, 0.5, 0.75, 1.0):
        _polygon(svg, [at(i, ring) for i in range(count)], GRID, "none")
    for index, name in enumerate(categories):
        x, y = at(index, 1.14)
        _line(svg, x0, y0, *at(index, 1.0), GRID)
        anchor = "middle" if abs(x - x0) < 8 else "start" if x > x0 else "end"
        _text(svg, x, y + 4, _short(name), anchor=anchor, size=11)
    for each in series:
        shares = [min(_number(value), 1.2) for value in each.values]
        _polygon(svg, [at(i, share) for i, share in enumerate(shares)], each.colour, each.colour)
    _legend(svg, series, _RADAR + 24)
    return svg


def _legend(svg: ET.Element, series: Sequence[Series], y: float) -> None:
    x = 56.0
    for each in series:
        _rect(svg, x, y - 8, 10, 10, each.colour)
        _text(svg, x + 15, y + 1, each.name, size=11)
        x += 30 + 12 * len(each.name)


def _polygon(
    svg: ET.Element, points: Sequence[tuple[float, float]], stroke: str, fill: str
) -> None:
    told = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
    more = {"fill": fill, "fill-opacity": "0.12"} if fill != "none" else {"fill": "none"}
    ET.SubElement(svg, "polygon", {"points": told, "stroke": stroke, "stroke-width": "1.5", **more})


def _rect(svg: ET.Element, x: float, y: float, width: float, height: float, fill: str) -> None:
    ET.SubElement(
        svg, "rect", _attributes(x=x, y=y, width=width, height=height, rx=1) | {"fill": fill}
    )


def _line(  # noqa: PLR0913, PLR0917 — a line has two ends, a colour and a width
    svg: ET.Element, x1: float, y1: float, x2: float, y2: float, stroke: str, width: float = 1
) -> None:
    ends = _attributes(x1=x1, y1=y1, x2=x2, y2=y2)
    ET.SubElement(svg, "line", ends | {"stroke": stroke, "stroke-width": f"{width:g}"})


def _text(  # noqa: PLR0913 — what a text needs
    svg: ET.Element,
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: int = 12,
    fill: str = INK,
) -> None:
    more = {"text-anchor": anchor, "font-size": str(size), "fill": fill}
    ET.SubElement(svg, "text", _attributes(x=x, y=y) | more).text = text


def _attributes(**numbers: float) -> dict[str, str]:
    return {name: f"{value:.2f}" for name, value in numbers.items()}


def _number(value: str | None) -> float:
    return 0.0 if value is None else float(value)


def _round(value: str) -> str:
    return f"{float(value):,.2f}".rstrip("0").rstrip(".")


def _short(name: str) -> str:
    return name if len(name) <= 14 else f"{name[:13]}…"


def shown(value: str | None, unit: str) -> str | None:
    """Return a number as a chart shows it: shares as percent, two decimals at most."""
    if value is None:
        return None
    number = Decimal(value) * 100 if unit == "ratio" else Decimal(value)
    told = f"{round(number, 2) + 0:f}"
    return told.rstrip("0").rstrip(".") if "." in told else told
