"""Does a dictionary hold together? Every fault and warning at once, with place and remedy.

What contradicts the dictionary itself is a fault, and so is whatever the college wrote; what a
standard brings along that the college cannot mend (a successor that the standard does not list)
is a warning. Source: design "Data hub" 1; the dirty dictionaries seen on campuses (blank rows,
label = code, codes twice).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from datahub.dictionary.domain.code_set import Code, CodeSet
from datahub.dictionary.domain.entity import Dictionary, Entity, Field, FieldType

OWN_SET: Final = "own_"
"""What the id of a college's own code set begins with: no upgrade can bring one of that name."""

RESERVED: Final = frozenset(
    {"key", "ext", "raw", "version", "observed", "seen", "batch", "line", "deleted_at"}
)
"""Columns that every table of records has."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and what to do about it."""

    place: str
    reason: str
    remedy: str
    is_warning: bool = False


def problems(dictionary: Dictionary) -> list[Problem]:
    """Return what contradicts itself; without a fault among them the dictionary holds."""
    found: list[Problem] = []
    for code_set in dictionary.code_sets.values():
        found += _of_code_set(code_set)
    for entity in dictionary.entities.values():
        found += _of_entity(entity, dictionary)
    for table in dictionary.tables.values():
        found += [
            Problem(
                f"tables.{table.name}.{each.field}",
                f"未知的代码集 {each.code_set} (unknown code set)",
                "补上该代码集 (add the code set)",
            )
            for each in table.elements.values()
            if each.code_set is not None and each.code_set not in dictionary.code_sets
        ]
    return found


def faults(found: Sequence[Problem]) -> dict[str, list[str]]:
    """Return what must not be published, by place: reason, then remedy."""
    places: dict[str, list[str]] = {}
    for each in found:
        if not each.is_warning:
            places.setdefault(f"$.{each.place}", []).append(f"{each.reason} → {each.remedy}")
    return places


def _of_code_set(code_set: CodeSet) -> Iterator[Problem]:
    place = f"code_sets.{code_set.id}"
    if not code_set.zh.strip():
        yield Problem(place, "名称为空 (a blank label)", "填写 zh (give zh)")
    if code_set.valid_from and code_set.valid_to and code_set.valid_to <= code_set.valid_from:
        yield _backwards(place)
    for code in code_set.codes.values():
        for problem in _of_code(f"{place}.codes.{code.code}", code, code_set):
            yield Problem(problem.place, problem.reason, problem.remedy, not code.own)


def _of_code(place: str, code: Code, code_set: CodeSet) -> Iterator[Problem]:
    if not code.code.strip():
        yield Problem(place, "代码为空 (a blank code)", "删去该行 (remove the row)")
    if not code.zh.strip():
        yield Problem(place, "名称为空 (a blank label)", "填写 zh (give zh)")
    elif code.zh.strip() == code.code:
        yield Problem(
            place, "名称等于代码 (the label is the code)", "填写真正的名称 (give its name)"
        )
    if code.valid_from and code.valid_to and code.valid_to <= code.valid_from:
        yield _backwards(place)
    for each in code.successors:
        if each not in code_set.codes:
            yield Problem(
                f"{place}.successors",
                f"承接代码 {each} 不在代码集中 (the successor is not in the set)",
                "增加该代码，或改正 successors (add the code, or mend the successors)",
            )
    if code.code in code_set.successors(code.code) or code.code in code.successors:
        yield Problem(
            f"{place}.successors",
            "承接关系成环 (the chain of successors is a circle)",
            "去掉其中一环 (take one link out)",
        )


def _backwards(place: str) -> Problem:
    return Problem(
        place,
        "valid_to 不晚于 valid_from (it ends before it begins)",
        "改正日期 (mend the dates)",
    )


