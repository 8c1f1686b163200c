"""The rhythm of diagnosis that a plan sets for each level (诊改周期), such as 以学期为预警周期."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from shared.contracts.vocabulary import Level
from target_service.domain.plan_document.document import CycleRule
from target_service.domain.plan_document.words import level_in, levels_in

_HEADING: Final = re.compile(r"\s*\d+\s*[.．、]\s*(\S{2,12}层面)\s*$")
_SECTION: Final = re.compile(r"\s*(?:[一二三四五六七八九十]+、|[(（][一二三四五六七八九十]+[)）])")
_SENTENCE: Final = re.compile(r"[^。；;]+")
_PERIOD: Final = re.compile(r"以([^，。；,;]{2,20}?)为(预警)?周期")
_BUILDING: Final = re.compile(r"建设期(?:内|满)")
_TERM_END: Final = re.compile(r"学期(?:结束|末|期末)")
RHYTHM_ZH: Final = {
    "year": "年度",
    "ayear": "学年",
    "term": "学期",
    "month": "月",
    "construction": "建设期",
    "appointment": "聘期",
}
_RHYTHMS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("appointment", re.compile(r"聘期|职称|任期")),
    ("ayear", re.compile(r"学年")),
    ("term", re.compile(r"学期")),
    ("year", re.compile(r"年度|自然年|每年")),
    ("month", re.compile(r"月")),
)


def read_cycles(lines: Sequence[str]) -> list[CycleRule]:
    """Return every rhythm that the text sets, in its order; each level and rhythm once."""
    found: dict[tuple[Level, str, bool], CycleRule] = {}
    heading: Level | None = None
    for line, text in enumerate(lines, start=1):
        if "\t" in text:
            continue
        titled = _HEADING.match(text)
        if titled:
            heading = level_in([titled[1]])
        elif _SECTION.match(text):
            heading = None
        elif text.strip():
            level, heading = _level_of(text, heading)
            for each in _rules(line, text, level):
                found.setdefault((each.level, each.rhythm, each.warning_only), each)
    return list(found.values())


def _level_of(text: str, heading: Level | None) -> tuple[Level | None, Level | None]:
    """Return the level of a paragraph, and the heading that still holds behind it."""
    first = next(iter(_SENTENCE.findall(text)), "")
    named = levels_in(first)
    own = named[0] if len(named) == 1 else None
    return (heading, heading) if heading else (own, None)


def _rules(line: int, text: str, level: Level | None) -> Iterator[CycleRule]:
    if level is None:
        return
    for sentence in _SENTENCE.findall(text):
        for match in _PERIOD.finditer(sentence):
            for rhythm in _rhythms(match[1]):
                yield CycleRule(
                    line=line,
                    level=level,
                    rhythm=rhythm,
                    words=match[0],
                    warning_only=match[2] is not None,
                )
        for pattern, rhythm in ((_BUILDING, "construction"), (_TERM_END, "term")):
            if found := pattern.search(sentence):
                yield CycleRule(line=line, level=level, rhythm=rhythm, words=found[0])


def _rhythms(words: str) -> list[str]:
    return [rhythm for rhythm, pattern in _RHYTHMS if pattern.search(words)]
