"""A sheet as a page of HTML that prints on exactly one sheet of paper.

Source: design "Screens", S8.
"""

from base64 import b64encode
from hashlib import sha256
from html import escape

from target_service.domain.sheets.document import Sheet
from target_service.domain.sheets.drawing import PAPER, Size, draw


def page_of(sheet: Sheet, size: Size) -> tuple[str, str]:
    """Return the document, and the digest by which a content policy lets its style pass."""
    width, height = PAPER[size]
    # A hair lower than the paper: rounded up, it would take a second page.
    style = (
        f"@page{{size:{size} landscape;margin:0}}html,body{{margin:0;background:#fff}}"
        f"svg{{display:block;width:{width};height:calc({height} - 0.5px)}}"
    )
    language = "zh-CN" if sheet.language == "zh" else "en"
    document = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{escape(sheet.title)}</title><style>{style}</style></head>"
        f"<body>{draw(sheet, size)}</body></html>"
    )
    return document, b64encode(sha256(style.encode()).digest()).decode()
