"""Put a document into the places of a template."""

from collections.abc import Mapping
from copy import deepcopy
from itertools import takewhile
from typing import Any, Final
from xml.sax.saxutils import escape

from lxml import etree

from report_service.usecases.rendering.docx import package, writing
from report_service.usecases.rendering.docx.charts import name_of, parts_of
from report_service.usecases.rendering.docx.package import R, W, packed
from report_service.usecases.rendering.docx.template import (
    COLUMN,
    COVER,
    END_IF,
    IF,
    PLACE,
    ROWS,
    SECTION,
    Template,
    read_template,
    text_of,
    tree_of,
    w,
)
from report_service.usecases.rendering.pdf import marked

_CHART: Final = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_BOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HOLDERS: Final = frozenset(map(w, ("tc", "hdr", "ftr", "txbxContent")))


def render_docx(document: Mapping[str, Any], template: bytes | None = None) -> bytes:
    """Return the Word file of a document in JSON types, with the shipped template for None.

    Raises:
        TemplateRefusal: the template is not understood.
    """
    read = read_template(template or package.default_template(is_brief=writing.is_brief(document)))
    filling = _Filling(marked(document))
    body = deepcopy(read.body)
    filling.fill(body)
    parts = dict(read.parts)
    parts["word/document.xml"] = _text(body)
    for name, tree in read.edges.items():
        edge = deepcopy(tree)
        filling.fill(edge)
        parts[name] = _text(edge)
    parts["docProps/core.xml"] = _core(document).encode()
    for number, chart in enumerate(filling.writing.charts, start=1):
        parts |= parts_of(chart, number)
    _register(read, parts, len(filling.writing.charts))
    return packed(parts)


class _Filling:
    """The places of one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.writing = writing.Writing()
        self.cover = {name: str(document["cover"].get(key, "")) for name, key in COVER.items()}
        self.sections = {each["key"]: each for each in document["sections"]}
        self.tables = {
            block["key"]: block
            for section in document["sections"]
            for block in section["blocks"]
            if block["block"] == "table"
        }

    def fill(self, tree: Any) -> None:
        """Fill every place of a part."""
        self._leave_out(tree)
        for row in list(tree.iter(w("tr"))):
            self._repeat(row)
        for paragraph in list(tree.iter(w("p"))):
            said = text_of(paragraph)
            if "{{" not in said:
                continue
            alone = PLACE.fullmatch(said.strip())
            made = self._blocks(alone[1]) if alone else None
            if made is None:
                replace(paragraph, self.cover)
            else:
                _put(paragraph, made)

    def _blocks(self, name: str) -> str | None:
        """Return what stands in a place of its own; None where it is words of the cover."""
        if (section := SECTION.fullmatch(name)) is not None:
            known = self.sections.get(section[1])
            return self.writing.section(known) if known else ""
        match name:
            case "正文":
                return self.writing.sections(self.document)
            case "附录":
                return writing.notes(self.document)
            case "签字":
                return writing.signers(self.document)
            case _:
                return None

    def _leave_out(self, tree: Any) -> None:
        """Drop the marks of a section, and all that is between them where the report has none."""
        for paragraph in list(tree.iter(w("p"))):
            mark = IF.fullmatch(_alone(paragraph))
            if mark is None:
                continue
            between = list(takewhile(lambda e: _alone(e) != END_IF, paragraph.itersiblings()))
            _drop((between or [paragraph])[-1].getnext())
            for each in between if mark[1] not in self.sections else ():
                _drop(each)
            _drop(paragraph)

    def _repeat(self, row: Any) -> None:
        """Repeat a row for every row of the table that it names."""
        found = ROWS.search(text_of(row))
        if found is None:
            return
        table = self.tables.get(found[1], {"rows": [], "columns": []})
        at, names = row.getparent(), [each["key"] for each in table["columns"]]
        for each in table["rows"]:
            cells = [writing.plain(cell) for cell in each["cells"]]
            values = dict(zip((f"列:{name}" for name in names), cells, strict=True))
            copy = deepcopy(row)
            for paragraph in copy.iter(w("p")):
                replace(paragraph, values | {f"#行:{found[1]}": ""})
            row.addprevious(copy)
        at.remove(row)
        if at.tag == w("tbl") and at.find(w("tr")) is None:
            _drop(at)


def _alone(element: Any) -> str:
    """Return the place that a paragraph holds and nothing else; empty where there is none."""
    said = PLACE.fullmatch(text_of(element).strip()) if element.tag == w("p") else None
    return said[1] if said else ""


def _drop(element: Any) -> None:
    """Take something away; Word calls a file damaged whose cell or header ends with no paragraph."""
    parent = element.getparent()
    parent.remove(element)
    if parent.tag in _HOLDERS and (not len(parent) or parent[-1].tag != w("p")):
        etree.SubElement(parent, w("p"))


def replace(paragraph: Any, values: Mapping[str, str]) -> None:
    """Replace the places in a paragraph; Word may have cut one into several runs."""
    runs = list(paragraph.iter(w("t")))
    for match in reversed(list(PLACE.finditer(text_of(paragraph)))):
        unknown = "" if COLUMN.fullmatch(match[1]) else None
        value = values.get(match[1], unknown)
        if value is not None:
            _replace(runs, match.start(), match.end(), value)


def _replace(runs: list[Any], start: int, end: int, value: str) -> None:
    place, is_put = 0, False
    for run in runs:
        said = run.text or ""
        first, last = max(start - place, 0), min(end - place, len(said))
        if first < last:
            run.text = said[:first] + ("" if is_put else value) + said[last:]
            is_put = True
        place += len(said)


def _put(paragraph: Any, blocks: str) -> None:
    wrapped = f'<w:body xmlns:w="{W}" xmlns:r="{R}">{blocks}</w:body>'
    for each in list(tree_of(wrapped.encode())):
        paragraph.addprevious(each)
    _drop(paragraph)


def _text(tree: Any) -> bytes:
    return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True))


def _core(document: Mapping[str, Any]) -> str:
    cover = document["cover"]
    title = escape(f"{cover['scope_name']} {cover['title']}")
    at = f'xsi:type="dcterms:W3CDTF">{cover["as_of"][:19]}Z'
    return (
        f'{package.HEAD}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title><dc:creator>Helix8</dc:creator>'
        f"<dcterms:created {at}</dcterms:created><dcterms:modified {at}</dcterms:modified></cp:coreProperties>"
    )


def _register(read: Template, parts: dict[str, bytes], charts: int) -> None:
    """Name the charts to the package."""
    if not charts:
        return
    types = tree_of(read.parts["[Content_Types].xml"])
    relations = tree_of(read.parts["word/_rels/document.xml.rels"])
    known = types.iter(f"{{{package.TYPES}}}Default")
    if not any(each.get("Extension", "").lower() == "xlsx" for each in known):
        book = etree.SubElement(types, f"{{{package.TYPES}}}Default")
        book.attrib.update({"Extension": "xlsx", "ContentType": _BOOK})
        types.insert(0, book)
    for number in range(1, charts + 1):
        override = etree.SubElement(types, f"{{{package.TYPES}}}Override")
        override.attrib.update(
            {"PartName": f"/word/charts/{name_of(number)}", "ContentType": _CHART}
        )
        relation = etree.SubElement(relations, f"{{{package.RELATIONS}}}Relationship")
        relation.attrib.update(
            {"Id": f"rIdChart{number}", "Type": f"{R}/chart", "Target": f"charts/{name_of(number)}"}
        )
    parts["[Content_Types].xml"] = _text(types)
    parts["word/_rels/document.xml.rels"] = _text(relations)
