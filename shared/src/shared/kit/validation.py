"""What the framework says of a value that its model does not take, in the reader's language.

Its own words are English, and spell lists as Python does.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.kit.strict_request import REPEATED_QUERY, UNKNOWN_QUERY

ZH: Final[Mapping[str, str]] = {
    UNKNOWN_QUERY: "未知的查询参数",
    REPEATED_QUERY: "给了不止一次，只读一个值",
    # JSON and objects
    "no_such_attribute": "没有 {attribute} 这一项",
    "json_invalid": "不是合法的 JSON",
    "json_type": "须为 JSON 文本",
    "needs_python_object": "此处不能用 JSON 表示",
    "recursion_loop": "内容引用了自身",
    "recursion_depth_exceeded": "嵌套过深",
    "missing": "必填",
    "frozen_field": "此项不可修改",
    "frozen_instance": "此对象不可修改",
    "extra_forbidden": "没有这一项，不接受",
    "invalid_key": "键须为文本",
    "get_attribute_error": "此项无法读取",
    "model_type": "须为对象",
    "model_attributes_type": "须为对象",
    "dataclass_type": "须为对象",
    "dataclass_exact_type": "须为对象",
    "named_tuple_type": "须为数组或对象",
    "default_factory_not_called": "其他项有误，无法得出默认值",
    "none_required": "须为 null",
    "is_instance_of": "类型不符，须为 {class}",
    "is_subclass_of": "类型不符，须为 {class}",
    "callable_type": "类型不符",
    # numbers
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "须大于或等于 {ge}",
    "less_than": "须小于 {lt}",
    "less_than_equal": "须小于或等于 {le}",
    "multiple_of": "须为 {multiple_of} 的倍数",
    "finite_number": "须为有限的数",
    "bool_type": "须为布尔值 true 或 false",
    "bool_parsing": "须为布尔值 true 或 false",
    "int_type": "须为整数",
    "int_parsing": "须为整数",
    "int_parsing_size": "整数过大",
    "int_from_float": "须为整数，不带小数",
    "float_type": "须为数",
    "float_parsing": "须为数",
    "decimal_type": "须为十进制数",
    "decimal_parsing": "须为十进制数",
    "decimal_max_digits": "至多 {max_digits} 位数字",
    "decimal_max_places": "至多 {decimal_places} 位小数",
    "decimal_whole_digits": "小数点前至多 {whole_digits} 位",
    "fraction_type": "须为分数",
    "fraction_parsing": "须为分数",
    "complex_type": "须为复数",
    "complex_str_parsing": "须为复数",
    # texts
    "string_type": "须为文本",
    "string_unicode": "须为合法的 Unicode 文本",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "至多 {max_length} 个字符",
    "string_pattern_mismatch": "不合格式 {pattern}",
    "string_not_ascii": "只能含 ASCII 字符",
    "bytes_type": "须为字节串",
    "bytes_too_short": "至少 {min_length} 字节",
    "bytes_too_long": "至多 {max_length} 字节",
    "bytes_invalid_encoding": "不是 {encoding} 编码",
    "enum": "只能是 {expected}",
    "literal_error": "只能是 {expected}",
    "missing_sentinel_error": "须空缺",
    "ellipsis_error": "须为省略号",
    "value_error": "{error}",
    "assertion_error": "{error}",
    "url_type": "须为网址",
    "url_parsing": "不是网址",
    "url_syntax_violation": "不是合乎规范的网址",
    "url_too_long": "网址至多 {max_length} 个字符",
    "url_scheme": "网址须以 {expected_schemes} 开头",
    "uuid_type": "须为 UUID",
    "uuid_parsing": "不是 UUID",
    "uuid_version": "须为第 {expected_version} 版 UUID",
    # collections
    "too_short": "至少 {min_length} 项，现有 {actual_length} 项",
    "too_long": "至多 {max_length} 项",
    "iterable_type": "须为数组",
    "iteration_error": "数组无法读取",
    "dict_type": "须为对象",
    "frozen_dict_type": "须为对象",
    "ordered_dict_type": "须为对象",
    "counter_type": "须为对象",
    "mapping_type": "须为对象",
    "list_type": "须为数组",
    "deque_type": "须为数组",
    "tuple_type": "须为数组",
    "set_type": "须为数组",
    "frozen_set_type": "须为数组",
    "set_item_not_hashable": "数组的元素不能是数组或对象",
    "union_tag_invalid": "{discriminator} 是 {tag}，只能是 {expected_tags}",
    "union_tag_not_found": "缺少 {discriminator}",
    # times
    "date_type": "须为日期 YYYY-MM-DD",
    "date_parsing": "不是日期 YYYY-MM-DD",
    "date_from_datetime_parsing": "不是日期 YYYY-MM-DD",
    "date_from_datetime_inexact": "须为日期，不带时刻",
    "date_past": "须为过去的日期",
    "date_future": "须为将来的日期",
    "time_type": "须为时刻 hh:mm:ss",
    "time_parsing": "不是时刻 hh:mm:ss",
    "datetime_type": "须为时间，如 2026-09-01T08:00:00+08:00",
    "datetime_parsing": "不是时间，应如 2026-09-01T08:00:00+08:00",
    "datetime_object_invalid": "时间无法读取",
    "datetime_from_date_parsing": "不是时间，应如 2026-09-01T08:00:00+08:00",
    "datetime_past": "须为过去的时间",
    "datetime_future": "须为将来的时间",
    "timezone_naive": "时间不应带时区",
    "timezone_aware": "时间须带时区，如 +08:00",
    "timezone_offset": "时区须为 {tz_expected} 秒，现为 {tz_actual} 秒",
    "time_delta_type": "须为时长，如 PT1H",
    "time_delta_parsing": "不是时长，应如 PT1H",
    # arguments
    "arguments_type": "参数须为数组或对象",
    "missing_argument": "缺少参数",
    "unexpected_keyword_argument": "没有这个参数",
    "missing_keyword_only_argument": "缺少参数",
    "unexpected_positional_argument": "没有这个参数",
    "missing_positional_only_argument": "缺少参数",
    "multiple_argument_values": "参数给了多个值",
}
"""Words by type of error; names in braces are of its context."""

EN: Final[Mapping[str, str]] = {
    "string_too_short": "String should have at least {min_length} characters",
    "string_too_long": "String should have at most {max_length} characters",
    "enum": "Input should be one of {expected}",
    "literal_error": "Input should be one of {expected}",
    "value_error": "{error}",
    "assertion_error": "{error}",
    "url_scheme": "The scheme should be one of {expected_schemes}",
    "union_tag_invalid": "{discriminator} is {tag}, it should be one of {expected_tags}",
}
"""Where the framework's own words are not plain English."""

