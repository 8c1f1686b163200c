"""Turn blocks into paragraphs and tables with real styles."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

from report_service.domain.document.blocks import BRIEFING
from report_service.usecases.rendering.docx.charts import drawing

_WIDTH: Final = 8844
"""Of the text on the page, in twentieths of a point."""

_ROOM: Final = 5400
"""Of it, what columns of short things may take together."""

_SHORT: Final = 16
"""Halves of Chinese characters that a short thing has at most: a date has fourteen."""

_TONES: Final = {
    "met_target": ("E4F4EA", "1E6B40"),
    "met_standard": ("E5EEFB", "1F4F99"),
    "below_standard": ("FDEEDB", "8A4B00"),
    "below_target": ("FDEEDB", "8A4B00"),
    "below_floor": ("FBE4E1", "9B2318"),
    "red": ("FBE4E1", "9B2318"),
    "orange": ("FDEEDB", "8A4B00"),
    "yellow": ("FDF5CF", "6D5600"),
    "blue": ("E5EEFB", "1F4F99"),
}
_GLUED: Final = re.compile("([<>≤≥=÷]) ")
"""A sign and its number stay on one line."""

_T: Final = '<w:t xml:space="preserve">'
_LINE: Final = "\N{FULLWIDTH LOW LINE}" * 8


class Writing:
    """Writes blocks, and collects the charts that they show."""

    def __init__(self) -> None:
        self.charts: list[Mapping[str, Any]] = []

    def block(self, block: Mapping[str, Any]) -> str:  # noqa: PLR0911 — a kind, a return
        """Return a block as paragraphs and tables."""
        match block["block"]:
            case "paragraph":
                return paragraph("H8Body", spans(block["spans"]))
            case "heading":
                return paragraph("Heading2", text(block["text"]))
            case "bullets":
                return "".join(paragraph("ListBullet", spans(each)) for each in block["items"])
            case "terms":
                return "".join(
                    paragraph(
                        "H8Term", f"{text(each['label'])}<w:r><w:tab/></w:r>{spans(each['spans'])}"
                    )
                    for each in block["entries"]
                )
            case "table":
                return _table(block)
            case _:
                return self._chart(block)

    def section(self, section: Mapping[str, Any]) -> str:
        """Return the blocks of a section."""
        return "".join(self.block(each) for each in section["blocks"])

    def sections(self, document: Mapping[str, Any]) -> str:
        """Return all sections; the style of their headings counts them."""
        return "".join(
            paragraph("Heading1", text(each["title"].partition("、")[2])) + self.section(each)
            for each in document["sections"]
        )

    def _chart(self, block: Mapping[str, Any]) -> str:
        self.charts.append(block)
        number = len(self.charts)
        run = drawing(block, number, f"rIdChart{number}")
        centred = '<w:p><w:pPr><w:keepNext/><w:jc w:val="center"/></w:pPr>'
        return f"{centred}{run}</w:p>{paragraph('Caption', text(block['caption']))}"


def paragraph(style: str, runs: str) -> str:
    """Return a paragraph in a style."""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{runs}</w:p>'


def text(value: str, properties: str = "") -> str:
    """Return a run of text."""
    told = escape(_GLUED.sub("\\1\N{NO-BREAK SPACE}", value)).replace("\n", f"</w:t><w:br/>{_T}")
    look = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f"<w:r>{look}{_T}{told}</w:t></w:r>"


def spans(given: Sequence[Mapping[str, Any]], *, in_table: bool = False) -> str:
    """Return the runs of spans."""
    return "".join(_span(each, in_table=in_table) for each in given)


def notes(document: Mapping[str, Any]) -> str:
    """Return the notes, each with the bookmark that its numbers point at."""
    if not document["notes"]:
        return ""
    title = (
        '<w:p><w:pPr><w:pStyle w:val="Heading1"/><w:numPr><w:numId w:val="0"/></w:numPr></w:pPr>'
    )
    head = f"{title}{text('附录：数据来源与口径')}</w:p>"
    told = [_note(each) for each in document["notes"]]
    if is_brief(document):
        # One page: the sources run on, in small print.
        return head + paragraph("H8Note", text("　").join(told))
    return head + "".join(paragraph("H8Note", each) for each in told)


def is_brief(document: Mapping[str, Any]) -> bool:
    """Whether a document is the leader's briefing, which is one page."""
    return bool(document["cover"]["kind"] == BRIEFING)


def signers(document: Mapping[str, Any]) -> str:
    """Return the lines to sign on; nobody signs a briefing."""
    if is_brief(document):
        return ""
    lines = [f"{each}（签字）：{_LINE}　　日期：{_LINE}" for each in document["cover"]["signers"]]
    return "".join(paragraph("H8Term", text(each)) for each in lines)


def plain(given: Sequence[Mapping[str, Any]]) -> str:
    """Return spans as bare text."""
    return " ".join(each["text"] for each in given)


