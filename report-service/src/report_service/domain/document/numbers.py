"""Find figures in what people write that are bound to nothing, and words a report must not say.

Source: screens "Reports" (checks of drafts): no forecast words, figures bound to data; the list of
words is our default.
"""

import re
from collections.abc import Collection
from typing import Final

_FIGURE: Final = re.compile(
    r"(?<![\w.第])\d[\d,]*(?:\.\d+)?\s*(?:%|‰|个百分点|分|元|万元|人|项|:1)?"
)
_SPOKEN: Final = re.compile(
    r"[百千]分之[零一二两三四五六七八九十百点]+|[一二两三四五六七八九十]+倍|翻[一两]?番"
    r"|[一二两三四五六七八九]成(?=[，。；、的左以多半学教课]|$)"
)
"""Numbers that are written out: 百分之三十, 三成, 两倍."""

_EXACT: Final = ("%", "‰", "个百分点", ":1")
"""Units by which figures differ; a count stands beside many measure words."""

_LABEL: Final = re.compile(r"\d{4}\s*[年–-]|\d{1,2}\s*[月日]|第\s*\d+")
"""Dates and ordinals say when and which, not how much."""

FORECAST: Final = (
    "预计",
    "预期",
    "有望",
    "力争",
    "争取",
    "将会",
    "将达到",
    "可望",
    "拟于",
    "计划达到",
)
PRAISE: Final = (
    "成效显著",
    "效果显著",
    "成绩斐然",
    "卓有成效",
    "取得了良好",
    "大幅提升",
    "显著提升",
)
"""Praise that says nothing; a number says it."""


def unbound_figures(text: str, known: Collection[str]) -> list[str]:
    """Return the figures in a text that no number of the report says.

    Args:
        known: numbers as the report shows them: ``31.17%``, ``120``.
    """
    said = {_plain(each) for each in known}
    return [each for each in dict.fromkeys(_figures(text)) if _plain(each) not in said]


def figures_in(text: str) -> set[str]:
    """Return every figure of a text, as `unbound_figures` takes those that are known."""
    return set(_figures(text))


def _figures(text: str) -> list[str]:
    bare = _LABEL.sub(" ", text)
    found = [re.sub(r"[\s,]", "", match[0]) for match in _FIGURE.finditer(bare)]
    return [*found, *_SPOKEN.findall(bare)]


def _plain(figure: str) -> str:
    """Return a figure without what may stand behind it differently: ``12人`` is ``12``."""
    bare = re.sub(r"[\s,]", "", figure)
    number = re.match(r"-?[\d.]+", bare)
    return bare if number is None or bare.endswith(_EXACT) else number[0]


def words_in(text: str, words: Collection[str]) -> list[str]:
    """Return those of the words that a text uses."""
    return [each for each in words if each in text]
