"""The bodies of a plan (机构): a heading, then 组长, 副组长, 组员 or 成员, and 职责.

A heading of a group of bodies has nothing of its own beneath it and is no body.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from target_service.domain.plan_document.document import Body, Duty, Member, Place
from target_service.domain.plan_document.words import squeeze

_SECTION: Final = re.compile(r"\s*[一二三四五六七八九十]+、\s*(.*)")
_HEADING: Final = re.compile(r"\s*(?:[(（]\s*\d+\s*[)）]|\d+\s*[.．、])\s*(\S.*)")
_FIELD: Final = re.compile(r"\s*(副\s*组\s*长|组\s*长|组\s*员|成\s*员|职\s*责)\s*[:：]\s*(.*)")
_PLACES: Final = {
    "组长": Place.HEAD,
    "副组长": Place.DEPUTY,
    "组员": Place.MEMBER,
    "成员": Place.MEMBER,
}
_BODIES: Final = re.compile(r"组(?:人员)?组成|机构|工作组|组织架构|人员组成")
_LISTED: Final = re.compile(r"[、，,；;\n]")
_SHARED: Final = re.compile(r"^(.+?)(负责人|主任|处长|院长)$")
_SENTENCES: Final = re.compile(r"[；;。\n]")


@dataclass(slots=True)
class _Draft:
    line: int
    title: str
    members: list[Member] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    open: str = ""
    """The field that a wrapped line goes on with."""


def read_bodies(lines: Sequence[str]) -> list[Body]:
    """Return the bodies of the section that tells who is in them."""
    drafts: list[_Draft] = []
    for line, text in _section(lines):
        match = _FIELD.match(text)
        heading = _HEADING.match(text)
        if match and drafts:
            drafts[-1].open = squeeze(match[1]).replace(" ", "")
            _add(drafts[-1], line, match[2])
        elif heading:
            drafts.append(_Draft(line, squeeze(heading[1])))
        elif drafts and drafts[-1].open and text.strip():
            _add(drafts[-1], line, text)
    return [
        Body(
            line=each.line,
            title=each.title,
            members=tuple(each.members),
            duties=tuple(each.duties),
        )
        for each in drafts
        if each.members or each.duties
    ]


def _section(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines of the last section whose heading speaks of who is in the bodies."""
    headings = [
        number for number, line in enumerate(lines) if (found := _SECTION.match(line)) and found[1]
    ]
    chosen = [number for number in headings if _BODIES.search(lines[number])]
    if chosen:
        first = chosen[-1]
        last = next((number for number in headings if number > first), len(lines))
        yield from enumerate(lines[first + 1 : last], start=first + 2)


def _add(draft: _Draft, line: int, text: str) -> None:
    if draft.open == "职责":
        draft.duties += [Duty(line, each) for each in duties_listed(text)]
    else:
        place = _PLACES[draft.open]
        draft.members += [Member(line, place, each) for each in parties_listed(text)]


def duties_listed(text: str) -> list[str]:
    """Return the duties that a text tells, one a sentence."""
    return [told for each in _SENTENCES.split(text) if (told := squeeze(each))]


def parties_listed(text: str) -> list[str]:
    """Return who is listed; what stands once for all of them, behind the last, is theirs too."""
    whole = squeeze(text).rstrip("。；;.")
    held = re.sub(r"[(（][^()（）]*[)）]", lambda found: found[0].replace("、", "\0"), whole)
    parties: list[str] = []
    for group in re.split(r"[，,\n]", held):
        names = [each.replace("\0", "、") for each in _LISTED.split(group) if each]
        shared = _SHARED.match(names[-1]) if len(names) > 1 else None
        if shared and "二级学院" not in names[-1]:
            names = [*(f"{each}{shared[2]}" for each in names[:-1]), names[-1]]
        parties += names
    return parties
