"""The documents that a plan rests on (依据): titles in 《》, numbers like 教职成厅〔2015〕2号."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Final

from target_service.domain.plan_document.document import Citation
from target_service.domain.plan_document.words import squeeze

_NUMBER: Final = re.compile(
    r"([\u4e00-\u9fff]{2,12})\s*[〔\[【(（]\s*((?:19|20|21)\d\d)\s*[〕\]】)）]\s*(\d{1,4})\s*号"
)
_TITLED: Final = re.compile(r"《((?:[^《》]|《[^《》]*》)+)》")
_HALF: Final = re.compile(r"(?:^|[、，。])([\u4e00-\u9fff]{6,60}(?:（试行）)?)》")
_REACH: Final = 6
"""Characters between a title and its number: brackets, and blanks."""

_LONGEST_NUMBER: Final = 60

_DAY: Final = re.compile(r"^\s*((?:19|20|21)\d\d)\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日\s*$")
_BASED: Final = re.compile(r"根据|贯彻|依据|按照|遵照")


def read_citations(lines: Sequence[str]) -> list[Citation]:
    """Return what the paragraphs cite that say on what they rest; each document once."""
    found: dict[tuple[str, str | None], Citation] = {}
    for line, text in enumerate(lines, start=1):
        if _BASED.search(text) and "》" in text and "\t" not in text:
            for each in _of_paragraph(line, text):
                found.setdefault((each.title, each.number), each)
    return list(found.values())


def _of_paragraph(line: int, text: str) -> list[Citation]:
    matches = [*_TITLED.finditer(text)]
    covered = {position for each in matches for position in range(*each.span())}
    matches += [each for each in _HALF.finditer(text) if each.start(1) not in covered]
    return [
        Citation(line=line, title=squeeze(each[1]), number=_number_after(text, each.end()))
        for each in sorted(matches, key=lambda match: match.start())
    ]


def _number_after(text: str, end: int) -> str | None:
    match = _NUMBER.search(text, end, end + _REACH + _LONGEST_NUMBER)
    if match is None or match.start() > end + _REACH:
        return None
    return f"{match[1]}〔{match[2]}〕{match[3]}号"


def is_number(text: str) -> bool:
    """Return whether a text is the number of a document (文号)."""
    return _NUMBER.fullmatch(text.strip()) is not None


def read_number(lines: Sequence[str]) -> str | None:
    """Return the number of the plan itself: it stands alone on a line, before all else."""
    for line in lines[:40]:
        match = _NUMBER.fullmatch(line.strip())
        if match:
            return f"{match[1]}〔{match[2]}〕{match[3]}号"
    return None


def read_issue_day(lines: Sequence[str]) -> date | None:
    """Return the day of issue, the first that stands alone on a line."""
    for line in lines[:60]:
        match = _DAY.match(line)
        if match:
            with suppress(ValueError):  # there is no such day
                return date(int(match[1]), int(match[2]), int(match[3]))
    return None
