"""Have Typst set a document: PDF/A-2a, tagged, the same bytes for the same document.

A template is a Typst file. It sees ``/blocks.typ`` and the document, no other file and no package.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

from report_service.domain.document.blocks import GETA
from report_service.usecases.rendering.refusing import TemplateRefusal

HERE: Final = Path(__file__).parents[2] / "templates" / "typst"
STANDARDS: Final[list[Any]] = ["a-2a", "ua-1"]
FONT_FOLDERS: Final = (
    Path("/usr/share/fonts/opentype/noto"),
    Path("/usr/share/fonts/noto-cjk"),
    Path("/usr/share/fonts/google-noto-cjk"),
    Path(__file__).parents[2] / "fonts",
)
"""Where Chinese fonts may lie; the last one is filled by ``make fonts`` and never committed."""

MOST_MISSING: Final = 50
_MISSING: Final = re.compile(r'the text `?"(.+?)"`? could not be displayed')
_PACKAGE: Final = re.compile(r"""["']@[a-z]""")


def default_template() -> str:
    """Return the Typst template that is shipped."""
    return (HERE / "report.typ").read_text(encoding="utf-8")


def render_pdf(
    document: Mapping[str, Any], template: str | None = None, missing: list[str] | None = None
) -> bytes:
    """Return the PDF of a document in JSON types, with the shipped template for None.

    Args:
        missing: takes the characters that no font has.

    Raises:
        TemplateRefusal: Typst has a reason not to set it.
    """
    source = template or default_template()
    if _PACKAGE.search(source):
        raise TemplateRefusal(
            "模板引用了外部软件包（@…），渲染环境不联网",
            "the template imports a package; rendering has no network",
            '删除 #import "@…" (remove the import)',
        )
    if missing_fonts():
        raise TemplateRefusal(
            "没有中文字体，PDF 无法排版",
            "there is no Chinese font to set a PDF in",
            "安装 fonts-noto-cjk，或运行 make fonts (install it, or run this)",
        )
    told = json.dumps(marked(document), ensure_ascii=False)
    for _ in range(MOST_MISSING):
        try:
            return _compiled(source, told, document["cover"]["as_of"])
        except typst.TypstError as error:
            named = _MISSING.search(error.message)
            if named is None:
                raise _refusal(error) from error
            characters = _unescaped(named[1])
            if missing is not None:
                missing.append(characters)
            told = told.translate(dict.fromkeys(map(ord, characters), GETA))
    raise TemplateRefusal(
        "文档中有太多字体没有的字符",
        "too many characters have no glyph",
        "安装 fonts-noto-cjk (install it)",
    )


def _compiled(source: str, told: str, as_of: str) -> bytes:
    made = _compiler().compile(
        source.encode(),
        format="pdf",
        sys_inputs={"document": told},
        pdf_standards=STANDARDS,
        timestamp=int(datetime.fromisoformat(as_of).timestamp()),
    )
    assert isinstance(made, bytes)
    return made


def _refusal(error: typst.TypstError) -> TemplateRefusal:
    place = re.search(r"typ:(\d+):(\d+)", error.diagnostic or "")
    where = f"第 {place[1]} 行第 {place[2]} 列" if place else "模板"
    at = f"line {place[1]}, column {place[2]}" if place else "the template"
    return TemplateRefusal(
        f"{where}：{error.message}",
        f"{at}: {error.message}",
        "改正模板后重新上传 (mend the template and send it again)",
    )


def _unescaped(text: str) -> str:
    """Return the characters that an error names, those written by their number too."""
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), text)


def marked(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document whose numbers carry the mark of their note, once a paragraph or row."""
    return {**document, "sections": [_marked(each, set()) for each in document["sections"]]}


@cache
def missing_fonts() -> bool:
    """Return whether no Chinese font is there, so that a PDF would show boxes."""
    return not any("Noto Serif" in each for each in _fonts().families())


def _marked(thing: Any, seen: set[int]) -> Any:
    if isinstance(thing, list):
        return [_marked(each, seen) for each in thing]
    if not isinstance(thing, dict):
        return thing
    if thing.get("block") or "cells" in thing:
        seen = set()
    made = {name: _marked(each, seen) for name, each in thing.items()}
    note = thing.get("note")
    if thing.get("kind") == "bound" and note and note not in seen:
        seen.add(note)
        made["mark"] = note
    return made


@cache
def _fonts() -> typst.Fonts:
    there = [str(each) for each in FONT_FOLDERS if each.is_dir()]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=there)


@cache
def _compiler() -> typst.Compiler:
    nowhere = str(HERE / "no-packages")
    return typst.Compiler(
        root=str(HERE),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        package_path=nowhere,
        package_cache_path=nowhere,
    )
