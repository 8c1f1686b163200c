"""What is read of a record, and which records are meant, as SQL whose values are bound."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from datahub.dictionary.domain.entity import EXT, Entity, Field, FieldType, is_ext
from datahub.dictionary.domain.masking import COVER
from datahub.dictionary.tables import SQL_TYPES, ext_of
from datahub.records.domain.asking import Condition

_AS_JSON: Final[Mapping[FieldType, Callable[[str], str]]] = {
    FieldType.INTEGER: lambda text: str(int(text)),
    FieldType.DECIMAL: lambda text: str(Decimal(text)),
    FieldType.BOOLEAN: lambda text: text,
    FieldType.LIST: lambda text: json.dumps([text]),
}
"""How the text of a value is written in the column of the college's fields; else as a text."""


def column_sql(entity: Entity, name: str) -> str:
    """Return a field that is asked for, under its name."""
    if name == EXT:
        return ext_of(entity)
    if is_ext(name):
        own = name.removeprefix(f"{EXT}.")
        return f"nullif({EXT} -> '{own}', 'null') AS \"{name}\""
    return f'"{name}"'


def masked_sql(entity: Entity, name: str, hidden: Collection[str], clear: str) -> str:
    """Return a field that is asked for, masked in records that are not told unmasked.

    Args:
        hidden: names of the fields that are told masked.
        clear: condition of a record that is told unmasked.
    """
    column = column_sql(entity, name)
    if name == EXT:
        own = [f"'{each.removeprefix(f'{EXT}.')}'" for each in sorted(hidden) if is_ext(each)]
        if not own:
            return column
        value = column.removesuffix(f" AS {EXT}")
        rest = f"nullif({value} - ARRAY[{', '.join(own)}]::text[], '{{}}')"
        return f"CASE WHEN {clear} THEN {value} ELSE {rest} END AS {EXT}"
    if name not in hidden:
        return column
    field = entity.find(name)
    is_text = field is not None and field.type is FieldType.TEXT and not is_ext(name)
    value = column.removesuffix(f' AS "{name}"')
    cover = f"left({value}, 1) || '{COVER}'" if is_text else "NULL"
    return f'CASE WHEN {clear} THEN {value} ELSE {cover} END AS "{name}"'


def condition_sql(condition: Condition, entity: Entity, values: list[Any]) -> str:
    """Return what a record must hold; its values join the others."""
    field = condition.field
    if is_ext(field.name):
        return f"{EXT} @> ANY({bound(values, _held(field, condition.values), 'jsonb[]')})"
    column = "key" if entity.key == (field.name,) else f'"{field.name}"'
    kind = "text" if column == "key" else SQL_TYPES[field.type]
    texts = list(condition.values)
    if field.type is FieldType.LIST:
        return f"{column} && {bound(values, texts, 'text[]')}"
    if condition.operator == "=" and len(texts) > 1:
        return f"{column} = ANY({bound(values, texts, 'text[]')}::{kind}[])"
    return f"{column} {condition.operator} {bound(values, texts[0], 'text')}::{kind}"


def _held(field: Field, texts: Sequence[str]) -> list[str]:
    """Return what a record holds that has one of these values in a field of the college."""
    own = field.name.removeprefix(f"{EXT}.")
    writes = _AS_JSON.get(field.type)
    said = [writes(text) if writes else json.dumps(text) for text in texts]
    return [f'{{"{own}": {each}}}' for each in said]


def bound(values: list[Any], value: object, kind: str) -> str:
    """Bind a value; return its place."""
    values.append(value)
    return f"${len(values)}::{kind}"
