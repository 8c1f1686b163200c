"""Which rows somebody gets to see: from the roles that he holds, and the scopes he holds them for.

The rules are data. `REACH` says how far a role sees from a scope that it is held for, `OPEN` what
everybody sees who may read at all. A service asks them in its queries, by its own table of scopes:
`narrowed` and `narrowed_sql` give the condition of a list, `is_seen` decides on one document, which
is not there for who does not see it. Who sees everything gets no condition at all.

Source: design "Roles and the page they land on", "Security"; how far each role sees and what is
open is our default.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Text, any_, cast, func, or_

from shared.kit.database import Transaction
from shared.kit.identity import EVERYWHERE, Caller
from shared.kit.sql import text

PERSON: Final = "person/"


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
    "teacher": Reach.HIS,
    "student": Reach.HIS,
    "body_member": Reach.HIS,
}
"""By role; one that is not here sees what a person sees of himself."""

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


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody sees who does not see everything."""

    himself: frozenset[str]
    """How scopes and owners name him."""

    roots: frozenset[str]
    """The scopes that he holds a role for, and himself."""

    known: list[list[str]] = field(default_factory=list, compare=False)
    """What lies beneath them, once it was looked up."""


def sight_of(caller: Caller, service: str) -> Sight | None:
    """Return what a caller sees in a service; None is everything.

    A system sees what it may read: its key says so. A person of whom no role is told sees himself.
    """
    is_person = caller.subject.startswith(PERSON)
    if not is_person or any(caller.may(f"{service}:{action}") for action in SEES_ALL):
        return None
    held = caller.holds | {(role, "") for role in caller.roles}
    if any(_sees_all(role, scope) for role, scope in held):
        return None
    own = caller.subject.removeprefix(PERSON)
    himself = frozenset({caller.subject, own, f"teacher/{own}", f"student/{own}"})
    return Sight(himself, himself | {scope for _, scope in held if "/" in scope})


def _sees_all(role: str, scope: str) -> bool:
    reach = REACH.get(role, Reach.HIS)
    is_whole = scope == EVERYWHERE or scope.startswith("school/")
    return reach is Reach.EVERYTHING or (reach is Reach.BENEATH and is_whole)


SEEN: Final = """
WITH RECURSIVE seen (scope) AS (
    SELECT unnest(CAST(:roots AS text[]))
    UNION
    SELECT s.scope FROM seen JOIN scope s ON s.parents @> ARRAY[seen.scope]
     WHERE seen.scope NOT LIKE 'student/%')
SELECT scope FROM seen ORDER BY scope
"""
"""Some scopes and all beneath them, by a service's own table; nothing lies beneath a student."""


async def seen_scopes(tx: Transaction) -> list[str] | None:
    """Return the scopes that the reader of a transaction sees; None for all."""
    sight: Sight | None = tx.sight
    if sight is None:
        return None
    if not sight.known:
        rows = await tx.session.scalars(text(SEEN), {"roots": sorted(sight.roots)})
        sight.known.append(list(rows))
    return sight.known[0]


async def narrowed(tx: Transaction, kind: Kind, *columns: Any) -> list[ColumnElement[bool]]:
    """Return what a list is narrowed by: any of these columns names a scope that is seen.

    Of the first column, open kinds of scope count too. Nothing for who sees everything.
    """
    seen = await seen_scopes(tx)
    if seen is None:
        return []
    ways = [column == any_(cast(seen, ARRAY(Text()))) for column in columns]
    if opened := sorted(OPEN[kind]):
        ways.append(func.split_part(columns[0], "/", 1).in_(opened))
    return [or_(*ways)]


async def narrowed_sql(
    tx: Transaction, kind: Kind, *columns: str, name: str = "seen"
) -> tuple[str, dict[str, Any]]:
    """Return the same as a condition with its values; ``true`` for who sees everything."""
    seen = await seen_scopes(tx)
    if seen is None:
        return "true", {}
    ways = [f"{column} = ANY(CAST(:{name} AS text[]))" for column in columns]
    ways.append(f"split_part({columns[0]}, '/', 1) = ANY(CAST(:{name}_open AS text[]))")
    return f"({' OR '.join(ways)})", {name: seen, f"{name}_open": sorted(OPEN[kind])}


async def is_seen(tx: Transaction, kind: Kind, scope: str, *more: str | None) -> bool:
    """Return whether a row about a scope is seen, or one of which somebody else answers for."""
    seen = await seen_scopes(tx)
    return seen is None or is_among(seen, kind, scope, *more)


def is_among(seen: Collection[str], kind: Kind, scope: str, *more: str | None) -> bool:
    """Return whether a row is seen by who sees some scopes."""
    is_open = scope.partition("/")[0] in OPEN[kind]
    return is_open or any(each in seen for each in (scope, *more) if each)
