"""A figure of a page as a picture of its own, with the style it needs and nothing around it.

A picture stands where there is no style sheet: in a mail, a slide, another site. So it carries the
rules that are about it, in the light colours, with every variable filled in.

Source: design "Screens" (figures as SVG and PNG); the wording of the style is our default.
"""

import re
from typing import Final

FONTS: Final = "system-ui, 'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', sans-serif"
MARGIN: Final = 16
_ABOUT: Final = re.compile(r"\.(eight|emblem|track|way|shared|step|check|chart|radar)(?![\w-])")
_RULE: Final = re.compile(r"([^{}]+)\{([^{}]*)\}")
_BLOCK: Final = re.compile(r"@[^{]+\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_VARIABLE: Final = re.compile(r"var\((--[\w-]+)(?:, ?([^()]+))?\)")
_DECLARED: Final = re.compile(r"(--[\w-]+): ?([^;]+);?")
_FRAME: Final = re.compile(r'viewBox="([\d. -]+)"')


def style_of(sheet: str) -> str:
    """Return the rules of a style sheet that are about figures, in its light colours."""
    plain = _BLOCK.sub("", sheet)
    said: dict[str, str] = {}
    for _, body in _RULE.findall(plain):
        for name, value in _DECLARED.findall(body):
            said.setdefault(name, value)

    def fill(match: re.Match[str]) -> str:
        value = said.get(match[1], match[2] or "none")
        return _VARIABLE.sub(lambda inner: inner[2] or said.get(inner[1], "none"), value)

    rules = [
        (names.strip(), _VARIABLE.sub(fill, body.strip()))
        for names, body in _RULE.findall(plain)
        if all(_ABOUT.match(each.strip()) for each in names.split(","))
    ]
    return "".join(f"{names}{{{body}}}" for names, body in rules if "display" not in body)


def picture(figure: str, style: str) -> str:
    """Return the first figure of a page as an SVG document; empty where there is none."""
    start, end = figure.find("<svg"), figure.find("</svg>")
    frame = _FRAME.search(figure, start)
    if start < 0 or frame is None:
        return ""
    x, y, width, height = map(float, frame[1].split())
    wide, high = width + 2 * MARGIN, height + 2 * MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:g}" height="{high:g}"'
        f' viewBox="{x - MARGIN:g} {y - MARGIN:g} {wide:g} {high:g}" font-family="{FONTS}">'
        f"<style>{style}</style>"
        f'<rect x="{x - MARGIN:g}" y="{y - MARGIN:g}" width="{wide:g}" height="{high:g}"'
        ' fill="#fff"/>'
    )
    return head + figure[start:end] + "</svg></svg>"
