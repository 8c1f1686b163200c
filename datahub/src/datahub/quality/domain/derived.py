"""Rules that the dictionary already states: required, bounds, codes, references.

They are made from each version of the dictionary that comes in force, so that a new entity has its
rules with its first record, and a changed field its changed rule. Source: design "Data hub" 1.
"""

from typing import Any, Final

from datahub.dictionary.domain.entity import Entity, Field, FieldType

Document = dict[str, Any]
_CODED: Final = frozenset({FieldType.CODE, FieldType.ENUM})


def derived_rules(entity: Entity) -> list[Document]:
    """Return the documents of the rules that an entity's declaration states.

    The natural key needs none: a row without it never becomes a record, and it is unique.
    """
    found: list[Document] = []
    for field in entity.fields.values():
        if field.required and field.name not in entity.key:
            found.append(_document(entity, field, "not_null", "必填", "is required"))
        if field.min is not None or field.max is not None:
            bounds = {"min": field.min, "max": field.max}
            given = {name: f"{value:f}" for name, value in bounds.items() if value is not None}
            found.append(
                _document(entity, field, "range", "取值范围", "lies in its range", **given)
            )
        if field.type in _CODED:
            found.append(_document(entity, field, "code_set", "代码", "is one of its codes"))
        if field.ref is not None:
            document = _document(entity, field, "reference", "引用的记录存在", "refers to a record")
            found.append({**document, "severity": "warning"})
    return found


def _document(
    entity: Entity, field: Field, kind: str, zh: str, en: str, **more: object
) -> Document:
    return {
        "rule": f"{entity.name}.{field.name}.{kind}",
        "entity": entity.name,
        "kind": kind,
        "field": field.name,
        "zh": f"{entity.zh} {field.zh}：{zh}",
        "en": f"{entity.en}: {field.en or field.name} {en}",
        "severity": "error",
        **more,
    }
