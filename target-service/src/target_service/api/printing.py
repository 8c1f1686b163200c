"""A figure as PDF, made by Typst from the same SVG: no browser is needed.

PDF/A-2b with its fonts inside, the same bytes for the same figure on the same machine.
"""

from datetime import date
from functools import cache
from typing import ClassVar, Final

import typst

from shared.errors import DomainError, ErrorKind
from target_service.domain.sheets.canvas import FONTS
from target_service.domain.sheets.drawing import PAPER, Size

_SOURCE: Final = b"""
#let given = sys.inputs
#set page(width: eval(given.width), height: eval(given.height), margin: 0mm)
#set document(
  title: given.title,
  date: datetime(year: int(given.year), month: int(given.month), day: int(given.day)),
)
#set text(lang: given.lang)
#image(bytes(given.svg), format: "svg", width: 100%, height: 100%, alt: given.title)
"""


class NoChineseFontError(DomainError):
    """No font of this machine has Chinese characters: a page would be full of holes."""

    kind: ClassVar = ErrorKind.UNAVAILABLE
    code: ClassVar = "no-chinese-font"
    title_zh: ClassVar = "缺少中文字体"
    title_en: ClassVar = "No Chinese font"


def pdf_of(svg: str, size: Size, title: str, day: date, lang: str) -> bytes:
    """Return a figure as one page of PDF; takes about half a second.

    Raises:
        NoChineseFontError: no font that the figure names is there.
    """
    if not _named_fonts():
        raise NoChineseFontError(
            "运行本服务的机器没有中文字体，无法生成 PDF",
            "the machine of this service has no Chinese font, so that no PDF can be made",
            fixes=[
                "apt install fonts-noto-cjk 后重启本服务 (install it, and restart the service)",
                "或取 as=html，用浏览器打印 (or take as=html, and print it from a browser)",
            ],
        )
    width, height = PAPER[size]
    inputs = {"svg": svg, "title": title, "lang": lang, "width": width, "height": height}
    inputs |= {"year": str(day.year), "month": str(day.month), "day": str(day.day)}
    made: bytes = typst.compile(
        _SOURCE, format="pdf", sys_inputs=inputs, pdf_standards=["a-2b"], ignore_system_fonts=False
    )
    return made


@cache
def _named_fonts() -> frozenset[str]:
    """Return which of the fonts that figures name are there; it reads every font's name once."""
    named = {each.strip() for each in FONTS.split(",")}
    return frozenset(named & set(typst.Fonts().families()))
