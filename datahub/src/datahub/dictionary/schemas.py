"""Answers of the dictionary."""

from pydantic import BaseModel, ConfigDict

from datahub.dictionary.domain.entity import Entity, FieldType, Privacy


class FieldOut(BaseModel):
    """A field (数据项) of an entity."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    zh: str
    en: str
    type: FieldType
    required: bool
    max_length: int | None
    """Characters."""

    code_set: str | None
    """Code set that the value comes from, where the type is ``code``."""

    values: list[str]
    """Words of an enumeration, where the type is ``enum``."""

    ref: str | None
    """Entity whose record key stands here."""

    privacy: Privacy
    """``sensitive`` and ``restricted`` fields do not leave the hub unasked."""


class EntitySummary(BaseModel):
    """An entity (实体), as lists show it."""

    entity: str
    zh: str
    en: str
    key: list[str]
    """Fields of the natural key, in order."""

    scope_kind: str | None
    """Kind of 诊改对象 that its records are; None where they are none."""


class EntityDetail(EntitySummary):
    """An entity with its fields."""

    fields: list[FieldOut]


def entity_summary(entity: Entity) -> EntitySummary:
    """Return an entity as lists show it."""
    return EntitySummary(
        entity=entity.name,
        zh=entity.zh,
        en=entity.en,
        key=list(entity.key),
        scope_kind=entity.scope.kind if entity.scope else None,
    )


def entity_detail(entity: Entity) -> EntityDetail:
    """Return an entity with its fields."""
    fields = [FieldOut.model_validate(each) for each in entity.fields.values()]
    return EntityDetail(**entity_summary(entity).model_dump(), fields=fields)
