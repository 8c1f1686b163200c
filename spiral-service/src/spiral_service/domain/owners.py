"""Who holds the roles of a definition in a cycle. Source: design "The spiral" 5; our default."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from spiral_service.domain.definitions.model import Definition, Role

_PERSONS: Final = ("teacher/", "student/")

Answering = tuple[str, str, str]
"""Scope, role and person."""

EVERYWHERE: Final = "*"
"""As the scope of a role that somebody holds everywhere: it is held where all lies in, the school,
or after every scope where none is above."""

_WORDS: Final[Mapping[str, Sequence[str]]] = {
    "leader": ("school_leader",),
    "unit_head": ("unit_head", "unit_deputy", "quality_officer"),
    "quality_office": ("quality_officer",),
    "major_lead": ("major_lead",),
    "course_lead": ("course_lead",),
    "head_teacher": ("head_teacher",),
    "counsellor": ("counsellor",),
    "teacher": ("class_teacher", "co_teacher"),
}
"""By role of the gateway in which capacities somebody answers for a scope by it, the usual one
first; other roles make nobody answer for anything. Source: posts of the gateway; our default."""


LEADING: Final = ("leader", "unit_head", "quality_office")
"""Roles of the gateway by which somebody leads a scope and all beneath it. Source: our default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A role that somebody holds by a grant, a body, or a loan (委托)."""

    scope: str
    """`EVERYWHERE` of one that is held everywhere."""

    role: str
    """Of the gateway."""

    person: str
    lender: str
    """Whom he stands in for; empty where he does for nobody."""


def bodies_of(definition: Definition) -> list[str]:
    """Return the bodies that roles of a definition name."""
    named = [each for role in definition.roles.values() for each in role.held_by]
    return sorted({each.removeprefix("body/") for each in named if each.startswith("body/")})


def with_grants(answering: Sequence[Answering], grants: Iterable[Granted]) -> list[Answering]:
    """Return who answers for scopes by post, and those who do by grants and loans.

    A loan makes somebody answer beside its lender, in the capacities that the lender has there.
    """
    found = list(answering)
    loans = []
    for each in grants:
        if each.lender:
            loans.append(each)
        elif words := _WORDS.get(each.role):
            found.append((each.scope, words[0], each.person))
    # What was granted can be lent, what was lent cannot.
    return [*found, *(one for loan in loans for one in _lent(loan, found))]


def _lent(loan: Granted, answering: Sequence[Answering]) -> list[Answering]:
    words = _WORDS.get(loan.role, ())
    own = [
        (scope, word, loan.person)
        for scope, word, person in answering
        if person == loan.lender and word in words and loan.scope in {scope, EVERYWHERE}
    ]
    return own or [(loan.scope, word, loan.person) for word in words[:1]]


def resolve(
    definition: Definition,
    above: Sequence[str],
    answering: Sequence[Answering],
    heads: Mapping[str, Sequence[str]],
) -> dict[str, list[str]]:
    """Return by role who holds it; a role that nobody holds is left out.

    Args:
        above: the scope of the cycle and those above it, the nearest first.
        answering: who answers for these scopes.
        heads: by body who is at its head.
    """
    places, known = _placed(above, answering)
    found = {name: _holders(role, places, known, heads) for name, role in definition.roles.items()}
    return {name: persons for name, persons in found.items() if persons}


def _placed(
    above: Sequence[str], answering: Sequence[Answering]
) -> tuple[list[str], list[Answering]]:
    """Return where roles may be held, with those who hold theirs everywhere put where all lies."""
    top = next((each for each in above if each.startswith("school/")), EVERYWHERE)
    places = [*above] if top in above else [*above, top]
    return places, [
        (top if scope == EVERYWHERE else scope, word, person) for scope, word, person in answering
    ]


def _holders(
    role: Role,
    above: Sequence[str],
    answering: Sequence[Answering],
    heads: Mapping[str, Sequence[str]],
) -> list[str]:
    for scope in above:
        for word in role.held_by:
            there = [person for at, held, person in answering if (at, held) == (scope, word)]
            if word == "self" and scope == above[0] and scope.startswith(_PERSONS):
                there.append(scope)
            there += heads.get(word.removeprefix("body/"), ()) if word.startswith("body/") else ()
            if there:
                return sorted(set(there))
    return []
