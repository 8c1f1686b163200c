"""Entities and fields as data files and a college's own part declare them.

Source: our default; what they mean says `entity`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from datahub.dictionary.domain.entity import (
    AppointRule,
    CountRule,
    Entity,
    Field,
    FieldType,
    KeysOf,
    ScopeRule,
    ValueLabel,
)
from datahub.dictionary.domain.privacy import Privacy


def parse_entity(document: Mapping[str, Any]) -> Entity:
    """Build an entity from its data file; a missing or unknown key raises."""
    appoints = document.get("appoints")
    return Entity(
        name=document["entity"],
        zh=document["zh"],
        en=document["en"],
        key=tuple(document["key"]),
        fields={name: parse_field(name, each) for name, each in document["fields"].items()},
        scope=_parse_scope(document["scope"]) if document.get("scope") else None,
        appoints=AppointRule(**appoints) if appoints else None,
        counts=CountRule(**document.get("counts", {})),
        systems=tuple(document.get("systems", ())),
        rhythm=document.get("rhythm", ""),
        levels=tuple(document.get("levels", ())),
        national=tuple(document.get("national", ())),
        is_raw=document.get("raw", False),
    )


def _parse_scope(document: Mapping[str, Any]) -> ScopeRule:
    """Read a rule; a dictionary that was shipped before names one owner and no role."""
    rule = {name: value for name, value in document.items() if name != "owner"}
    if "owner" in document:
        rule["owners"] = {"owner": document["owner"]}
    return ScopeRule(**{**rule, "tags": tuple(rule.get("tags", ()))})


def parse_field(name: str, document: Mapping[str, Any]) -> Field:
    """Build a field from its declaration; a missing or unknown key raises."""
    plain = document.keys() - {"type", "privacy", "values", "min", "max", "keys_of"}
    keys_of = dict(document.get("keys_of", {}))
    values = [_parse_value(each) for each in document.get("values", ())]
    return Field(
        name=name,
        type=FieldType(document["type"]),
        privacy=Privacy(document.get("privacy", "internal")),
        values=tuple(value for value, _ in values),
        labels={value: label for value, label in values if label is not None},
        min=_decimal(document.get("min")),
        max=_decimal(document.get("max")),
        keys_of=KeysOf(by=keys_of.pop("by"), entities=keys_of) if keys_of else None,
        **{key: document[key] for key in plain},
    )


def _parse_value(value: str | Mapping[str, str]) -> tuple[str, ValueLabel | None]:
    """Read a word of an enumeration; a dictionary that was shipped before has no labels."""
    if isinstance(value, str):
        return value, None
    return value["value"], ValueLabel(value["zh"], value["en"])


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
