"""The document of a report on the screen: where people write in it, and its figures.

Source: contract of the report service ("Document"); what may stand in a figure is our default.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree as ET

TEXT: Final = "text."
"""What the field of a place is called: ``text.diagnosis/B1/cause``."""

NOTHING: Final = "—"
"""What the document shows where there is nothing."""

_SVG: Final = "{http://www.w3.org/2000/svg}"
_SHAPES: Final = frozenset({"svg", "g", "line", "rect", "circle", "polygon", "polyline", "text"})
_MARKS: Final = frozenset(
    {
        *("viewBox", "width", "height", "role", "aria-label", "x", "y", "x1", "y1", "x2", "y2"),
        *("cx", "cy", "r", "rx", "points", "fill", "stroke", "stroke-width", "stroke-dasharray"),
        *("fill-opacity", "opacity", "font-size", "font-weight", "text-anchor"),
    }
)

Given = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where people write."""

    key: str
    label: str
    """What it belongs to: the cell that names its row, and the title of its column."""

    text: str
    """What stands there now; empty where nobody has written yet."""

    limit: int


def places_of(section: Mapping[str, Any]) -> list[Place]:
    """Return where people write in a section, in reading order."""
    return [
        Place(
            key=span["place"],
            label=label or section.get("title", ""),
            text=_now(span),
            limit=int(span.get("limit") or 200),
        )
        for block in section.get("blocks", ())
        for label, span in _labelled(block)
        if span.get("place")
    ]


def _now(span: Mapping[str, Any]) -> str:
    text: str = span.get("text", "")
    return "" if span.get("kind") == "blank" or text == NOTHING else text


def _labelled(block: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every span of a block with what it belongs to."""
    for row in block.get("rows", ()):
        name = next((_said(cell) for cell in row.get("cells", ()) if _names(cell)), "")
        for column, cell in zip(block.get("columns", ()), row.get("cells", ()), strict=False):
            title = column.get("title", "")
            label = f"{name} · {title}" if name and column is not block["columns"][0] else title
            yield from ((label, span) for span in cell)
    for entry in block.get("entries", ()):
        yield from ((entry.get("label", ""), span) for span in entry.get("spans", ()))
    for item in block.get("items", ()):
        yield from (("", span) for span in item)
    yield from (("", span) for span in block.get("spans", ()))


def _names(cell: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a cell says which row it is: a colour alone does not."""
    return any(each.get("kind", "text") in {"text", "strong"} for each in cell)


def _said(cell: Sequence[Mapping[str, Any]]) -> str:
    return "".join(each.get("text", "") for each in cell if each.get("kind") != "soft")


def written(places: Sequence[Place], given: Given) -> dict[str, str]:
    """Return the texts that a form changes: a field that was emptied empties its place."""
    said = {each.key: given.get(TEXT + each.key, "").replace("\r\n", "\n") for each in places}
    return {each.key: said[each.key] for each in places if said[each.key] != each.text}


def drawing(svg: str) -> str:
    """Return a figure of a report as it may stand in a page: shapes and texts alone.

    What is no figure is drawn as nothing.
    """
    try:
        # Entities are none of it: expat refuses those that grow, and knows no others.
        root = ET.fromstring(svg)  # noqa: S314
    except ET.ParseError:
        return ""
    cleaned = _cleaned(root)
    return "" if cleaned is None else ET.tostring(cleaned, encoding="unicode")


def _cleaned(element: ET.Element) -> ET.Element | None:
    name = element.tag.removeprefix(_SVG)
    if name not in _SHAPES:
        return None
    kept = {key: value for key, value in element.attrib.items() if key in _MARKS}
    new = ET.Element(name, kept)
    new.text = element.text if name == "text" else None
    new.extend(each for child in element if (each := _cleaned(child)) is not None)
    return new
