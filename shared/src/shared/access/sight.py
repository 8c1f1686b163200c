"""What one caller sees, and the conditions that narrow what he is told."""

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Text, any_, cast, func, or_

from shared.access.families import PERMISSION, Closed, hidden_from
from shared.access.rules import CLEAR, OPEN, REACH, SEES_ALL, Kind, Reach, is_among
from shared.kit.database import Transaction
from shared.kit.identity import EVERYWHERE, Caller
from shared.kit.sql import text

PERSON: Final = "person/"

SEEN: Final = """
WITH RECURSIVE seen (scope) AS (
    SELECT unnest(CAST(:roots AS text[]))
    UNION
    SELECT s.scope FROM seen JOIN scope s ON s.parents @> ARRAY[seen.scope]
     WHERE seen.scope NOT LIKE 'student/%')
SELECT scope FROM seen ORDER BY scope
"""
"""Some scopes and all beneath them, by a service's own table; nothing lies beneath a student."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody sees who does not see everything."""

    himself: frozenset[str]
    """How scopes and owners name him."""

    roots: frozenset[str]
    """The scopes that he holds a role for, and himself."""

    beneath: str = SEEN
    """The statement that finds what lies beneath ``:roots``."""

    known: list[list[str]] = field(default_factory=list, compare=False)
    """What lies beneath them, once it was looked up."""


def sight_of(caller: Caller, service: str, seen: str = SEEN) -> Sight | None:
    """Return what a caller sees in a service; None is everything.

    Args:
        seen: the statement that finds what lies beneath ``:roots`` in the service's own table.

    A system sees what it may read: its key says so. A person of whom no role is told sees himself.
    """
    is_person = caller.subject.startswith(PERSON)
    if not is_person or any(caller.may(f"{service}:{action}") for action in SEES_ALL):
        return None
    held = caller.holds | {(role, "") for role in caller.roles}
    if any(_sees_all(role, scope) for role, scope in held):
        return None
    himself = names_of(caller)
    return Sight(himself, himself | {scope for _, scope in held if "/" in scope}, seen)


def clear_sight_of(caller: Caller, service: str, seen: str = SEEN) -> Sight | None:
    """Return of whom a caller is told personal fields unmasked; None is everybody.

    A system is told them by the permission ``<service>:personal``, a person by a role of `CLEAR`,
    of those whom he sees by that role; and of himself.
    """
    if caller.may(f"{service}:personal"):
        return None
    if not caller.subject.startswith(PERSON):
        return Sight(frozenset(), frozenset(), seen)
    held = {
        pair for pair in caller.holds | {(role, "") for role in caller.roles} if pair[0] in CLEAR
    }
    if any(_sees_all(role, scope) for role, scope in held):
        return None
    himself = names_of(caller)
    return Sight(himself, himself | {scope for _, scope in held if "/" in scope}, seen)


def names_of(caller: Caller) -> frozenset[str]:
    """Return how scopes and owners name a caller."""
    own = caller.subject.removeprefix(PERSON)
    return frozenset({caller.subject, own, f"teacher/{own}", f"student/{own}"})


def _sees_all(role: str, scope: str) -> bool:
    reach = REACH.get(role, Reach.HIS)
    is_whole = scope == EVERYWHERE or scope.startswith("school/")
    return reach is Reach.EVERYTHING or (reach is Reach.BENEATH and is_whole)


def closed_to(caller: Caller) -> Closed | None:
    """Return what is closed to a caller; None where nothing is."""
    roles = caller.roles | {role for role, _ in caller.holds}
    hidden = hidden_from(roles, permitted=caller.may(PERMISSION))
    return Closed(hidden, names_of(caller)) if hidden else None


async def seen_scopes(tx: Transaction) -> list[str] | None:
    """Return the scopes that the reader of a transaction sees; None for all."""
    sight: Sight | None = tx.sight
    if sight is None:
        return None
    if not sight.known:
        rows = await tx.session.scalars(text(sight.beneath), {"roots": sorted(sight.roots)})
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
