"""Read a Word template, and refuse what is not understood, before any report is made with it."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any, Final
from zipfile import BadZipFile

from lxml import etree

from report_service.usecases.rendering.docx.package import W, styles
from report_service.usecases.rendering.refusing import TemplateRefusal
from shared.workbooks.guard import Refusal, check_parts, open_zip

COVER: Final = {
    "标题": "title",
    "编号": "number",
    "对象": "scope_name",
    "周期": "period_zh",
    "数据截至": "as_of_zh",
    "层面": "level_zh",
    "摘要": "digest",
    "模板版本": "template_version",
}
ALONE: Final = ("正文", "附录", "签字")
PLACE: Final = re.compile(r"\{\{\s*([^{}]{1,80}?)\s*\}\}")
SECTION: Final = re.compile(r"章节:([a-z_]+)")
IF: Final = re.compile(r"#有:([a-z_]+)")
ROWS: Final = re.compile(r"#行:([a-zA-Z0-9_-]+)")
COLUMN: Final = re.compile(r"列:([a-z_]+)")
END_IF: Final = "/有"
MAX_TEMPLATE: Final = 10 * 1024 * 1024
"""Bytes of a template as it comes. A letterhead with a logo for print takes 5 to 10 MiB, and every
report that is made with it is as large: what is larger holds pictures that belong elsewhere."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was understood."""

    parts: dict[str, bytes]
    body: Any
    """The tree of its document; copied for each report."""

    edges: dict[str, Any]
    """Trees of headers and footers, by name."""


@lru_cache(maxsize=16)
def read_template(content: bytes) -> Template:
    """Return a template.

    Raises:
        TemplateRefusal: it is no Word file, or holds a place or mark that is not understood.
    """
    if len(content) > MAX_TEMPLATE:
        raise TemplateRefusal(
            f"模板超过 {MAX_TEMPLATE >> 20} MiB",
            f"the template is larger than {MAX_TEMPLATE >> 20} MiB",
            "压缩或删除模板中的图片 (make the pictures in it smaller)",
        )
    file = BytesIO(content)
    try:
        zipped = open_zip(file)
        check_parts(zipped, file)
        parts = {each.filename: zipped.read(each) for each in zipped.infolist()}
        body = tree_of(parts["word/document.xml"])
    except Refusal as refusal:
        raise TemplateRefusal(refusal.zh, refusal.en, _AGAIN) from refusal
    except (KeyError, etree.XMLSyntaxError, BadZipFile, zlib.error, EOFError) as error:
        raise TemplateRefusal(
            "不是完好的 Word 文档（.docx）",
            "it is no Word document (.docx), or a damaged one",
            _AGAIN,
        ) from error
    edges = {
        name: tree_of(text)
        for name, text in parts.items()
        if re.fullmatch(r"word/(header|footer)\d*\.xml", name)
    }
    for tree in (body, *edges.values()):
        _check(tree)
    parts["word/styles.xml"] = _with_styles(parts.get("word/styles.xml"))
    return Template(parts=parts, body=body, edges=edges)


_AGAIN: Final = "用 Word 或 WPS 打开后另存为 .docx (open it and save it as .docx again)"


def tree_of(text: bytes) -> Any:
    """Return a part as a tree, without entities and the network."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(text, parser)


def w(name: str) -> str:
    """Return a name in Word's namespace."""
    return f"{{{W}}}{name}"


def text_of(element: Any) -> str:
    """Return the text of an element, its runs joined."""
    return "".join(each.text or "" for each in element.iter(w("t")))


def _check(tree: Any) -> None:
    open_if, within = "", None
    number = 0
    for number, each in enumerate(tree.iter(w("p")), start=1):
        said = text_of(each)
        row = next(each.iterancestors(w("tr")), None)
        in_rows = row is not None and ROWS.search(text_of(row)) is not None
        for name in _places(said, number):
            if IF.fullmatch(name) or name == END_IF:
                _check_alone(number, name, said)
                open_if = _opened(number, open_if, name, is_near=each.getparent() is within)
                within = each.getparent()
            else:
                _check_place(number, name, said, in_rows=in_rows)
    if open_if:
        raise _refused(number, f"“{open_if}”没有结束", f"{open_if} is never closed")


def _opened(number: int, open_if: str, name: str, *, is_near: bool) -> str:
    """Return the mark that is open after another."""
    if name == END_IF and not open_if:
        raise _refused(number, "“/有”没有开头", "{{/有}} closes nothing")
    if name != END_IF and open_if:
        raise _refused(number, f"“{open_if}”之内又有“{name}”", f"{name} inside {open_if}")
    if name == END_IF and not is_near:
        zh, en = "“/有”与开头不在同一处（正文、同一单元格）", "{{/有}} closes elsewhere"
        raise _refused(number, zh, en)
    return "" if name == END_IF else name


def _check_place(number: int, name: str, said: str, *, in_rows: bool) -> None:
    if not _is_known(name, in_rows=in_rows):
        raise _refused(number, f"不认识占位符“{name}”", f"unknown place {name}")
    if name in ALONE or SECTION.fullmatch(name):
        _check_alone(number, name, said)


def _check_alone(number: int, name: str, said: str) -> None:
    if PLACE.fullmatch(said.strip()) is None:
        raise _refused(number, f"“{name}”须独占一段", f"{name} needs a paragraph of its own")


def _places(said: str, number: int) -> Iterator[str]:
    if said.count("{{") != said.count("}}") or PLACE.sub("", said).count("{{"):
        raise _refused(number, f"占位符不完整：{said[:40]}", f"a broken place: {said[:40]}")
    yield from (match[1] for match in PLACE.finditer(said))


def _is_known(name: str, *, in_rows: bool) -> bool:
    if COLUMN.fullmatch(name) or ROWS.fullmatch(name):
        return in_rows
    return name in COVER or name in ALONE or SECTION.fullmatch(name) is not None


def _refused(number: int, zh: str, en: str) -> TemplateRefusal:
    return TemplateRefusal(
        f"第 {number} 段：{zh}",
        f"paragraph {number}: {en}",
        "对照模板说明改正占位符 (see the places that a template may have: GET /api/report/v1/kinds)",
    )


def _with_styles(given: bytes | None) -> bytes:
    """Add the styles that blocks are written in, where the template has none of that name."""
    ours = tree_of(styles().encode())
    if given is None:
        return styles().encode()
    theirs = tree_of(given)
    known = {each.get(w("styleId")) for each in theirs.iter(w("style"))}
    for each in ours.iter(w("style")):
        if each.get(w("styleId")) not in known and each.get(w("default")) is None:
            theirs.append(each)
    return bytes(etree.tostring(theirs, xml_declaration=True, encoding="UTF-8", standalone=True))