def _of_entity(entity: Entity, dictionary: Dictionary) -> Iterator[Problem]:
    place = f"entities.{entity.name}"
    for name in entity.key:
        if name not in entity.fields:
            yield Problem(
                place,
                f"主键字段 {name} 未声明 (the key field is not declared)",
                "声明该字段 (declare the field)",
            )
    for name in entity.national:
        if name not in dictionary.tables:
            yield Problem(
                place,
                f"未知的国家标准表 {name} (unknown national table)",
                "改正 national (mend national)",
            )
    for each in entity.fields.values():
        yield from _of_field(f"{place}.fields.{each.name}", each, dictionary)
    for each in entity.ext.values():
        yield from _of_field(f"{place}.ext.{each.name}", each, dictionary)
        if each.name in entity.fields:
            yield Problem(
                f"{place}.ext.{each.name}",
                "与实体自身的字段同名 (the entity has a field of that name)",
                "换一个名字，或使用已有字段 (choose another name, or use that field)",
            )


def _of_field(place: str, each: Field, dictionary: Dictionary) -> Iterator[Problem]:
    if not each.zh.strip():
        yield Problem(place, "名称为空 (a blank label)", "填写 zh (give zh)")
    if each.name in RESERVED:
        yield Problem(
            place,
            f"{each.name} 是系统列名 (a column that every record has)",
            "换一个名字 (choose another name)",
        )
    yield from _of_reference(place, each, dictionary)
    if each.keys_of is not None:
        yield from _of_keys(place, each.keys_of.entities.values(), dictionary)
    if each.type is not FieldType.CODE and each.code_set is not None:
        yield Problem(
            place,
            f"{each.type} 类型没有代码集 (only a code has a code set)",
            "改用 type = code，或去掉 code_set (use type code, or take code_set away)",
        )
    if each.type is FieldType.CODE and each.code_set not in dictionary.code_sets:
        yield Problem(
            place,
            f"未知的代码集 {each.code_set} (unknown code set)",
            "改正 code_set，或先建代码集 (mend code_set, or add the set)",
        )
    if each.type is FieldType.ENUM and not each.values:
        yield Problem(
            place, "枚举没有取值 (an enumeration without words)", "填写 values (give values)"
        )
    if each.min is not None and each.max is not None and each.max < each.min:
        yield Problem(place, "max 小于 min (max is below min)", "改正上下限 (mend the limits)")


def _of_reference(place: str, each: Field, dictionary: Dictionary) -> Iterator[Problem]:
    if each.refers_to is not None and each.refers_to not in dictionary.entities:
        yield Problem(
            place,
            f"引用了未知实体 {each.refers_to} (refers to an unknown entity)",
            "改正 ref 或 refs (mend ref or refs)",
        )
    if (each.ref if each.type is FieldType.LIST else each.refs) is not None:
        yield Problem(
            place,
            "列表的引用写作 refs，其他类型写作 ref (a list refers by refs, any other type by ref)",
            "改用另一个 (write the other one)",
        )


def _of_keys(place: str, names: Iterable[str], dictionary: Dictionary) -> Iterator[Problem]:
    for name in sorted(set(names) - dictionary.entities.keys()):
        yield Problem(
            f"{place}.keys_of",
            f"引用了未知实体 {name} (refers to an unknown entity)",
            "改正 keys_of (mend keys_of)",
        )


def part_problems(part: Mapping[str, Any], base: Dictionary) -> Iterator[Problem]:
    """Return what is wrong with a college's part, before it is laid on the base."""
    for name, overlay in part.get("code_sets", {}).items():
        place = f"code_sets.{name}"
        if name not in base.code_sets and not name.startswith(OWN_SET):
            yield Problem(
                place,
                "标准中没有这个代码集 (no standard has this code set)",
                f"自有代码集以 {OWN_SET} 开头 (own code sets begin with {OWN_SET})",
            )
        if name in base.code_sets and "version" in overlay:
            yield Problem(
                place,
                "标准代码集的版本属于标准 (the version belongs to the standard)",
                "去掉 version (take version away)",
            )
        counts = Counter(each["code"] for each in overlay.get("codes", ()))
        for code, count in counts.items():
            if count > 1:
                yield Problem(
                    f"{place}.codes.{code}",
                    f"代码出现 {count} 次 (the code stands there more than once)",
                    "只留一行 (keep one row)",
                )
    for name in part.get("entities", {}):
        if name not in base.entities:
            yield Problem(
                f"entities.{name}",
                "字典没有这个实体 (the dictionary has no such entity)",
                "删去该部分 (remove that part)",
            )
