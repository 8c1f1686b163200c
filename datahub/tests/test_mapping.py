"""Source rows become canonical rows by a feed; every other row has its reasons."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from datahub.dictionary.domain.code_set import Code, CodeSet
from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain import mapping
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.feed_document import FeedInvalidError, parse_feed
from datahub.ingest.domain.mapping import Mapped
from datahub.tests.mapping_rows import reasons, whole

Map = Callable[..., Mapped]
NO = {"from": "no"}


@pytest.fixture
def student(dictionary: Dictionary) -> Callable[..., Feed]:
    """Return a feed of students with the given fields beside the number."""

    def feed(fields: dict[str, Any], entity: str = "student", **more: Any) -> Feed:
        document = {
            "feed": "t",
            "source": "academic",
            "entity": entity,
            "fields": {"student_no": NO, **fields},
            **more,
        }
        return parse_feed(document, dictionary, 1)

    return feed


def value_of(feed: Feed, field: str, *rows: dict[str, Any]) -> list[str | None]:
    mapped = mapping.apply(feed, whole(rows), {})
    assert mapped.verdicts == []
    return list(mapped.good[field])


def wide(digits: str) -> str:
    """Return digits in full width, as an input method of Chinese writes them."""
    return "".join(chr(ord(digit) + 0xFEE0) for digit in digits)


def reasons_of(feed: Feed, *rows: Any) -> list[tuple[int, str, str, str]]:
    return reasons(mapping.apply(feed, whole(rows), {}))


def test_full_width_signs_blanks_and_invisible_characters_say_nothing(student: Any) -> None:
    feed = student({"name": {"from": "name"}})

    assert value_of(feed, "student_no", {"no": f"\ufeff{wide('202401')}\u3000"}) == ["202401"]
    assert value_of(feed, "name", {"no": "1", "name": " 阿\u200b依古丽·买买提 "}) == [
        "阿依古丽·买买提"
    ]
    assert value_of(feed, "student_no", {"no": "\u202d2024\u2066\u206901\u202c"}) == ["202401"]


@pytest.mark.parametrize("text", ["", "NULL", "  ", None])
def test_words_for_nothing_are_null(student: Any, text: str | None) -> None:
    feed = student({"name": {"from": "name"}}, null_words=["NULL"])

    assert value_of(feed, "name", {"no": "1", "name": text}) == [None]


def test_a_field_may_have_its_own_words_for_nothing(student: Any) -> None:
    feed = student({"name": {"from": "name", "null_words": ["-"]}}, null_words=["NULL"])

    assert value_of(feed, "name", {"no": "1", "name": "-"}, {"no": "2", "name": "NULL"}) == [
        None,
        "NULL",
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [('="007"', "007"), ('=trim("007")', "007"), ("'007", "007"), ('=""', None), ("007", "007")],
)
def test_what_a_spreadsheet_wraps_is_taken_out(student: Any, text: str, value: str | None) -> None:
    feed = student({"name": {"from": "name", "unwrap": True}})

    assert value_of(feed, "name", {"no": "1", "name": text}) == [value]


def test_columns_are_joined_and_a_missing_part_makes_nothing(student: Any) -> None:
    feed = student({"name": {"from": ["a", "b"], "join": "-"}})

    assert value_of(feed, "name", {"no": "1", "a": "x", "b": "y"}, {"no": "2", "a": "x"}) == [
        "x-y",
        None,
    ]


def test_one_part_of_a_split_counts_from_zero_and_may_be_absent(student: Any) -> None:
    feed = student({"name": {"from": "name", "split": {"sep": "/", "part": 1}}})

    assert value_of(feed, "name", {"no": "1", "name": "a/ b /c"}, {"no": "2", "name": "a"}) == [
        "b",
        None,
    ]


def test_a_number_is_padded_to_its_width_and_never_cut(student: Any) -> None:
    feed = student({"student_no": {"from": "no", "pad": {"width": 4}}})

    assert value_of(feed, "student_no", {"no": 7}) == ["0007"]
    assert value_of(feed, "student_no", {"no": "12345"}) == ["12345"]


def test_prefixes_suffixes_and_case(student: Any) -> None:
    feed = student(
        {"name": {"from": "n", "strip_prefix": "Dr ", "strip_suffix": ["(兼)", "（兼）"]}}
    )
    lower = student({"name": {"from": "n", "lower": True}})

    assert value_of(feed, "name", {"no": "1", "n": "Dr 王（兼）"}) == ["王"]
    assert value_of(lower, "name", {"no": "1", "n": "ABC"}) == ["abc"]


def test_codes_map_a_source_to_the_standard_and_keep_its_text(student: Any) -> None:
    feed = student({"sex": {"from": "xb", "codes": {"0": "1", "1": "2"}}})

    mapped = mapping.apply(feed, whole([{"no": "1", "xb": "0"}]), {})

    # At this source 0 is male, where the standard says 1.
    assert mapped.good["sex"].to_list() == ["1"]
    assert mapped.good["#raw"].to_list() == ['{"sex":"0"}']


def test_a_value_without_a_mapping_is_never_guessed(student: Any) -> None:
    feed = student({"sex": {"from": "xb", "codes": {"0": "1"}}})

    assert reasons_of(feed, {"no": "1", "xb": "男"}, {"no": "2", "xb": None}) == [
        (1, "quarantined", "unmapped-code", "$.xb")
    ]


def test_kept_unmapped_values_go_on_to_the_parser(student: Any) -> None:
    score = {"from": "cj", "codes": {"优秀": "95"}, "unmapped": "keep", "strip_suffix": "分"}
    feed = student(
        {
            "number": score,
            "course_code": {"constant": "C1"},
            "term": {"constant": "2026-2027-1"},
            "grade_type": {"constant": "final"},
            "attempt": {"constant": 1},
        },
        entity="score",
    )
    rows = [{"no": "1", "cj": "优秀"}, {"no": "2", "cj": "85分"}]

    assert value_of(feed, "number", *rows) == ["95", "85"]
    assert reasons_of(feed, {"no": "1", "cj": "缺考"}) == [
        (1, "quarantined", "not-decimal", "$.cj")
    ]


def test_a_code_outside_its_set_is_put_aside(student: Any) -> None:
    feed = student({"sex": {"from": "xb"}})

    assert value_of(feed, "sex", {"no": "1", "xb": "1"}) == ["1"]
    assert reasons_of(feed, {"no": "1", "xb": "7"}) == [(1, "quarantined", "unknown-code", "$.xb")]


def test_a_default_stands_only_for_silence(student: Any) -> None:
    feed = student({"grade_year": {"from": "year", "default": 2024}})

    assert value_of(feed, "grade_year", {"no": "1"}, {"no": "2", "year": "2025"}) == [
        "2024",
        "2025",
    ]
    assert reasons_of(feed, {"no": "1", "year": "next"}) == [
        (1, "quarantined", "not-integer", "$.year")
    ]


def test_a_scaled_whole_number_stays_whole(student: Any) -> None:
    feed = student({"grade_year": {"from": "decades", "scale": 10}})

    assert value_of(feed, "grade_year", {"no": "1", "decades": "202"}) == ["2020"]


@pytest.mark.parametrize("year", ["1950", "2100"])
def test_the_limits_of_a_field_belong_to_it(student: Any, year: str) -> None:
    assert value_of(student({"grade_year": {"from": "y"}}), "grade_year", {"no": "1", "y": year})


@pytest.mark.parametrize("year", ["1949", "2101"])
def test_beyond_the_limits_is_out_of_range(student: Any, year: str) -> None:
    feed = student({"grade_year": {"from": "y"}})

    assert reasons_of(feed, {"no": "1", "y": year}) == [(1, "quarantined", "out-of-range", "$.y")]


def test_a_text_may_be_as_long_as_its_field_and_no_longer(student: Any) -> None:
    feed = student({"name": {"from": "name"}})

    assert value_of(feed, "name", {"no": "1", "name": "张" * 60}) == ["张" * 60]
    assert reasons_of(feed, {"no": "1", "name": "张" * 61}) == [
        (1, "quarantined", "too-long", "$.name")
    ]


@pytest.mark.parametrize("no", [None, "", "NULL", " "])
def test_a_row_without_its_key_is_put_aside(student: Any, no: str | None) -> None:
    feed = student({}, null_words=["NULL"])

    assert reasons_of(feed, {"no": no}) == [(1, "quarantined", "missing", "$.no")]


@pytest.mark.parametrize("no", ["1\n2", "1\t2", "1\x852", "1\u20282", "\x0b1"])
def test_a_key_holds_nothing_that_a_scope_could_not(student: Any, no: str) -> None:
    assert reasons_of(student({}), {"no": no}) == [(1, "quarantined", "control-character", "$.no")]


@pytest.mark.parametrize("no", [".", "..", "../../x", "a/./b", "a/.."])
def test_a_key_that_no_address_leads_to_is_put_aside(student: Any, no: str) -> None:
    assert reasons_of(student({}), {"no": no}) == [(1, "quarantined", "dot-segment", "$.no")]


@pytest.mark.parametrize("no", ["...", "a.b", ".a", "a..", "a/.b"])
def test_dots_beside_other_letters_are_a_key(student: Any, no: str) -> None:
    assert reasons_of(student({}), {"no": no}) == []


def test_every_reason_of_a_row_is_told(student: Any) -> None:
    feed = student({"sex": {"from": "xb"}, "grade_year": {"from": "y"}})

    assert reasons_of(feed, {"no": "1", "xb": "x", "y": "y"}) == [
        (1, "quarantined", "unknown-code", "$.xb"),
        (1, "quarantined", "not-integer", "$.y"),
    ]


def test_of_equal_keys_the_last_row_counts(student: Any) -> None:
    feed = student({"name": {"from": "name"}})
    rows = [{"no": "1", "name": "a"}, {"no": "2", "name": "b"}, {"no": "1", "name": "c"}]

    mapped = mapping.apply(feed, whole(rows), {})

    assert sorted(mapped.good.select("#key", "name").rows()) == [("1", "c"), ("2", "b")]
    assert reasons(mapped) == [(1, "duplicate", "duplicate-key", "$")]


def test_parts_of_a_key_are_escaped_and_a_single_part_stands_as_it_is(student: Any) -> None:
    enrolment = student({"class_no": {"from": "class"}}, entity="enrolment")

    mapped = mapping.apply(enrolment, whole([{"no": "1%", "class": "2026/1-C"}]), {})

    assert mapped.good["#key"].to_list() == ["2026%2F1-C/1%25"]
    assert value_of(student({}), "#key", {"no": "A/1%"}) == ["A/1%"]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("reject", [(1, "rejected", "unknown-field", "$.x")]),
        ("quarantine", [(1, "quarantined", "unknown-field", "$.x")]),
        ("ignore", []),
    ],
)
def test_unknown_fields_by_the_policy_of_the_feed(
    student: Any, policy: str, expected: list[Any]
) -> None:
    feed = student({}, unknown_fields=policy, ignore=["known"])

    assert reasons_of(feed, {"no": "1", "x": "?"}, {"no": "2", "x": None, "known": 1}) == expected


def test_undecodable_bytes_and_nul_are_put_aside_with_their_raw_text(student: Any) -> None:
    feed = student({"name": {"from": "name"}})
    rows = [{"no": "1", "name": "\ufffd[81]"}, {"no": "2", "name": "a\0b"}, {"no": "3"}]

    mapped = mapping.apply(feed, whole(rows), {})

    assert reasons(mapped) == [
        (1, "rejected", "undecodable", "$.name"),
        (2, "quarantined", "control-character", "$.name"),
    ]
    assert mapped.raw == {1: rows[0], 2: rows[1]}
    assert mapped.good["#key"].to_list() == ["3"]


def test_a_row_that_cannot_be_decoded_has_one_verdict_whatever_else_it_says(student: Any) -> None:
    feed = student(
        {"name": {"from": "name"}, "sex": {"from": "xb", "codes": {"男": "1"}}},
        unknown_fields="reject",
    )
    row = {"no": "1", "name": "\ufffd[D5]\ufffd[C5]", "xb": "\ufffd[C4]\ufffd[D0]", "more": "x"}

    mapped = mapping.apply(feed, whole([row, {"no": "2", "name": "\ufffd"}]), {})

    assert reasons(mapped) == [
        (1, "rejected", "undecodable", "$.name,$.xb"),
        (2, "rejected", "undecodable", "$.name"),
    ]
    assert [each.message for each in mapped.verdicts] == [
        (
            "不是 utf-8，按 gb18030 读作“张”："
            "请把数据源约定的 format.encoding 改为 gb18030，或改存文件"
            " (not utf-8, it reads as gb18030: set format.encoding of the feed to gb18030,"
            " or save the file anew)"
        ),
        "含不是 utf-8 的字节 (bytes that are not utf-8)",
    ]


@pytest.mark.parametrize("value", [{"x": 1}, ["x"], [{"x": 1}], True, False])
def test_what_is_no_text_is_no_key(student: Any, value: object) -> None:
    rows = reasons_of(student({}), {"no": value}, {"no": 20240001})

    assert rows == [(1, "quarantined", "not-text", "$.no")]


def test_an_object_is_no_text(student: Any) -> None:
    feed = student({"name": {"from": "name"}})

    rows = reasons_of(feed, {"no": "1", "name": {"zh": "张"}}, {"no": "2", "name": "{张}"})

    assert rows == [(1, "quarantined", "not-text", "$.name")]


def test_lines_of_an_aggregating_feed_keep_what_they_measure(dictionary: Dictionary) -> None:
    feed = parse_feed(
        {
            "feed": "t",
            "source": "academic",
            "entity": "learning_daily",
            "fields": {"student_no": NO, "class_no": {"constant": "C1"}, "date": {"from": "day"}},
            "aggregate": {
                "identity": "document",
                "measures": {"clicks": {"sum": "n"}, "visits": {"count": True}},
            },
        },
        dictionary,
        1,
    )
    line = {"no": "1", "day": "2026-11-23", "n": "3"}

    mapped = mapping.apply(feed, whole([line, line, {**line, "n": "many"}]), {})

    assert mapped.good.select("#key", "clicks", "visits").rows() == [
        ("1/C1/2026-11-23", "3", "1"),
        ("1/C1/2026-11-23", "3", "1"),
    ]
    assert reasons(mapped) == [(3, "quarantined", "not-decimal", "$.n")]


@pytest.mark.parametrize(
    ("entity", "key"),
    [
        ("student_state", {"student_no": NO}),
        ("dorm_assignment", {"student_no": NO}),
        ("staff_appointment", {"staff_no": NO, "kind": {"constant": "post"}}),
        ("working_hours", {"weekday": NO, "opens_at": {"constant": "8"}}),
        ("major", {"major_code": NO}),
        ("org_unit", {"org_code": NO}),
        ("campus", {"campus_code": NO}),
    ],
)
def test_a_period_that_ends_before_it_begins_is_put_aside(
    dictionary: Dictionary, entity: str, key: dict[str, Any]
) -> None:
    fields = {**key, "valid_from": {"from": "a"}, "valid_to": {"from": "b"}}
    document = {"feed": "t", "source": "academic", "entity": entity, "fields": fields}
    days = [("2026-03-02", "2026-03-01"), ("2026-03-02", "2026-03-02"), ("2026-03-03", "")]
    feed = parse_feed(document, dictionary, 1)

    mapped = mapping.apply(feed, whole([{"no": "1", "a": a, "b": b} for a, b in days]), {})

    fault = (1, "quarantined", "ends-before-it-begins", "$.b")
    assert [each for each in reasons(mapped) if each[2] != "duplicate-key"] == [fault]


def messages_of(feed: Feed, *rows: dict[str, Any]) -> list[str]:
    return [each.message for each in mapping.apply(feed, whole(rows), {}).verdicts]


RETIRED = (
    "370205 四方区 已停用，承接的是 370203 市北区"
    " (370205 四方区 is retired, followed by 370203 市北区)"
)


@pytest.mark.parametrize(
    ("spec", "text"),
    [({"codes": "labels"}, "四方区"), ({"codes": "labels"}, "370205"), ({}, "370205")],
)
def test_a_retired_code_is_told_with_what_followed_it(
    dictionary: Dictionary, spec: dict[str, Any], text: str
) -> None:
    document = {
        "feed": "t",
        "source": "academic",
        "entity": "campus",
        "fields": {"campus_code": NO, "region": {"from": "r", **spec}},
    }

    said = messages_of(parse_feed(document, dictionary, 1), {"no": "1", "r": text})

    assert said == [RETIRED]


def test_a_label_of_two_codes_is_told_as_ambiguous_with_both(dictionary: Dictionary) -> None:
    kinds = CodeSet(
        id="kinds",
        standard="own",
        version="1",
        zh="种类",
        codes={
            "1": Code(code="1", zh="甲", en="One"),
            "2": Code(code="2", zh="甲"),
            "3": Code(code="3", zh="丙", en="One"),
        },
    )
    code_sets = {**dictionary.code_sets, "gbt_2261_1": kinds}
    own = replace(dictionary, code_sets=code_sets)
    feed = parse_feed(
        {
            "feed": "t",
            "source": "academic",
            "entity": "student",
            "fields": {"student_no": NO, "sex": {"from": "xb", "codes": "labels"}},
        },
        own,
        1,
    )

    assert messages_of(feed, {"no": "1", "xb": "甲"}, {"no": "2", "xb": "One"}) == [
        (
            f"“{word}”有歧义，是 1、{other} 共同的名称；在约定的 codes 中写明是哪一个"
            f" (“{word}” is ambiguous, it names 1, {other}; say which in codes of the feed)"
        )
        for word, other in (("甲", "2"), ("One", "3"))
    ]


def test_a_control_character_in_a_key_is_told_once(student: Any) -> None:
    feed = student({"name": {"from": "xm"}})

    assert reasons_of(feed, {"no": "1\x002", "xm": "张三"}) == [
        (1, "quarantined", "control-character", "$.no")
    ]


def test_a_feed_that_maps_to_a_retired_code_is_told_what_followed_it(
    dictionary: Dictionary,
) -> None:
    region = {"from": "r", "codes": {"四方区": "370205"}}
    fields = {"campus_code": NO, "region": region}
    document = {"feed": "t", "source": "academic", "entity": "campus", "fields": fields}

    with pytest.raises(FeedInvalidError) as refused:
        parse_feed(document, dictionary, 1)

    assert refused.value.fields == {"$.fields.region.codes": [RETIRED]}


def test_a_code_tells_since_when_it_is_retired_and_from_when_it_may_be_written() -> None:
    old = Code(code="1", zh="旧", valid_to=date(2020, 1, 1), successors=("2",))
    next_ = Code(code="2", zh="新", valid_from=date(2020, 1, 1))
    codes = CodeSet(id="x", standard="s", version="1", zh="集", codes={"1": old, "2": next_})
    now, before = date(2026, 1, 1), date(2019, 1, 1)

    assert codes.find_retired("旧", now) == codes.find_retired("1", now) == old
    assert codes.find_retired("1", before) is codes.find_retired("2", now) is None
    assert codes.find_retired("别的", now) is None
    assert codes.tell_retired(old, now) == (
        "1 旧 已于 2020-01-01 停用，承接的是 2 新",
        "1 旧 is retired since 2020-01-01, followed by 2 新",
    )
    assert codes.tell_retired(next_, before)[1] == "2 新 may be written from 2020-01-01 on"


def test_values_beyond_the_code_set_are_taken_beside_labels(student: Callable[..., Feed]) -> None:
    feed = student({"nation": {"from": "mz", "codes": "labels", "extra": ["97"]}})

    assert value_of(feed, "nation", {"no": "1", "mz": "97"}, {"no": "2", "mz": "汉族"}) == [
        "97",
        "01",
    ]


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        (
            "birth_date",
            "soon",
            (
                "不符合约定的日期格式：“soon”；在约定的 formats 中写明写法，或在源系统中改正"
                " (not a date in the agreed form: “soon”; tell its form in formats of the feed,"
                " or mend it at the source)"
            ),
        ),
        (
            "no",
            "",
            (
                "必填，但没有值；在源系统中补上，或在约定中写 default"
                " (required, and empty; fill it at the source, or give a default in the feed)"
            ),
        ),
    ],
)
def test_a_reason_names_the_value_and_the_remedy(
    student: Callable[..., Feed], field: str, text: str, said: str
) -> None:
    feed = student({"birth_date": {"from": "birth_date"}})

    assert messages_of(feed, {"no": "1", field: text}) == [said]


def test_a_reason_quotes_nothing_of_a_closed_field(student: Callable[..., Feed]) -> None:
    feed = student({"id_number": {"from": "x", "parse": "id_number", "id": {}}})

    [said] = messages_of(feed, {"no": "1", "x": "11010519491231002Y"})

    assert "1101" not in said
    assert "在源系统中核对改正" in said


def test_a_failed_cell_is_told_once(student: Callable[..., Feed]) -> None:
    feed = student({"birth_date": {"from": "born"}})

    assert reasons_of(feed, {"no": "1", "born": "#REF!"}) == [
        (1, "quarantined", "cell-error", "$.born")
    ]
