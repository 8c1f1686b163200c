"""JSON Schema of an entity's records, and of its extension fields, for those who read or fill them.

Source: JSON Schema 2020-12.
"""

from collections.abc import Mapping
from typing import Any, Final

from datahub.dictionary.domain.entity import EXT, Dictionary, Entity, Field, FieldType

_TYPES: Final[Mapping[FieldType, Mapping[str, Any]]] = {
    FieldType.TEXT: {"type": "string"},
    FieldType.INTEGER: {"type": "integer"},
    FieldType.DECIMAL: {"type": "number"},
    FieldType.BOOLEAN: {"type": "boolean"},
    FieldType.DATE: {"type": "string", "format": "date"},
    FieldType.TIMESTAMP: {"type": "string", "format": "date-time"},
    FieldType.CODE: {"type": "string"},
    FieldType.ENUM: {"type": "string"},
    FieldType.LIST: {"type": "array", "items": {"type": "string"}},
}


def ext_schema(entity: Entity, dictionary: Dictionary) -> dict[str, Any]:
    """Return the schema of the object ``ext``: nothing is required, nothing unknown is taken."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:helix8:ext:{entity.name}@{dictionary.version}",
        "title": entity.zh,
        "type": "object",
        "properties": {name: _property(each, dictionary) for name, each in entity.ext.items()},
        "additionalProperties": False,
    }


def record_schema(entity: Entity, dictionary: Dictionary) -> dict[str, Any]:
    """Return the schema of a record as it is read: what is open of it, and null for nothing.

    A code may be one that was retired since, so that sets are named and not listed; only the key
    is always there, for several sources may write one record bit by bit.
    """
    opened = {name: each for name, each in entity.fields.items() if not each.is_closed}
    shown = {
        name: _shown(each, dictionary, is_key=name in entity.key) for name, each in opened.items()
    }
    if entity.open_ext:
        own = {name: _shown(entity.ext[name], dictionary, is_key=False) for name in entity.open_ext}
        shown[EXT] = {"type": ["object", "null"], "properties": own, "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:helix8:entity:{entity.name}@{dictionary.version}",
        "title": entity.zh,
        "description": entity.en,
        "type": "object",
        "properties": shown,
        "required": [name for name in entity.key if name in opened],
    }


def _shown(each: Field, dictionary: Dictionary, *, is_key: bool) -> dict[str, Any]:
    told = _property(each, dictionary)
    if each.code_set is not None:
        del told["enum"]
    if is_key:
        return told
    if each.values:
        told["enum"] = [*each.values, None]
    return {**told, "type": [told["type"], "null"]}


def _property(each: Field, dictionary: Dictionary) -> dict[str, Any]:
    limits = {
        "description": each.en or None,
        "maxLength": each.max_length,
        "minimum": _number(each.min),
        "maximum": _number(each.max),
        "enum": list(each.values) or None,
        "x-ref": each.refers_to,
        "x-code-set": each.code_set,
    }
    if each.code_set is not None:
        limits["enum"] = sorted(dictionary.writable(each.code_set))
    said = {key: value for key, value in limits.items() if value is not None}
    return {"title": each.zh, **_TYPES[each.type], **said, "x-privacy": each.privacy.value}


def _number(limit: Any) -> int | float | None:
    if limit is None:
        return None
    return int(limit) if limit == int(limit) else float(limit)
