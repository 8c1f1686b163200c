"""Which records of an entity somebody sees: those that count for a scope that he sees.

The dictionary says for which scopes the records of an entity count (`CountRule`), and that decides.
What counts for no scope is of the whole college, and open unless it tells of persons; so are the
records that make scopes whose names everybody may know. Source: `shared.access`; that a record is
seen by the scopes it counts for is our default.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.domain.privacy import Privacy
from shared.access.rules import OPEN, Kind


@dataclass(frozen=True, slots=True)
class Way:
    """A field that holds the key of a scope, and whose keys are seen."""

    field: str
    keys: tuple[str, ...]
    through: tuple[tuple[str, str], ...] = ()
    """Steps to the record that has the field: a reference, and the entity that it refers to."""


Narrowing = tuple[Way, ...]
"""A record is seen by any of these; by none of none."""


def narrowing_of(entity: Entity, dictionary: Dictionary, seen: Collection[str]) -> Narrowing | None:
    """Return by which fields records are seen; None where all of them are.

    Args:
        seen: scopes, with all that lies beneath them: a step to what is above is not needed where
            the record names something nearer itself.
    """
    return None if is_open(entity) else ways_of(entity, dictionary, seen)


def ways_of(entity: Entity, dictionary: Dictionary, seen: Collection[str]) -> Narrowing:
    """Return by which fields records count for scopes."""
    keys = _by_kind(seen)
    paths = {kind: path.split(".") for kind, path in entity.counts.scopes.items()}
    near = {kind: path for kind, path in paths.items() if len(path) == 1}
    return tuple(
        Way(path[-1], tuple(sorted(keys.get(kind, ()))), tuple(_steps(entity, path, dictionary)))
        for kind, path in (near or paths).items()
    )


def is_open(entity: Entity) -> bool:
    """Return whether everybody who may read records sees all of an entity."""
    if entity.scope is not None and entity.scope.kind in OPEN[Kind.NAME]:
        return True
    fields = entity.fields.values()
    is_of_persons = any(
        each.privacy.rank >= Privacy.PERSONAL.rank or each.refers_to in {"staff", "student"}
        for each in fields
    )
    return not entity.counts.scopes and not is_of_persons


def _by_kind(seen: Collection[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for scope in seen:
        kind, _, key = scope.partition("/")
        found.setdefault(kind, []).append(key)
    return found


def _steps(entity: Entity, path: list[str], dictionary: Dictionary) -> Iterator[tuple[str, str]]:
    at = entity
    for name in path[:-1]:
        yield next(each.name for each in at.fields.values() if each.ref == name), name
        at = dictionary.entities[name]
