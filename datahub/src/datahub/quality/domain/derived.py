"""Rules that the dictionary already states: required, bounds, codes, references, validity.

They are made from each version of the dictionary that comes in force, so that a new entity has its
rules with its first record, and a changed field its changed rule. Source: design "Data hub" 1.
"""

from typing import Any, Final

from datahub.dictionary.domain.entity import VALIDITY, Entity, Field, FieldType

Document = dict[str, Any]
MOST: Final = 160
"""Characters of a name that are told: a college's labels may be longer than a rule's may be."""

_CODED: Final = frozenset({FieldType.CODE, FieldType.ENUM})
_NUMERIC: Final = frozenset({FieldType.INTEGER, FieldType.DECIMAL})


def derived_rules(entity: Entity) -> list[Document]:
    """Return the documents of the rules that an entity's declaration states.

    The natural key needs none: a row without it never becomes a record, and it is unique.
    """
    found: list[Document] = []
    for field in filter(None, map(entity.find, entity.names)):
        if field.required and field.name not in entity.key:
            found.append(_document(entity, field, "not_null", "必填", "is required"))
        bounds = {"min": field.min, "max": field.max}
        given = {name: f"{value:f}" for name, value in bounds.items() if value is not None}
        if given and field.type in _NUMERIC:
            found.append(
                _document(entity, field, "range", "取值范围", "lies in its range", **given)
            )
        if field.type in _CODED:
            found.append(_document(entity, field, "code_set", "代码", "is one of its codes"))
        if field.ref is not None:
            document = _document(entity, field, "reference", "引用的记录存在", "refers to a record")
            found.append({**document, "severity": "warning"})
    return [*found, *_validity(entity)]


def _validity(entity: Entity) -> list[Document]:
    """Return the rules about periods: in their order, and of one state at a time."""
    if not entity.is_dated:
        return []
    begin, end = VALIDITY
    order = _document(entity, entity.fields[end], "cross_field", "不早于起", "is after its start")
    del order["field"]
    found = [{**order, "left": end, "operator": "greater_than_or_equal_to", "right": begin}]
    if entity.state_of:
        alone = _document(
            entity, entity.fields[begin], "no_overlap", "各段不重叠", "does not overlap another"
        )
        del alone["field"]
        found.append({**alone, "by": list(entity.state_of), "from": begin, "to": end})
    return found


def _document(
    entity: Entity, field: Field, kind: str, zh: str, en: str, **more: object
) -> Document:
    called = f"{entity.zh} {field.zh}"[:MOST]
    named = f"{entity.en}: {field.en or field.name}"[:MOST]
    return {
        "rule": f"{entity.name}.{field.name}.{kind}",
        "entity": entity.name,
        "kind": kind,
        "field": field.name,
        "zh": f"{called}：{zh}",
        "en": f"{named} {en}",
        "severity": "error",
        **more,
    }