def _note(note: Mapping[str, Any]) -> str:
    """Return the runs of a note, in the bookmark that its numbers point at."""
    number = note["number"]
    said = f"[{number}] {note['kind']} {note['text']}；{note['stated_at']}；第{note['version']}版"
    mark = f'w:id="{number}"'
    return f'<w:bookmarkStart {mark} w:name="n{number}"/>{text(said)}<w:bookmarkEnd {mark}/>'


def _span(span: Mapping[str, Any], *, in_table: bool) -> str:  # noqa: PLR0911 — a kind, a return
    match span.get("kind", "text"):
        case "bound" if "mark" in span:
            number = span["mark"]
            mark = text(f"[{number}]", '<w:rStyle w:val="H8Mark"/>')
            return f'{text(span["text"])}<w:hyperlink w:anchor="n{number}" w:history="1">{mark}</w:hyperlink>'
        case "soft":
            line = "<w:r><w:br/></w:r>" if in_table else ""
            return line + text(span["text"], '<w:rStyle w:val="H8Soft"/>')
        case "tag":
            back, ink = _TONES.get(span.get("tone", ""), ("ECEFF4", "4A5462"))
            return text(
                span["text"],
                f'<w:color w:val="{ink}"/><w:shd w:val="clear" w:color="auto" w:fill="{back}"/>',
            )
        case "blank":
            return text(span["text"], '<w:rStyle w:val="H8Blank"/>')
        case "strong":
            return text(span["text"], "<w:b/>")
        case _:
            return text(span["text"])


def _table(block: Mapping[str, Any]) -> str:
    caption = paragraph("Caption", text(block["caption"]))
    if not block["rows"]:
        return paragraph("H8Body", text(block.get("empty") or f"{block['caption']}：无"))
    widths = _widths(block)
    grid = "".join(f'<w:gridCol w:w="{each}"/>' for each in widths)
    head = "".join(
        _cell(
            width,
            "H8Head",
            text(each["title"]),
            '<w:shd w:val="clear" w:color="auto" w:fill="F0F2F6"/>',
            right=bool(each.get("right")),
        )
        for width, each in zip(widths, block["columns"], strict=True)
    )
    rows = "".join(_row(each, widths, block["columns"]) for each in block["rows"])
    properties = (
        '<w:tblPr><w:tblStyle w:val="H8Table"/><w:tblW w:w="5000" w:type="pct"/><w:tblLayout w:type="fixed"/>'
        f'<w:tblCaption w:val="{escape(block["caption"], {chr(34): "&quot;"})}"/></w:tblPr>'
    )
    return (
        f"{caption}<w:tbl>{properties}<w:tblGrid>{grid}</w:tblGrid>"
        f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>{rows}</w:tbl>{paragraph('H8Cell', '')}"
    )


def _widths(block: Mapping[str, Any]) -> list[int]:
    """Return how wide columns are: of short things (dates, states) as wide as those are.

    The others share what is left. As the paper does it: see ``columns-of`` in ``blocks.typ``.
    """
    columns = block["columns"]
    shares = [each.get("width", 2) for each in columns]
    widest, left = shares.index(max(shares)), _ROOM
    made: list[int | None] = []
    for at, column in enumerate(columns):
        told = [span["text"] for row in block["rows"] for span in row["cells"][at]]
        length = max(2 * len(column["title"]), *map(_length, told), 0)
        # The number of a note stands beside a number.
        needed = length * 92 + (360 if column.get("right") else 200)
        # What people write needs room, also where they have not yet.
        is_written = any("place" in span for row in block["rows"] for span in row["cells"][at])
        is_short = at != widest and length <= _SHORT and needed <= left and not is_written
        made.append(needed if is_short else None)
        left -= needed if is_short else 0
    rest = _WIDTH - sum(each or 0 for each in made)
    whole = sum(share for share, each in zip(shares, made, strict=True) if each is None)
    return [
        each if each is not None else rest * share // whole
        for share, each in zip(shares, made, strict=True)
    ]


def _length(text: str) -> int:
    """Return how wide a text is, in halves of a Chinese character."""
    return sum(1 if " " <= each <= "~" or each == "–" else 2 for each in text)


def _row(
    row: Mapping[str, Any], widths: Sequence[int], columns: Sequence[Mapping[str, Any]]
) -> str:
    cells = [
        _cell(width, "H8Cell", spans(cell, in_table=True), right=bool(column.get("right")))
        for width, cell, column in zip(widths, row["cells"], columns, strict=True)
    ]
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(cells)}</w:tr>"


def _cell(width: int, style: str, runs: str, properties: str = "", *, right: bool = False) -> str:
    side = '<w:jc w:val="right"/>' if right else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{properties}</w:tcPr>'
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{side}</w:pPr>{runs}</w:p></w:tc>'
    )
