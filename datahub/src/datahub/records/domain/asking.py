"""Read a question about an entity's records, and refuse what it cannot mean, all at once.

A query parameter named after a field is a filter: ``major_code=440501``; repeated, any of the
values; with an operator behind the name, a range: ``grade_year.ge=2024``. Filters stand on fields
that have an index, so that no question reads a table whole; those of the college share one, which
knows values and no ranges: ``ext.hobby=围棋``. Of a list those are found that hold the value:
``teacher_nos=T001``. Source: contract
"HTTP" 2; our default for the operators.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from datahub.dictionary.domain.entity import EXT, Entity, Field, FieldType, is_ext
from datahub.dictionary.domain.masking import Masking
from datahub.dictionary.domain.seeing import Narrowing
from shared.errors import DomainError, ErrorKind

OPERATORS: Final = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
MAX_VALUES: Final = 500


class AskingInvalidError(DomainError):
    """A question that the entity's records cannot answer."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "query-invalid"
    title_zh: ClassVar = "查询条件有误"
    title_en: ClassVar = "The query is wrong"


class RecordNotFoundError(DomainError):
    """No live record has that key."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "record-not-found"
    title_zh: ClassVar = "没有这条记录"
    title_en: ClassVar = "No such record"


@dataclass(frozen=True, slots=True)
class Condition:
    """A field held against values; ``=`` means any of them."""

    field: Field
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Which records of an entity, and what of them."""

    entity: Entity
    fields: tuple[str, ...]
    """Names of the fields that are answered, in the order asked for."""

    conditions: tuple[Condition, ...] = ()
    descending: bool = False
    valid_on: date | None = None
    """Only records that are in force on this day."""

    seen: Narrowing | None = None
    """Only records that the reader sees by these; None for all."""

    masking: Masking | None = None
    """Which of their fields are told masked; None: none are."""


def read_asking(
    entity: Entity,
    filters: Iterable[tuple[str, str]],
    *,
    fields: str | None = None,
    descending: bool = False,
    valid_on: date | None = None,
    masking: Masking | None = None,
) -> Asking:
    """Build a question from its query parameters.

    Args:
        filters: parameters that are no others, by name, repeated as they came.
        fields: names of fields, separated by commas; all open ones when not given.
        masking: what is told masked cannot be asked about either, or it could be found by trying.

    Raises:
        AskingInvalidError: with every fault, by parameter.
    """
    faults: dict[str, list[str]] = {}
    hidden = masking.fields if masking is not None else frozenset()
    asking = Asking(
        entity=entity,
        fields=_fields(entity, fields, faults),
        conditions=tuple(_conditions(entity, filters, faults, hidden)),
        descending=descending,
        valid_on=valid_on,
        masking=masking,
    )
    if valid_on is not None and not entity.is_dated:
        faults["query.validOn"] = [f"{entity.zh}没有有效期 (records have no period of validity)"]
    if faults:
        names = [name.removeprefix("query.") for name in faults]
        raise AskingInvalidError(
            f"查询条件有误：{'、'.join(names)}",
            f"the query is wrong at {', '.join(names)}",
            fields=faults,
            fixes=[
                f"可用于筛选的字段 (fields to filter by): {', '.join(filterable(entity, hidden))}",
                f"运算符 (operators): {', '.join(f'.{name}' for name in OPERATORS)}",
            ],
        )
    return asking


def filterable(entity: Entity, hidden: Collection[str] = ()) -> list[str]:
    """Return the fields that have an index and may be asked about.

    Args:
        hidden: names of those that are told masked.
    """
    names = [each.name for each in entity.indexed if not each.is_closed]
    # Of an instant the index knows one of the many ways to write it.
    own = [name for name in entity.open_ext if entity.ext[name].type is not FieldType.TIMESTAMP]
    return [each for each in (*names, *(f"{EXT}.{name}" for name in own)) if each not in hidden]


def readable(entity: Entity) -> list[str]:
    """Return the fields that leave the hub; ``ext`` stands for those of the college."""
    names = [each.name for each in entity.fields.values() if not each.is_closed]
    return [*names, EXT] if entity.open_ext else names


def _fields(entity: Entity, wanted: str | None, faults: dict[str, list[str]]) -> tuple[str, ...]:
    names = readable(entity)
    if wanted is None:
        return tuple(names)
    names += [f"{EXT}.{name}" for name in entity.open_ext]
    asked = list(dict.fromkeys(name.strip() for name in wanted.split(",") if name.strip()))
    unknown = [name for name in asked if name not in names]
    if unknown or not asked:
        absent = ", ".join(unknown)
        faults["query.fields"] = [
            f"没有可读字段 {absent} (no readable field {absent})"
            if asked
            else "没有写出任何字段；要全部就不写 fields (it names no field; leave it out for all)",
            f"可用 (there are): {', '.join(names)}",
        ]
    return tuple(name for name in asked if name in names)


def _conditions(
    entity: Entity,
    filters: Iterable[tuple[str, str]],
    faults: dict[str, list[str]],
    hidden: Collection[str],
) -> list[Condition]:
    by_name: dict[str, list[str]] = {}
    for name, value in filters:
        by_name.setdefault(name, []).append(value)
    found = []
    for name, values in by_name.items():
        bare, suffix = _taken_apart(name)
        field = entity.find(bare)
        if field is None or bare not in filterable(entity, hidden):
            reasons = [f"不能按 {bare} 筛选 (records cannot be filtered by {bare})"]
        elif not (reasons := _refused(field, suffix, values)):
            found.append(Condition(field, OPERATORS.get(suffix, "="), tuple(values)))
        if reasons:
            faults[f"query.{name}"] = reasons
    return found


def _taken_apart(name: str) -> tuple[str, str]:
    """Return the name of a field, and the operator behind it."""
    prefix = f"{EXT}." if is_ext(name) else ""
    bare, _, suffix = name.removeprefix(prefix).partition(".")
    return prefix + bare, suffix


def _refused(field: Field, suffix: str, values: Sequence[str]) -> list[str]:
    reasons = []
    if suffix and suffix not in OPERATORS:
        reasons.append(f"未知的运算符 {suffix} (unknown operator {suffix})")
    elif suffix and is_ext(field.name):
        reasons.append("扩展字段只能按值筛选 (the college's fields are asked for values alone)")
    elif suffix and field.type is FieldType.LIST:
        reasons.append("列表只能按值筛选 (lists are asked for values alone)")
    if suffix and len(values) > 1:
        reasons.append("只能给一个值 (one value only)")
    if len(values) > MAX_VALUES:
        reasons.append(f"至多 {MAX_VALUES} 个值 (at most {MAX_VALUES} values)")
    wrong = [value for value in values if "\0" in value or not field.holds(value)]
    if wrong:
        reasons.append(
            f"{wrong[0]!r} 不是 {field.type.value} ({wrong[0]!r} is no {field.type.value})"
        )
    return reasons
