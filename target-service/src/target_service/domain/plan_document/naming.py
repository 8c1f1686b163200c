"""Units by the names that a plan gives them: 组织部 and 人事部 are both 组织人事部.

Known are the names that the hub tells; one that is not written out is taken for the only unit of
whose name it holds the characters in order, or which holds its characters in order.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from target_service.domain.plan_document.document import Column, PlanDocument
from target_service.domain.plan_document.words import parts_of

_JOINED: Final = re.compile(r"(?<=[部处办室)）])(?=二级学院|各|教师个人|学生个体)")
_OFFICE: Final = re.compile(r"(?:行政)?负责人$|(?:副)?(?:处长|主任|部长)$")
_LEAST: Final = 3
"""Characters of a name that can be told from others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A unit as the plan names it."""

    name: str
    lines: tuple[int, ...]
    unit: str | None
    """Key of the unit; None where none, or more than one, may be meant."""

    known_as: str | None = None
    """Its name where the plan writes another one."""


def parties_of(text: str) -> list[str]:
    """Return the units and people that a cell names, also those written together."""
    listed = (part for each in parts_of(text) for part in _JOINED.split(each))
    cleaned = (_balanced(each.removesuffix("等相关部门").strip()) for each in listed)
    return list(dict.fromkeys(each for each in cleaned if each))


def _balanced(text: str) -> str:
    while text.endswith((")", "）")) and sum(map(text.count, "(（")) < sum(map(text.count, ")）")):
        text = text[:-1]
    return text


def units_named(document: PlanDocument, units: Mapping[str, str]) -> list[Named]:
    """Return the units that a plan names, in the order of their first line.

    Args:
        units: name → key of every unit and alias that is known.
    """
    lines: dict[str, list[int]] = {}
    for name, line in _names(document):
        lines.setdefault(name, []).append(line)
    return [_named(name, tuple(dict.fromkeys(at)), units) for name, at in lines.items()]


def _names(document: PlanDocument) -> Iterable[tuple[str, int]]:
    for row in document.rows:
        for column in (Column.LEAD, Column.UNDERTAKERS):
            yield from ((each, row.line) for each in parties_of(row.text(column)))
    for body in document.bodies:
        for member in body.members:
            yield _OFFICE.sub("", member.party) or member.party, member.line


def _named(name: str, lines: tuple[int, ...], units: Mapping[str, str]) -> Named:
    if name in units:
        return Named(name=name, lines=lines, unit=units[name])
    like = [each for each in units if _holds(each, name) or _holds(name, each)]
    keys = {units[each] for each in like}
    if len(keys) != 1:
        return Named(name=name, lines=lines, unit=None)
    return Named(name=name, lines=lines, unit=keys.pop(), known_as=like[0])


def _holds(longer: str, shorter: str) -> bool:
    """Return whether a name has the characters of another one in order, the first one first."""
    if len(shorter) < _LEAST or len(longer) > len(shorter) * 2:
        return False
    if longer.startswith(shorter):
        return True
    rest = iter(longer)
    return all(each in rest for each in shorter) and longer[-1] == shorter[-1]
