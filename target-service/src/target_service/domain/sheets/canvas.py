"""Primitives of SVG: every attribute stands at its element, so that no style sheet is needed.

A strict content policy allows no ``style``, and the figure looks the same in a page, a Word file
and a PDF. Source: design "Screens", Stack.
"""

from html import escape
from typing import Final

from target_service.domain.sheets.layout import Box
from target_service.domain.sheets.measuring import LEADING, Fitted, fit

FONTS: Final = (
    "Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif"
)
INK: Final = "#1c2733"
GREY: Final = "#5b6573"
LINE: Final = "#b8c1cc"
_RISE: Final = 0.36
"""How far the base line lies below the middle of a line, in sizes of the font."""

Value = str | float | int

_THIN: Final[dict[str, Value]] = {"stroke": LINE, "stroke_width": 0.5}


class Canvas:
    """Elements in the order in which they are drawn."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def add(self, tag: str, content: Value = "", **attributes: Value) -> None:
        """Draw an element; ``_`` in a name stands for ``-``, at its end for nothing."""
        told = "".join(
            f' {name.rstrip("_").replace("_", "-")}="{escape(_spell(value))}"'
            for name, value in attributes.items()
        )
        self._parts.append(f"<{tag}{told}>{content}</{tag}>" if content else f"<{tag}{told}/>")

    def box(self, box: Box, *, fill: str = "none", stroke: str = LINE, **more: Value) -> None:
        """Draw a rectangle."""
        place = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
        self.add("rect", **place, fill=fill, stroke=stroke, stroke_width=0.5, **more)

    def line(self, start: tuple[float, float], end: tuple[float, float], **more: Value) -> None:
        """Draw a straight line."""
        self.add(
            "line",
            x1=start[0],
            y1=start[1],
            x2=end[0],
            y2=end[1],
            **(_THIN | more),
        )

    def text(self, x: float, y: float, content: str, size: float, **more: Value) -> None:
        """Draw a line of text whose middle line lies at ``y``."""
        given = {"x": x, "y": y + _RISE * size, "font_size": size} | more
        self.add("text", escape(content), **given)

    def write(
        self,
        box: Box,
        content: str,
        sizes: tuple[float, float],
        *,
        lines: int = 1,
        anchor: str = "start",
        **more: Value,
    ) -> None:
        """Fit a text into a box, in the middle of its height.

        Args:
            sizes: largest and smallest.
            lines: how many it may take.
        """
        fitted = fit(content, (box.width, box.height), lines, sizes)
        x = {"start": box.x, "middle": box.x + box.width / 2, "end": box.right}[anchor]
        if anchor != "start":
            more |= {"text_anchor": anchor}
        middle = box.y + box.height / 2
        self._write(x, middle, fitted, content, more)

    def write_up(self, box: Box, content: str, sizes: tuple[float, float], lines: int) -> None:
        """Fit a text into a box in which it reads upwards, from its lower edge."""
        fitted = fit(content, (box.height, box.width), lines, sizes)
        middle = box.x + box.width / 2
        turned: dict[str, Value] = {
            "transform": f"rotate(-90 {_spell(middle)} {_spell(box.bottom)})"
        }
        self._write(middle, box.bottom, fitted, content, turned)

    def svg(self, size: tuple[float, float], unit: tuple[str, str], label: str, lang: str) -> str:
        """Return the whole figure.

        Args:
            size: of the coordinates.
            unit: width and height on paper.
        """
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{unit[0]}" height="{unit[1]}"'
            f' viewBox="0 0 {_spell(size[0])} {_spell(size[1])}" font-family="{FONTS}"'
            f' fill="{INK}" role="img" aria-label="{escape(label)}" xml:lang="{lang}">'
            + "".join(self._parts)
            + "</svg>"
        )

    def _write(
        self, x: float, y: float, fitted: Fitted, content: str, more: dict[str, Value]
    ) -> None:
        title = f"<title>{escape(content)}</title>" if fitted.is_cut else ""
        step = LEADING * fitted.size
        first = y + _RISE * fitted.size - step * (len(fitted.lines) - 1) / 2
        for at, line in enumerate(fitted.lines):
            given: dict[str, Value] = {"x": x, "y": first + at * step, "font_size": fitted.size}
            self.add("text", title + escape(line), **(given | more))


def _spell(value: Value) -> str:
    """Return a number with at most two decimals: more only makes the figure longer."""
    if isinstance(value, str):
        return value
    return f"{value:.2f}".rstrip("0").rstrip(".")
