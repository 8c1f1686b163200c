"""Which fields of a record are told masked, and to whom not.

Public and internal fields are told to whoever sees the record. Personal ones are told unmasked to
who cares for the people that the record is about (`shared.access.rules.CLEAR`), else masked: of a
text its first character, of anything else nothing. What a person is called is told with the person:
who sees the scope knows its name. Sensitive and restricted fields are told to nobody unasked; see
`datahub.persons`. Source: design "Data hub" 7, "Security"; 个人信息保护法 §6 (no more than the
purpose needs); to whom, is our default.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from datahub.dictionary.domain.entity import EXT, Dictionary, Entity, Field, FieldType
from datahub.dictionary.domain.privacy import Privacy
from datahub.dictionary.domain.seeing import Narrowing, ways_of

COVER: Final = "**"
"""What stands for the rest of a text."""


@dataclass(frozen=True, slots=True)
class Masking:
    """What is told masked of records of an entity."""

    fields: frozenset[str]
    """Names; those of the college as ``ext.<name>``."""

    clear: Narrowing
    """Records that are seen by any of these are told unmasked."""


def masked_fields(entity: Entity) -> frozenset[str]:
    """Return the fields of an entity that are told masked to who does not see persons."""
    called = entity.scope.name if entity.scope is not None else None
    own = {name for name, each in entity.fields.items() if each.privacy is Privacy.PERSONAL}
    college = {
        f"{EXT}.{name}" for name, each in entity.ext.items() if each.privacy is Privacy.PERSONAL
    }
    return frozenset(own - {called} | college)


def clear_of(entity: Entity, dictionary: Dictionary, seen: Collection[str]) -> Narrowing:
    """Return by which fields records are told unmasked.

    Args:
        seen: scopes whose people are told so, with all that lies beneath them.
    """
    return ways_of(entity, dictionary, seen) if seen else ()


def mask(field: Field | None, value: Any) -> Any:
    """Return a value as it is told masked: a code would be told whole by its first character."""
    is_text = field is not None and field.type is FieldType.TEXT and isinstance(value, str)
    return f"{value[0]}{COVER}" if is_text and value else None


def masked(entity: Entity, document: dict[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """Return a document of an entity with these fields masked."""
    told = {
        name: mask(entity.find(name), value) if name in fields else value
        for name, value in document.items()
    }
    if isinstance(own := told.get(EXT), dict):
        told[EXT] = {
            name: mask(entity.ext.get(name), value) if f"{EXT}.{name}" in fields else value
            for name, value in own.items()
        }
    return told
