"""Which records are about a person, and which of them are kept when he is erased.

Source: 个人信息保护法 §47 (erasure, but for what the law asks to keep); what is kept is data.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.domain.privacy import Privacy

OWN = {"student": "student", "teacher": "staff"}
"""The entity of a person, by the kind of his scope."""


@dataclass(frozen=True, slots=True)
class About:
    """Records of one entity that are about a person."""

    entity: Entity
    fields: tuple[str, ...]
    """Fields that hold his number; of his own record its key."""

    basis: str
    """Why they are kept; empty: they are deleted."""

    @property
    def blanked(self) -> tuple[str, ...]:
        """Return the fields that are emptied where records are kept; none that the key needs."""
        return tuple(
            name
            for name, field in self.entity.fields.items()
            if field.privacy.rank >= Privacy.PERSONAL.rank
            and name not in self.entity.key
            and name not in self.fields
        )


def about_persons(
    dictionary: Dictionary, kind: str, holds: Mapping[str, Mapping[str, Any]]
) -> Iterator[About]:
    """Yield the entities that hold records about persons of a kind.

    Of staff only what is about the person alone: that he taught a class is about the class.
    """
    own = OWN[kind]
    held = holds.get(own, {})
    for entity in dictionary.entities.values():
        if entity.name == own:
            fields: tuple[str, ...] = entity.key
        elif own == "student" and not entity.is_raw:
            fields = tuple(name for name, each in entity.fields.items() if each.ref == own)
        else:
            fields = ()
        if fields:
            is_kept = entity.name in held.get("entities", ())
            yield About(entity, fields, held["basis"] if is_kept else "")
