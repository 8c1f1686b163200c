"""The rules as data: how far each role sees, and what everybody sees who may read at all."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final


class Reach(StrEnum):
    """How far a role sees."""

    EVERYTHING = "everything"
    """Wherever it is held."""

    BENEATH = "beneath"
    """The scopes that it is held for, and all that lies beneath them."""

    HIS = "his"
    """As `BENEATH`, but never everything: who holds it everywhere sees himself."""


REACH: Final[Mapping[str, Reach]] = {
    "admin": Reach.EVERYTHING,
    "leader": Reach.EVERYTHING,
    "quality_office": Reach.EVERYTHING,
    "reader": Reach.EVERYTHING,
    "auditor": Reach.EVERYTHING,
    "unit_head": Reach.BENEATH,
    "major_lead": Reach.BENEATH,
    "course_lead": Reach.BENEATH,
    "student_affairs": Reach.EVERYTHING,
    "counsellor": Reach.HIS,
    "head_teacher": Reach.HIS,
    "teacher": Reach.HIS,
    "student": Reach.HIS,
    "body_member": Reach.HIS,
}
"""By role; one that is not here sees what a person sees of himself."""

CLEAR: Final = frozenset(
    {"admin", "unit_head", "student_affairs", "counsellor", "head_teacher", "teacher", "student"}
)
"""Roles to whom personal fields of the records that they see by it are told unmasked: those who
care for these people, or are them. Anybody else, and any system without the permission
``datahub:personal``, is told them masked. Sensitive and restricted ones are told to nobody so."""

SEES_ALL: Final = ("every-scope", "write")
"""Actions of a service whose holders are bound to no scope there."""


class Kind(StrEnum):
    """What rows are about, as far as that decides who sees them."""

    FIGURE = "figure"
    """Measured values, attainments, lines: figures without persons."""

    GOAL = "goal"
    """Goals and plans."""

    TASK = "task"
    """Tasks, their money, and the sheets that show them."""

    WORK = "work"
    """Cycles, corrections and diagnoses, alerts: what went wrong, and whose it was."""

    LESSON = "lesson"
    """What was learnt: the library is for all, but for what is about one person."""

    NAME = "name"
    """That there is such a scope, and what it is called."""


OPEN: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.FIGURE: frozenset({"school", "unit", "feed"}),
    Kind.GOAL: frozenset({"school", "unit"}),
    Kind.TASK: frozenset({"school"}),
    Kind.WORK: frozenset(),
    Kind.LESSON: frozenset({"school", "unit", "major", "course", "class", "group"}),
    Kind.NAME: frozenset({"school", "unit", "major", "course", "class", "group", "feed"}),
}
"""Kinds of scope of which everybody sees what he may read at all. The dictionary, the calendar,
definitions, standards and schemes are about no scope, and open as a whole."""


def is_open(kind: Kind, scope: str) -> bool:
    """Return whether everybody sees a row about a scope."""
    return scope.partition("/")[0] in OPEN[kind]


def is_among(seen: Collection[str], kind: Kind, scope: str, *more: str | None) -> bool:
    """Return whether a row is seen by who sees some scopes."""
    return is_open(kind, scope) or any(each in seen for each in (scope, *more) if each)
