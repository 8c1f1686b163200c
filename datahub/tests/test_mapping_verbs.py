"""What else a feed can say of a field, at its boundaries; and no feed and no row make an error."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datahub.dictionary.domain.entity import Dictionary, FieldType
from datahub.ingest.domain import mapping, plain
from datahub.ingest.domain.feed_document import FeedInvalidError, parse_feed
from datahub.ingest.domain.field_document import PARSERS
from datahub.ingest.domain.ledger import MAX_WARNINGS, RowVerdict, Verdict, Warned
from datahub.ingest.domain.mapping import Mapped
from datahub.ingest.domain.reading import Chunk
from datahub.ingest.domain.reading_json import read_records

TODAY = date(2026, 11, 23)


def whole(records: Sequence[object]) -> Chunk:
    """Return records as the one chunk that they are."""
    [chunk] = read_records(records)
    return chunk


@pytest.fixture
def put(dictionary: Dictionary) -> Any:
    """Map texts of one field of a student; each row has its own number."""

    def mapped(field: str, spec: Mapping[str, Any], *texts: str | None, **more: Any) -> Mapped:
        feed = parse_feed(
            {
                "feed": "t",
                "source": "academic",
                "entity": "student",
                "fields": {"student_no": {"from": "no"}, field: {"from": "x", **spec}},
                **more,
            },
            dictionary,
            1,
        )
        rows = [{"no": str(at), "x": text} for at, text in enumerate(texts, 1)]
        return mapping.apply(feed, whole(rows), {}, TODAY)

    return mapped


def outcome(mapped: Mapped, field: str) -> dict[int, str | None]:
    """Return the value, or the reason, by row."""
    found = dict(mapped.good.select("#line", field).rows())
    return {**found, **{each.row: f"!{each.code}" for each in mapped.verdicts}}


def values(mapped: Mapped, field: str) -> list[str | None]:
    return [value for _, value in sorted(outcome(mapped, field).items())]


def test_labels_and_short_forms_of_the_own_code_set_are_codes(put: Any) -> None:
    spec = {"codes": "labels"}

    assert values(put("sex", spec, "男", "男性", "女", "1", "雄"), "sex") == [
        "1",
        "1",
        "2",
        "!unmapped-code",
        "!unmapped-code",
    ]
    assert values(put("nation", spec, "汉", "汉族", "族"), "nation") == [
        "01",
        "01",
        "!unmapped-code",
    ]


def test_what_stands_apart_from_a_prefix_or_a_suffix_leaves_no_blank(put: Any) -> None:
    assert values(put("name", {"strip_suffix": "同学"}, "张三 同学", "李四\u3000同学"), "name") == [
        "张三",
        "李四",
    ]
    assert values(put("name", {"strip_prefix": ["LN", "-"]}, "LN - 79"), "name") == ["79"]
    assert values(put("name", {"strip_suffix": ["篇", " 篇"]}, "3 篇"), "name") == ["3"]


def test_english_labels_are_codes_too(put: Any) -> None:
    assert values(put("sex", {"codes": "labels"}, "Male", "Female", "male"), "sex") == [
        "1",
        "2",
        "!unmapped-code",
    ]


def test_a_table_behind_the_labels_has_the_last_word(put: Any) -> None:
    mapped = put("sex", {"codes": ["labels", {"男": "9", "x": "0"}]}, "男", "女", "x")

    assert values(mapped, "sex") == ["9", "2", "0"]


def test_a_feed_may_have_a_table_that_is_called_labels(put: Any) -> None:
    mapped = put("sex", {"codes": "labels"}, "男", "m", codes={"labels": {"m": "1"}})

    assert values(mapped, "sex") == ["!unmapped-code", "1"]


def test_an_empty_code_says_nothing(put: Any) -> None:
    mapped = put("grade_year", {"codes": {"n/a": ""}, "unmapped": "keep"}, "n/a", "2024", "x")

    assert values(mapped, "grade_year") == [None, "2024", "!not-integer"]


def test_texts_without_a_code_may_belong_to_another_field(put: Any) -> None:
    mapped = put("in_school", {"codes": {"是": "true"}, "unmapped": "null"}, "是", "85")

    assert values(mapped, "in_school") == ["true", None]


def test_only_digits_are_padded(put: Any) -> None:
    mapped = put("name", {"pad": {"width": 3}}, "7", "007", "0007", "甲", "7a", None)

    assert values(mapped, "name") == ["007", "007", "0007", "甲", "7a", None]


def test_a_key_in_scientific_notation_has_lost_its_digits(put: Any) -> None:
    mapped = put("major_code", {}, "4.40501E+5", "1.23E+17", "1E5", "E+5")

    assert values(mapped, "major_code") == ["!digits-lost", "!digits-lost", "1E5", "E+5"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20210101", "20210101"),
        ("20210101.0", "20210101"),
        ("20210101.00", "20210101"),
        ("20210101.5", "!not-digits"),
        ("123456789012345.0", "123456789012345"),
        ("1234567890123456.0", "!not-digits"),
        ("2.0E+7", "!digits-lost"),
        ("2021O101", "!letter-in-number"),
        ("A2021", "!not-digits"),
        ("-1", "!not-digits"),
        (None, None),
    ],
)
def test_a_number_that_is_a_name(put: Any, text: str | None, value: str | None) -> None:
    assert values(put("name", {"parse": "digits"}, text), "name") == [value]


def test_a_remark_goes_and_its_absence_is_no_warning(put: Any) -> None:
    mapped = put("name", {"strip_remark": True}, "王（兼）", "王(兼)", "王", "（兼）", "王（兼）李")

    assert values(mapped, "name") == ["王", "王", "王", None, "王（兼）李"]
    assert dict(mapped.warned.codes) == {"remark-dropped": 3}


def test_what_a_cell_says_beside_its_first_value_is_a_warning(put: Any) -> None:
    spec = {"split": {"sep": ["/", "、"], "part": 0, "warn": True}}

    mapped = put("name", spec, "甲/乙", "甲", "甲、", None)

    assert values(mapped, "name") == ["甲", "甲", "甲", None]
    assert [(each.row, each.code) for each in mapped.warned.listed] == [(1, "first-of-several")]


def test_a_default_that_warns_is_counted(put: Any) -> None:
    mapped = put("sex", {"default": {"value": "0", "warn": True}}, None, "1")
    silent = put("sex", {"default": "0"}, None)

    assert values(mapped, "sex") == ["0", "1"]
    assert dict(mapped.warned.codes) == {"defaulted": 1}
    assert silent.warned == Warned()


@pytest.mark.parametrize(
    ("order", "text", "value"),
    [
        ("ymd", "2021/9/1", "2021-09-01"),
        ("ymd", "2021.9.1", "2021-09-01"),
        ("ymd", "2021年9月1日", "2021-09-01"),
        ("ymd", "20210901", "2021-09-01"),
        ("ymd", "8/15/2020", "!not-date"),
        ("ymd", "03/04/2021", "!ambiguous-date"),
        ("mdy", "03/04/2021", "2021-03-04"),
        ("mdy", "2021-09-01", "2021-09-01"),
        ("dmy", "03.04.2021", "2021-04-03"),
        ("dmy", "3/4/21", "!not-date"),
    ],
)
def test_the_order_of_a_date_is_pinned_by_the_feed(
    put: Any, order: str, text: str, value: str
) -> None:
    by_feed = put("birth_date", {}, text, format={"date_order": order})
    by_field = put("birth_date", {"date_order": order}, text)

    assert values(by_feed, "birth_date") == values(by_field, "birth_date") == [value]


def test_dates_that_stand_for_none_are_null_in_any_form(put: Any) -> None:
    texts = ("1900-01-01", "19000101", "9999-12-31", "0000-00-00", "1900-01-02")

    mapped = put("birth_date", {}, *texts, null_dates=["1900-01-01", "9999-12-31", "0000-00-00"])

    assert values(mapped, "birth_date") == [None, None, None, None, "1900-01-02"]
    assert dict(mapped.warned.codes) == {"placeholder-date": 4}


def test_a_placeholder_in_a_column_that_must_be_there_is_missing(dictionary: Dictionary) -> None:
    feed = parse_feed(
        {
            "feed": "t",
            "source": "academic",
            "entity": "term",
            "null_dates": ["1900-01-01"],
            "fields": {name: {"from": name} for name in ("term", "starts_on", "ends_on")},
        },
        dictionary,
        1,
    )
    row = {"term": "2024-2025-1", "starts_on": "1900-01-01", "ends_on": "2025-01-20"}

    mapped = mapping.apply(feed, whole([row]), {}, TODAY)

    assert [(each.code, each.path) for each in mapped.verdicts] == [("missing", "$.starts_on")]
    assert mapped.warned == Warned()


@pytest.mark.parametrize(
    ("spec", "text", "value"),
    [
        ({"not_after": "today"}, "2026-11-23", "2026-11-23"),
        ({"not_after": "today"}, "2026-11-24", "!date-out-of-range"),
        ({"not_before": "1950-01-01"}, "1950-01-01", "1950-01-01"),
        ({"not_before": "1950-01-01"}, "1949-12-31", "!date-out-of-range"),
    ],
)
def test_a_date_has_its_limits(put: Any, spec: dict[str, str], text: str, value: str) -> None:
    assert values(put("birth_date", spec, text), "birth_date") == [value]


def test_a_dot_month_of_one_may_be_october(put: Any) -> None:
    mapped = put("enrolled_on", {"formats": "%Y.%m"}, "2021.9", "2021.1", "2021.10")

    assert values(mapped, "enrolled_on") == ["2021-09-01", "2021-01-01", "2021-10-01"]
    assert [(each.row, each.code) for each in mapped.warned.listed] == [(2, "month-1-or-10")]


def test_a_wrong_citizens_number_is_not_repeated_in_its_reason(put: Any) -> None:
    mapped = put("id_number", {"parse": "id_number"}, "5O0106200310131013", "5.00106E+17")

    assert [(each.code, each.message) for each in mapped.verdicts] == [
        ("letter-in-number", "数字中混有字母 (a letter stands for a digit)"),
        ("digits-lost", "科学计数法，末尾数字已丢失 (scientific notation: digits are lost)"),
    ]


def test_the_number_is_held_against_sex_and_birthday(dictionary: Dictionary) -> None:
    feed = parse_feed(
        {
            "feed": "t",
            "source": "academic",
            "entity": "student",
            "fields": {
                "student_no": {"from": "no"},
                "sex": {"from": "sex"},
                "birth_date": {"from": "born"},
                "id_number": {
                    "from": "id",
                    "parse": "id_number",
                    "id": {"sex": "sex", "birth_date": "birth_date"},
                },
            },
        },
        dictionary,
        1,
    )
    row = {"no": "1", "sex": "1", "born": "2003-10-13", "id": "500106200310131013"}
    others = [{"no": "2", "sex": "2"}, {"no": "3", "born": "2003-10-14"}, {"no": "4", "sex": "9"}]

    mapped = mapping.apply(feed, whole([row, *({**row, **other} for other in others)]), {}, TODAY)

    assert mapped.good["sex"].to_list() == ["1", "2", "1", "9"]
    assert [(each.row, each.code, each.path) for each in mapped.warned.listed] == [
        (2, "sex-contradicts-id", "$.id"),
        (3, "birth-date-contradicts-id", "$.id"),
    ]
    assert mapped.warned.rows == 2


def test_a_list_whose_part_has_no_number_loses_nobody(dictionary: Dictionary) -> None:
    feed = parse_feed(
        {
            "feed": "t",
            "source": "academic",
            "entity": "teaching_class",
            "fields": {
                "class_no": {"from": "no"},
                "course_code": {"constant": "C"},
                "term": {"constant": "2024-2025-1"},
                "teacher_nos": {
                    "from": "js",
                    "split": {"sep": [",", "；"], "each": {"sep": "/", "part": 1}},
                },
            },
        },
        dictionary,
        1,
    )
    texts = ["张三/10001,李四/10002", "张三/10001；", "张三/10001,李四", None]
    rows = [{"no": str(at), "js": text} for at, text in enumerate(texts, 1)]

    mapped = mapping.apply(feed, whole(rows), {}, TODAY)

    assert outcome(mapped, "teacher_nos") == {
        1: '{"10001","10002"}',
        2: '{"10001"}',
        3: "!not-list",
        4: None,
    }


def test_the_source_is_kept_as_it_wrote_before_anything_was_taken_from_it(put: Any) -> None:
    mapped = put("name", {"strip_remark": True, "split": {"sep": "/", "part": 0}}, "王（兼）/李")

    assert mapped.good["#raw"].to_list() == ['{"name":"王（兼）/李"}']


@pytest.mark.parametrize(
    ("field", "spec", "text", "value"),
    [
        ("birth_date", {"formats": ["%Y年%m月%d日"]}, "2006年4月12日", "2006-04-12"),
        ("name", {"unwrap": True}, '="王"', "王"),
        ("name", {"strip_prefix": "Dr "}, "Dr 王", "王"),
        ("name", {"lower": True}, "WANG", "wang"),
    ],
)
def test_what_the_feed_reads_out_of_a_text_leaves_the_text_beside_it(
    put: Any, field: str, spec: Mapping[str, Any], text: str, value: str
) -> None:
    mapped = put(field, spec, text)

    assert mapped.good[field].to_list() == [value]
    assert [json.loads(each) for each in mapped.good["#raw"]] == [{field: text}]


def test_a_list_of_json_is_a_list_whatever_its_elements_hold(dictionary: Dictionary) -> None:
    fields = {"class_no": "no", "course_code": "no", "term": "no", "teacher_nos": "js"}
    document = {"feed": "t", "source": "academic", "entity": "teaching_class"}
    feed = parse_feed(
        document | {"fields": {name: {"from": column} for name, column in fields.items()}},
        dictionary,
        1,
    )
    texts = ['["440501", "440,502"]', "[1, 2]", "[]", '[{"a": 1}]', "[null]", "[临时]甲,乙"]

    rows = [{"no": f"2024-2025-{at}", "js": text} for at, text in enumerate(texts, 1)]
    mapped = mapping.apply(feed, whole(rows), {}, TODAY)

    assert outcome(mapped, "teacher_nos") == {
        1: '{"440501","440,502"}',
        2: '{"1","2"}',
        3: "{}",
        4: "!not-list",
        5: "!not-list",
        6: '{"[临时]甲","乙"}',
    }


def test_a_part_is_counted_from_the_end_too(put: Any) -> None:
    spec = {"split": {"sep": "（", "part": -1}, "strip_suffix": "）"}

    assert values(put("name", spec, "甲（乙）（丙）", "丁"), "name") == ["丙", "丁"]


def test_a_year_without_its_century_is_left_to_a_form_that_reads_it(put: Any) -> None:
    spec = {"formats": ["%Y年%m月%d日", "%y年%m月%d日"]}

    mapped = put("birth_date", spec, "2006年4月12日", "06年4月12日", "0006年4月12日")

    assert values(mapped, "birth_date") == ["2006-04-12", "2006-04-12", "!not-date"]


def test_warnings_add_up_and_only_the_first_are_listed() -> None:
    def warned(*lines: int, code: str = "a") -> Warned:
        listed = tuple(
            RowVerdict(row=line, verdict=Verdict.WARNING, code=code, path="$", message="")
            for line in lines
        )
        return Warned(rows=len(lines), codes={code: len(lines)}, listed=listed)

    together = warned(*range(MAX_WARNINGS)) + warned(MAX_WARNINGS, code="b") + Warned()

    assert (together.rows, dict(together.codes)) == (MAX_WARNINGS + 1, {"a": MAX_WARNINGS, "b": 1})
    assert [each.row for each in together.listed] == list(range(MAX_WARNINGS))


TEXTS = st.sampled_from(
    [
        *("", None, "1", "007", "2021O101", "1.5", "96.5%", "￥12万", "85分", "男", "汉", "甲/乙"),
        *("2021-09-01", "20210901", "8/15/2020", "44440", "2023-2024-1", "2024-3", "1-16周(单)"),
        *("20-Oct", "510202990101001", "50010620030919018x", "1.2E+17", "张三/1,李四/2", '="1"'),
        *(
            "<br/>",
            "&nbsp;",
            "\ue863",
            "锟斤拷",
            "閲嶅簡",
            "\x00",
            "\ufffd[81]",
            "买买提•阿",
            "\uff19\uff19",
        ),
    ]
) | st.text(max_size=8)
SPECS = st.fixed_dictionaries(
    {"from": st.sampled_from(["x", ["x"], ["x", "y"]])},
    optional={
        "join": st.sampled_from(["", "-", "/"]),
        "split": st.sampled_from(
            [
                {"sep": "/", "part": 0, "warn": True},
                {"sep": [",", "、"]},
                {"sep": ",", "each": {"sep": "/", "part": 1}},
            ]
        ),
        "unwrap": st.booleans(),
        "html": st.booleans(),
        "lower": st.booleans(),
        "strip_prefix": st.just("￥"),
        "strip_suffix": st.just(["分", "%"]),
        "strip_remark": st.booleans(),
        "pad": st.sampled_from([{"width": 4}, {"width": 9, "exists_in": "student"}]),
        "null_words": st.just(["甲"]),
        "codes": st.sampled_from(
            ["labels", {"1": "1", "男": "1"}, {"1": ""}, ["labels", {"x": "2"}]]
        ),
        "unmapped": st.sampled_from(["keep", "null"]),
        "extra": st.just(["97"]),
        "default": st.sampled_from(["1", {"value": "1", "warn": True}]),
        "formats": st.sampled_from(
            ["excel", "excel1904", "unix_ms", ["%Y%m%d", "%Y-%m-%d %H:%M:%S%.f"]]
        ),
        "date_order": st.sampled_from(["ymd", "mdy", "dmy"]),
        "null_dates": st.just(["1900-01-01", "0000-00-00"]),
        "not_after": st.sampled_from(["today", "2020-01-01"]),
        "scale": st.sampled_from([10, 0.1]),
    },
)
OWN = {
    "term": st.fixed_dictionaries(
        {"term": st.sampled_from([{"style": "label"}, {"pattern": "{year}{term}"}])}
    ),
    "id_number": st.fixed_dictionaries(
        {"id": st.sampled_from([{}, {"sex": "sex"}, {"type_from": "y", "types": ["1"]}])}
    ),
}
TYPES = {
    "name": "text",
    "id_number": "text",
    "sex": "code",
    "nation": "code",
    "birth_date": "date",
    "grade_year": "integer",
    "in_school": "boolean",
}


@st.composite
def some_fields(draw: st.DrawFn) -> dict[str, Any]:
    """Return mappings whose parsers fit their fields; the other options may still not."""
    fields = {}
    for name in draw(st.sets(st.sampled_from(sorted(TYPES)), min_size=1, max_size=3)):
        parse = draw(st.sampled_from(sorted(PARSERS[FieldType(TYPES[name])] - {"days_after"})))
        fields[name] = draw(SPECS) | draw(OWN.get(parse, st.just({}))) | {"parse": parse}
    return fields


@settings(max_examples=300)
@given(
    fields=some_fields(),
    rows=st.lists(st.fixed_dictionaries({"x": TEXTS, "y": TEXTS}), max_size=4),
    policy=st.sampled_from(["reject", "ext"]),
)
def test_any_feed_that_is_accepted_maps_any_row_or_says_why_not(
    dictionary: Dictionary,
    fields: dict[str, Any],
    rows: list[dict[str, str | None]],
    policy: str,
) -> None:
    document = {
        "feed": "t",
        "source": "academic",
        "entity": "student",
        "unknown_fields": policy,
        "ignore": ["x", "y"],
        "fields": {"student_no": {"from": "no"}, **fields},
    }
    try:
        feed = parse_feed(document, dictionary, 1)
    except FeedInvalidError as refusal:
        faults = refusal.fields
        feed = None
    else:
        faults = {}
    if feed is None:
        assert faults
        return
    chunk = whole([{"no": str(at), **row} for at, row in enumerate(rows, 1)])
    found = {
        lookup: dict.fromkeys(keys, "") for lookup, keys in mapping.lookup_keys(feed, chunk).items()
    }

    mapped = mapping.apply(feed, chunk, found, TODAY)

    if plain.map_rows(feed, chunk, "create") is not None:
        again = mapping.by_columns(feed, chunk, found, TODAY)
        assert (mapped.good.to_dicts(), again.verdicts) == (again.good.to_dicts(), [])
        assert again.warned == mapped.warned
    good = set(mapped.good["#line"].to_list())
    assert good | {each.row for each in mapped.verdicts} == set(range(1, len(rows) + 1))
    assert good & {each.row for each in mapped.verdicts} == set()
    assert {each.row for each in mapped.warned.listed} <= good
    for name, target in ((each.target.name, each.target) for each in feed.mappings):
        assert all(value is None or target.holds(value) for value in mapped.good[name])