_TEXTS: Final = frozenset({"too_short", "too_long"})
_LISTS: Final = ("expected", "expected_tags", "expected_schemes")
_PAIR: Final = re.compile(r"[^()]*[\u4e00-\u9fff][^()]* \((?P<en>(?:[^()]|\([^()]*\))*)\)")
_PAIRS: Final = re.compile(
    rf"(?P<code>[a-z_-]+: )?(?P<pairs>(?:{_PAIR.pattern.replace('?P<en>', '?:')})+)"
)
_BETWEEN: Final = re.compile(r", (?:or )?| or ")


def words(error: Mapping[str, Any], *, english: bool) -> str:
    """Return what an error of pydantic or FastAPI says; one of an unknown type names its type."""
    kind = error["type"]
    if kind in _TEXTS and isinstance(error.get("input"), str):
        # Of a secret the framework says that it is too short a list.
        kind = f"string_{kind}"
    template = EN.get(kind) if english else ZH.get(kind, f"内容不合要求（{kind}）")
    if template is None:
        return str(error["msg"])
    context = dict(error.get("ctx") or {})
    for name in _LISTS:
        if name in context:
            context[name] = _listed(str(context[name]), ", " if english else "、")
    return template.format_map(context)


def in_both(error: Mapping[str, Any]) -> str:
    """Return it in both languages, for readers who are not asked which they want."""
    zh, en = words(error, english=False), words(error, english=True)
    return zh if zh == en else f"{zh} ({en})"


def all_in_both(errors: Sequence[Mapping[str, Any]]) -> str:
    """Return every fault with its place: ``id: 必填 (Field required); source: …``."""
    told = [(".".join(str(part) for part in each["loc"]), in_both(each)) for each in errors]
    return "; ".join(f"{place}: {said}" if place else said for place, said in told)


def in_english(text: str) -> str:
    """Return the English of what is written ``中文 (English)``; anything else as it stands.

    A code in front stays (``unmapped-code: …``), and so does every pair of several.
    """
    told = _PAIRS.fullmatch(text)
    if told is None:
        return text
    said = [each["en"] for each in _PAIR.finditer(told["pairs"])]
    return (told["code"] or "") + "; ".join(said)


def _listed(text: str, between: str) -> str:
    """Return ``'a', 'b' or 'c'`` as ``a、b、c``."""
    return between.join(each.strip("'") for each in _BETWEEN.split(text))
