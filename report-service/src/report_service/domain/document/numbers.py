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
_LABEL: Final = re.compile(r"\d{4}[年–-]|\d{1,2}[月日]|第\d+")
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
    bare = _LABEL.sub(" ", text)
    found = [re.sub(r"[\s,]", "", match[0]) for match in _FIGURE.finditer(bare)]
    said = {re.sub(r"[\s,]", "", each) for each in known}
    return [each for each in dict.fromkeys(found) if each not in said]


def words_in(text: str, words: Collection[str]) -> list[str]:
    """Return those of the words that a text uses."""
    return [each for each in words if each in text]
