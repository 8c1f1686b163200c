"""What a mapping may not do: report a code of another set, a text in place of a number, and such.

Source: 数字基座高职 V3.0.2 (types, lengths and code sets of its elements).
"""

from collections.abc import Iterator

from datahub.dictionary.domain.entity import Dictionary, FieldType
from datahub.dictionary.domain.national import Element
from datahub.national.domain.form import YES_NO, characters, is_number, misfit
from datahub.national.domain.mapping import (
    Constant,
    First,
    Identity,
    Joined,
    Observed,
    TableMapping,
    Taken,
    Tally,
    Value,
    kind_of,
    leaves,
)

REGIONS = "gbt_2260"


def check_value(
    value: Value, element: Element, mapping: TableMapping, dictionary: Dictionary
) -> Iterator[str]:
    """Return why a value cannot stand for an element; nothing where it can."""
    yield from _of_grouping(value, element, mapping)
    if isinstance(value, Joined):
        if element.code_set or is_number(element):
            yield "拼接的文本不能作代码或数字 (joined text is no code and no number)"
        return
    for each in leaves(value) if isinstance(value, First) else [value]:
        yield from _of_leaf(each, element, dictionary)


def _of_grouping(value: Value, element: Element, mapping: TableMapping) -> Iterator[str]:
    for each in leaves(value):
        if isinstance(each, Tally) and not mapping.group:
            yield "只有 group 才能汇总 (only a group can be tallied)"
        if mapping.group and not _stands_in_group(each, element, mapping):
            yield "分组后须为分组项、常量或汇总 (a group element, a constant or a tally)"


def _stands_in_group(value: Value, element: Element, mapping: TableMapping) -> bool:
    match value:
        case Tally() | Constant() | Identity() | Observed():
            return True
        case Taken(route=route):
            return route.is_of_school or element.field in mapping.group
        case _:
            return False


def _of_leaf(value: Value, element: Element, dictionary: Dictionary) -> Iterator[str]:
    match value:
        case Constant(text=text):
            yield from _of_constant(text, element, dictionary)
            return
        case Taken():
            yield from _of_words(value, dictionary)
        case _:
            pass
    reason = misfit(element, kind_of(value))
    if reason is not None:
        yield reason
    yield from _of_code(value, element, dictionary)


def _of_constant(text: str, element: Element, dictionary: Dictionary) -> Iterator[str]:
    if len(text) > characters(element):
        yield f"常量 {text} 超过 {element.length} 个字符 (the constant is too long)"
    if element.code_set and text not in dictionary.code_sets[element.code_set].codes:
        yield f"{text} 不在代码集 {element.code_set} 中 (not in the code set)"


def _of_words(value: Taken, dictionary: Dictionary) -> Iterator[str]:
    """Return what is wrong with how a field is translated."""
    code_set = value.route.last.code_set
    if (value.label or value.region) and code_set is None:
        yield f"{value.route} 没有代码集 (has no code set)"
    if value.region and code_set != REGIONS:
        yield f"{value.route} 不是行政区划 (is no region)"
    if value.scale != 1 and value.route.last.type not in {FieldType.INTEGER, FieldType.DECIMAL}:
        yield f"{value.route} 不是数字 (is no number)"
    if value.codes is not None:
        known = _words(value, dictionary)
        if absent := sorted(known - value.codes.keys()):
            yield f"codes 缺少 {', '.join(absent)} (are not translated)"
        if beyond := sorted(value.codes.keys() - known):
            yield f"{', '.join(beyond)} 不是 {value.route} 的值 (no values of the field)"


def _words(value: Taken, dictionary: Dictionary) -> set[str]:
    field = value.route.last
    match field.type:
        case FieldType.ENUM:
            return set(field.values)
        case FieldType.BOOLEAN:
            return {"true", "false"}
        case FieldType.CODE if field.code_set is not None:
            return set(dictionary.code_sets[field.code_set].codes)
        case _:
            return set()


def _of_code(value: Value, element: Element, dictionary: Dictionary) -> Iterator[str]:
    if element.code_set is None:
        if _code_set(value) is not None and not (isinstance(value, Taken) and value.label):
            yield "代码须译成文字：label 或 codes (a code wants words: label or codes)"
        return
    codes = dictionary.code_sets[element.code_set].codes
    if isinstance(value, Taken) and value.codes is not None:
        if foreign := sorted({code for code in value.codes.values() if code} - codes.keys()):
            yield f"{', '.join(foreign)} 不在 {element.code_set} 中 (not in the code set)"
    elif kind_of(value) is FieldType.BOOLEAN:
        if element.code_set != YES_NO:
            yield f"是/否不在 {element.code_set} 中 (yes and no are not in the code set)"
    elif _code_set(value) != element.code_set or _is_label(value):
        yield (
            f"代码集是 {_code_set(value)}，标准要 {element.code_set}，须给 codes"
            " (another code set: give codes)"
        )


def _is_label(value: Value) -> bool:
    return isinstance(value, Taken) and value.label


def _code_set(value: Value) -> str | None:
    match value:
        case Taken(route=route) if value.codes is None:
            return route.last.code_set
        case Tally(function="min" | "max", route=route) if route is not None:
            return route.last.code_set
        case _:
            return None


def longest(value: Value) -> int | None:
    """Return the most characters that a value is declared to have; None where nothing is said."""
    match value:
        case Taken(route=route) if value.codes is None and not value.label:
            return route.last.max_length
        case Tally(function="min" | "max", route=route) if route is not None:
            return route.last.max_length
        case First(parts=parts):
            return max((longest(each) or 0 for each in parts), default=0) or None
        case Joined(parts=parts):
            found = [longest(each) for each in parts if not isinstance(each, Constant)]
            said = sum(each or 0 for each in found)
            return said + sum(len(each.text) for each in parts if isinstance(each, Constant))
        case _:
            return None


def may_exceed(value: Value, element: Element) -> bool:
    """Return whether a value may be longer than the element, as its field is declared."""
    most = longest(value)
    return most is not None and most > characters(element)
