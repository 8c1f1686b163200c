"""Who holds the roles of a definition in a cycle. Source: design "The spiral" 5; our default."""

from collections.abc import Mapping, Sequence
from typing import Final

from spiral_service.domain.definitions.model import Definition, Role

_PERSONS: Final = ("teacher/", "student/")

Answering = tuple[str, str, str]
"""Scope, role and person."""


def bodies_of(definition: Definition) -> list[str]:
    """Return the bodies that roles of a definition name."""
    named = [each for role in definition.roles.values() for each in role.held_by]
    return sorted({each.removeprefix("body/") for each in named if each.startswith("body/")})


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
    found = {
        name: _holders(role, above, answering, heads) for name, role in definition.roles.items()
    }
    return {name: persons for name, persons in found.items() if persons}


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
