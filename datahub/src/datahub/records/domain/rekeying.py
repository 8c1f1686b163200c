"""A record gets another key: what may be said, whom it reaches, and when it is refused.

Source: contract "HTTP" 3 (``rekey``); our default for the rest; ADR 19.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from datahub.dictionary.domain.entity import (
    DOT_SEGMENT,
    EXT,
    Dictionary,
    Entity,
    Field,
    FieldType,
    record_key,
)
from datahub.ingest.domain.rekeying import parts_of
from shared.errors import DomainError, ErrorKind


class RekeyInvalidError(DomainError):
    """A key that a record of this entity cannot have."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "rekey-invalid"
    title_zh: ClassVar = "新主键有误"
    title_en: ClassVar = "The new key is wrong"


class KeyTakenError(DomainError):
    """Another record has the new key: two records do not become one."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "key-taken"
    title_zh: ClassVar = "新主键已有记录"
    title_en: ClassVar = "The new key is taken"


class RecordRekeyedError(DomainError):
    """The record that had this key has another one now."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "record-rekeyed"
    title_zh: ClassVar = "记录的主键已变更"
    title_en: ClassVar = "The record has another key now"

    def __init__(self, entity: Entity, key: str, new_key: str) -> None:
        super().__init__(
            f"{entity.zh} {key} 的主键现在是 {new_key}",
            f"{entity.name} {key} has the key {new_key} now",
            fixes=[f"GET /api/datahub/v1/records/{entity.name}/{new_key}"],
            location=f"/v1/records/{entity.name}/{new_key}",
        )


@dataclass(frozen=True, slots=True)
class Follower:
    """A field of other records in which the key stands."""

    entity: Entity
    field: Field
    place: int | None
    """Which part of their own key it is, from 0; None where it is none: they keep theirs."""

    words: tuple[str, ...] = ()
    """What the field must say by which it is known whose keys these are; empty: always."""

    @property
    def name(self) -> str:
        """Return the name of the field, as feeds write it."""
        return f"{EXT}.{self.field.name}" if self.is_own else self.field.name

    @property
    def is_own(self) -> bool:
        """Whether the college added the field."""
        return self.field.name in self.entity.ext

    @property
    def is_list(self) -> bool:
        """Whether it holds many keys."""
        return self.field.type is FieldType.LIST

    @property
    def is_moved(self) -> bool:
        """Whether the records get another key, too."""
        return self.place is not None


def followers(dictionary: Dictionary, name: str) -> Iterator[Follower]:
    """Yield the fields that hold keys of an entity."""
    for entity in dictionary.entities.values():
        if entity.is_raw:
            # What was said in an event stays as it was said; its totals follow.
            continue
        for field in (*entity.fields.values(), *entity.ext.values()):
            if field.refers_to == name:
                place = entity.key.index(field.name) if field.name in entity.key else None
                yield Follower(entity, field, place)
            elif field.keys_of is not None and (words := field.keys_of.words(name)):
                yield Follower(entity, field, None, words)


def reached(dictionary: Dictionary, name: str) -> set[str]:
    """Return the entities whose records may change with the key of one, itself among them."""
    found = {name}
    waiting = [name]
    while waiting:
        for each in followers(dictionary, waiting.pop()):
            if each.is_moved and each.entity.name not in found:
                waiting.append(each.entity.name)
            found.add(each.entity.name)
    return found


def read_key(
    dictionary: Dictionary, entity: Entity, key: str, given: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """Return the new key of a record, and the fields of it that differ.

    Args:
        given: fields of the key; those that are absent stay.

    Raises:
        RekeyInvalidError: with every fault.
    """
    parts = dict(zip(entity.key, parts_of(key, len(entity.key)), strict=True))
    faults = {
        f"$.key.{name}": reasons
        for name, text in given.items()
        if (reasons := _refused(dictionary, entity, name, text))
    }
    if faults:
        names = "、".join(name.removeprefix("$.key.") for name in faults)
        raise RekeyInvalidError(
            f"新主键有误：{names}",
            f"the new key is wrong at {names}",
            fields=faults,
            fixes=[f"{entity.zh}的主键 (the key): {', '.join(entity.key)}"],
        )
    after = {**parts, **given}
    changed = {name: text for name, text in after.items() if text != parts[name]}
    return record_key([after[name] for name in entity.key]), changed


def _refused(dictionary: Dictionary, entity: Entity, name: str, text: str) -> Sequence[str]:
    if name not in entity.key:
        return [f"不是{entity.zh}的主键字段 (no field of the key)"]
    field = entity.fields[name]
    reasons = []
    if not text.strip() or text != text.strip() or not text.isprintable():
        reasons.append("不能为空，首尾不能有空白，不能有控制字符 (blank, or not to be printed)")
    if re.search(DOT_SEGMENT, text):
        reasons.append("以 / 分开的段不能是 . 或 .. (no part between / is . or ..)")
    if not field.holds(text):
        reasons.append(f"不是 {field.type.value} (not a value of this field)")
    if field.max_length is not None and len(text) > field.max_length:
        reasons.append(f"至多 {field.max_length} 字符 (too long)")
    if field.code_set is not None and text not in dictionary.writable(field.code_set):
        reasons.append(f"不在代码集 {field.code_set} 中 (not in the code set)")
    return reasons


def check_free(entity: Entity, taken: Sequence[str]) -> None:
    """Refuse keys that other records have.

    Raises:
        KeyTakenError: some are taken.
    """
    if taken:
        keys = "、".join(taken)
        remedy = "核对哪一条有误：删除它，再变更主键 (delete the one that is wrong, then ask again)"
        raise KeyTakenError(
            f"{entity.zh}已有记录 {keys}；两条记录不会合并，未作修改",
            f"{entity.name} has records {keys} already; nothing was changed",
            fixes=[remedy],
        )
