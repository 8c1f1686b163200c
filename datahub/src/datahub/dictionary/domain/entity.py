"""Canonical entities and their fields, as the data files under ``entities/`` declare them.

Source: design "Data hub" 1; national dictionary 数字基座高职 V3.0.2 and JY/T 1001.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final


class FieldType(StrEnum):
    """How a field's value is kept."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    CODE = "code"
    ENUM = "enum"
    LIST = "list"


_READS: Final[Mapping[FieldType, Callable[[str], bool]]] = {
    FieldType.INTEGER: lambda text: -(1 << 63) <= int(text) < 1 << 63,
    FieldType.DECIMAL: lambda text: Decimal(text).is_finite(),
    FieldType.BOOLEAN: lambda text: text in {"true", "false"},
    FieldType.DATE: lambda text: date.fromisoformat(text).isoformat() == text,
    FieldType.TIMESTAMP: lambda text: datetime.fromisoformat(text).tzinfo is not None,
}


class Privacy(StrEnum):
    """Class of a field under the personal information law, from open to closed."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"
    RESTRICTED = "restricted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an entity."""

    name: str
    type: FieldType
    zh: str
    en: str = ""
    required: bool = False
    max_length: int | None = None
    """Characters."""

    min: Decimal | None = None
    max: Decimal | None = None
    code_set: str | None = None
    values: tuple[str, ...] = ()
    """The words of an enumeration."""

    ref: str | None = None
    """Entity whose record key stands in this field."""

    parent: bool = False
    """A record waits until the record it refers to exists."""

    index: bool = False
    """Readers filter by it; a key of one field and references are indexed anyway."""

    privacy: Privacy = Privacy.INTERNAL

    @property
    def is_closed(self) -> bool:
        """Whether the value leaves the hub only for a named purpose."""
        return self.privacy in {Privacy.SENSITIVE, Privacy.RESTRICTED}

    def holds(self, text: str) -> bool:
        """Return whether ``text`` is a value of this field, in the form in which it is kept."""
        try:
            return self._reads(text)
        except (ValueError, InvalidOperation):
            return False

    def _reads(self, text: str) -> bool:
        reads = _READS.get(self.type)
        if self.type is FieldType.ENUM:
            return text in self.values
        return reads is None or (text.isascii() and reads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRule:
    """How the records of an entity are 诊改对象."""

    kind: str
    name: str
    parents: Mapping[str, str] = field(default_factory=dict)
    """Field that holds the key of the parent, by the parent's scope kind."""

    owner: str | None = None
    """Field that names the person who answers for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A kind of record: its fields and its natural key."""

    name: str
    zh: str
    en: str
    key: tuple[str, ...]
    fields: Mapping[str, Field]
    scope: ScopeRule | None = None

    @property
    def parents(self) -> tuple[Field, ...]:
        """Fields whose record must exist first."""
        return tuple(each for each in self.fields.values() if each.parent)

    @property
    def indexed(self) -> tuple[Field, ...]:
        """Fields that records can be found by, cheaply."""
        return tuple(
            each
            for each in self.fields.values()
            if each.ref is not None or each.index or self.key == (each.name,)
        )


@dataclass(frozen=True, slots=True)
class Dictionary:
    """All entities and code sets of one version."""

    entities: Mapping[str, Entity]
    code_sets: Mapping[str, frozenset[str]]

    def problems(self) -> list[str]:
        """Return what contradicts itself; an empty list means the dictionary holds."""
        found: list[str] = []
        for entity in self.entities.values():
            found += self._problems_of(entity)
        return found

    def _problems_of(self, entity: Entity) -> list[str]:
        found = [
            f"{entity.name}: key field {name} is not declared"
            for name in entity.key
            if name not in entity.fields
        ]
        for each in entity.fields.values():
            place = f"{entity.name}.{each.name}"
            if each.ref is not None and each.ref not in self.entities:
                found.append(f"{place}: refers to unknown entity {each.ref}")
            if each.type is FieldType.CODE and each.code_set not in self.code_sets:
                found.append(f"{place}: unknown code set {each.code_set}")
            if each.type is FieldType.ENUM and not each.values:
                found.append(f"{place}: an enumeration without words")
        return found


def parse_entity(document: Mapping[str, Any]) -> Entity:
    """Build an entity from its data file; a missing or unknown key raises."""
    fields = {
        name: Field(
            name=name,
            type=FieldType(each["type"]),
            privacy=Privacy(each.get("privacy", "internal")),
            values=tuple(each.get("values", ())),
            min=_decimal(each.get("min")),
            max=_decimal(each.get("max")),
            **{key: each[key] for key in each.keys() - {"type", "privacy", "values", "min", "max"}},
        )
        for name, each in document["fields"].items()
    }
    scope = document.get("scope")
    return Entity(
        name=document["entity"],
        zh=document["zh"],
        en=document["en"],
        key=tuple(document["key"]),
        fields=fields,
        scope=ScopeRule(**scope) if scope else None,
    )


def record_key(parts: list[str]) -> str:
    """Join the parts of a natural key with ``/``; a ``/`` or ``%`` inside a part is escaped.

    A key of one part stands as it is: references hold it in that form too.
    """
    if len(parts) == 1:
        return parts[0]
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
