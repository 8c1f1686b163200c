"""A feed contract is refused with all of its faults at once, by their places."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain.feed import Expected
from datahub.ingest.domain.feed_document import FeedInvalidError, parse_feed

GOOD: dict[str, Any] = {
    "feed": "academic.student",
    "source": "academic",
    "entity": "student",
    "fields": {"student_no": {"from": "xh"}},
}


def places(dictionary: Dictionary, document: dict[str, Any]) -> set[str]:
    with pytest.raises(FeedInvalidError) as refusal:
        parse_feed(document, dictionary, 1)
    return set(refusal.value.fields)


def test_a_small_feed_has_the_defaults(dictionary: Dictionary) -> None:
    feed = parse_feed(GOOD, dictionary, 3)

    assert (feed.version, feed.unknown_fields, feed.encoding, feed.delimiter) == (
        3,
        "reject",
        "utf-8",
        ",",
    )
    assert (feed.is_default, feed.is_aggregating, feed.columns) == (False, False, {"xh"})


def test_all_faults_at_once(dictionary: Dictionary) -> None:
    document = {
        "feed": "Bad Id",
        "source": "a.*",
        "entity": "student",
        "mode": "snapshot",
        "unknown_fields": "guess",
        "colour": "red",
        "format": {"encoding": "gbk", "delimiter": '"'},
        "fields": {
            "name": {},
            "sex": {"from": "xb", "codes": {"M": "9x"}},
            "birth_date": {"from": "csrq", "parse": "text"},
            "grade_year": {"from": "nj", "scale": "many", "default": "x"},
            "major_code": {"from": 5, "what": 1},
            "nickname": {"from": "n"},
        },
    }

    assert places(dictionary, document) == {
        "$.feed",
        "$.source",
        "$.mode",
        "$.unknown_fields",
        "$.colour",
        "$.format.encoding",
        "$.format.delimiter",
        "$.fields",
        "$.fields.name",
        "$.fields.sex.codes",
        "$.fields.birth_date.parse",
        "$.fields.grade_year.scale",
        "$.fields.grade_year.default",
        "$.fields.major_code.from",
        "$.fields.major_code.what",
        "$.fields.major_code",
        "$.fields.nickname",
    }


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"entity": "nothing"}, "$.entity"),
        ({"default": "yes"}, "$.default"),
        ({"null_words": 5}, "$.null_words"),
        ({"fields": [1]}, "$.fields"),
        ({"codes": "x"}, "$.codes"),
        ({"key": ["name"]}, "$.key"),
        ({"content": "some"}, "$.content"),
        ({"max_vanish_ratio": 0.1}, "$.max_vanish_ratio"),
        ({"content": "full", "max_vanish_ratio": 1.1}, "$.max_vanish_ratio"),
        ({"rhythm": "sometimes"}, "$.rhythm"),
        ({"rhythm": {"grace": "2h"}}, "$.rhythm"),
        ({"rhythm": {"every": "daily", "grace": "late"}}, "$.rhythm.grace"),
        ({"null_dates": ["1900"]}, "$.null_dates"),
        ({"format": {"delimiter": "123456789"}}, "$.format.delimiter"),
        ({"format": {"delimiter": ""}}, "$.format.delimiter"),
        ({"format": {"date_order": "ydm"}}, "$.format.date_order"),
        ({"format": {"fill_down": "bm"}}, "$.format.fill_down"),
        ({"format": {"footer": [""]}}, "$.format.footer"),
        ({"format": {"quote": "'"}}, "$.format.quote"),
        ({"format": {"header": 0}}, "$.format.header"),
        ({"format": {"columns": ["xh", "a", "a"]}}, "$.format.columns"),
        ({"format": {"columns": ["xh", ""]}}, "$.format.columns"),
        ({"format": {"columns": ["a", "b"]}}, "$.format.columns"),
        ({"format": {"columns": ["xh", "对口"], "encoding": "big5"}}, "$.format.columns"),
        ({"format": {"columns": ["xh"], "delimiter": "detect"}}, "$.format.delimiter"),
        ({"format": {"columns": ["xh"], "widths": [1, 2]}}, "$.format.widths"),
        ({"format": {"columns": ["xh"], "widths": [0]}}, "$.format.widths"),
        ({"format": {"columns": ["xh"], "widths": [9], "delimiter": ","}}, "$.format.delimiter"),
    ],
)
def test_a_fault_of_the_whole(dictionary: Dictionary, change: dict[str, Any], place: str) -> None:
    assert place in places(dictionary, GOOD | change)


@pytest.mark.parametrize(
    ("field", "spec", "place"),
    [
        ("birth_date", {"from": "d", "parse": "days_after"}, "$.fields.birth_date"),
        (
            "birth_date",
            {"from": "d", "parse": "days_after", "day0": "soon"},
            "$.fields.birth_date.day0",
        ),
        (
            "birth_date",
            {"lookup": {"entity": "major", "key": "zy", "take": "name"}},
            "$.fields.birth_date.lookup",
        ),
        (
            "name",
            {"lookup": {"entity": "enrolment", "key": "x", "take": "class_no"}},
            "$.fields.name.lookup.key",
        ),
        ("sex", {"from": "xb", "codes": "missing"}, "$.fields.sex.codes"),
        ("name", {"from": "n", "unmapped": "drop"}, "$.fields.name.unmapped"),
        ("name", {"from": "n", "pad": {"width": "5"}}, "$.fields.name.pad.width"),
        ("name", {"constant": {"a": 1}}, "$.fields.name.constant"),
        ("name", "xm", "$.fields.name"),
        ("sex", {"from": "xb", "default": "7"}, "$.fields.sex.default"),
        ("in_school", {"from": "zx", "default": "maybe"}, "$.fields.in_school.default"),
        ("sex", {"from": "xb", "default": {"value": "7"}}, "$.fields.sex.default"),
        ("sex", {"from": "xb", "default": {"warns": True}}, "$.fields.sex.default.warns"),
        ("name", {"from": "n", "unwrap": "yes"}, "$.fields.name.unwrap"),
        ("name", {"from": "n", "html": 1}, "$.fields.name.html"),
        ("name", {"from": "n", "split": {"sep": ""}}, "$.fields.name.split.sep"),
        ("name", {"from": "n", "split": {"sep": "/", "part": -101}}, "$.fields.name.split.part"),
        (
            "name",
            {"from": "n", "split": {"sep": ",", "each": {"sep": "/"}}},
            "$.fields.name.split.each.part",
        ),
        ("name", {"from": "n", "pad": {"width": 0}}, "$.fields.name.pad.width"),
        ("name", {"from": "n", "pad": {"width": 5, "with": "00"}}, "$.fields.name.pad.with"),
        (
            "name",
            {"from": "n", "pad": {"width": 5, "exists_in": "enrolment"}},
            "$.fields.name.pad.exists_in",
        ),
        ("name", {"from": "n", "codes": "labels"}, "$.fields.name.codes"),
        ("sex", {"from": "xb", "codes": ["labels", "none"]}, "$.fields.sex.codes"),
        ("sex", {"from": "xb", "codes": ["labels", {"男": "3"}]}, "$.fields.sex.codes"),
        ("name", {"from": "n", "extra": "97"}, "$.fields.name.extra"),
        ("birth_date", {"from": "d", "formats": "%Q"}, "$.fields.birth_date.formats"),
        ("birth_date", {"from": "d", "formats": "%Y-%m-%d %H"}, "$.fields.birth_date.formats"),
        ("birth_date", {"from": "d", "formats": "excel1905"}, "$.fields.birth_date.formats"),
        ("birth_date", {"from": "d", "date_order": "ydm"}, "$.fields.birth_date.date_order"),
        (
            "birth_date",
            {"from": "d", "date_order": "dmy", "formats": "%Y"},
            "$.fields.birth_date.date_order",
        ),
        ("birth_date", {"from": "d", "not_after": "tomorrow"}, "$.fields.birth_date.not_after"),
        ("name", {"from": "n", "not_before": "2000-01-01"}, "$.fields.name.not_before"),
        ("name", {"from": "n", "term": {}}, "$.fields.name.term"),
        ("name", {"from": "n", "id": {}}, "$.fields.name.id"),
        ("birth_date", {"from": "d", "day0": "2000-01-01"}, "$.fields.birth_date.day0"),
        ("in_school", {"from": "x", "parse": "term"}, "$.fields.in_school.parse"),
        (
            "name",
            {"from": "n", "parse": "term", "term": {"style": "zf"}},
            "$.fields.name.term.style",
        ),
        (
            "name",
            {"from": "n", "parse": "term", "term": {"pattern": "{year}-{week}"}},
            "$.fields.name.term.pattern",
        ),
        (
            "name",
            {"from": "n", "parse": "term", "term": {"pattern": "{year}"}},
            "$.fields.name.term.pattern",
        ),
        (
            "name",
            {"from": "n", "parse": "term", "term": {"terms": {"秋": "autumn"}}},
            "$.fields.name.term.terms",
        ),
        (
            "name",
            {"from": "n", "parse": "term", "term": {"gives": "week"}},
            "$.fields.name.term.gives",
        ),
        (
            "id_number",
            {"from": "n", "parse": "id_number", "id": {"types": ["1"]}},
            "$.fields.id_number.id",
        ),
        (
            "id_number",
            {"from": "n", "parse": "id_number", "id": {"sex": "gender"}},
            "$.fields.id_number.id.sex",
        ),
    ],
)
def test_a_fault_of_a_field(dictionary: Dictionary, field: str, spec: Any, place: str) -> None:
    document = GOOD | {"fields": {**GOOD["fields"], field: spec}}

    assert place in places(dictionary, document)


@pytest.mark.parametrize(
    ("aggregate", "place"),
    [
        ({"identity": "line", "measures": {"clicks": {"sum": "n"}}}, "$.aggregate.identity"),
        ({"identity": "document", "measures": {}}, "$.aggregate.measures"),
        (
            {"identity": "document", "measures": {"clicks": {"mean": "n"}}},
            "$.aggregate.measures.clicks",
        ),
        (
            {"identity": "document", "measures": {"student_no": {"count": True}}},
            "$.aggregate.measures.student_no",
        ),
    ],
)
def test_a_fault_of_an_aggregate(dictionary: Dictionary, aggregate: Any, place: str) -> None:
    document = {
        "feed": "t",
        "source": "oulad",
        "entity": "learning_daily",
        "fields": {name: {"from": name} for name in ("student_no", "class_no", "date")},
        "aggregate": aggregate,
    }

    assert place in places(dictionary, document)


def test_a_feed_says_all_that_is_expected_of_its_source(dictionary: Dictionary) -> None:
    feed = parse_feed(
        GOOD
        | {
            "key": ["student_no"],
            "content": "full",
            "max_vanish_ratio": 0.05,
            "rhythm": {"every": "daily", "grace": "2h"},
            "unknown_fields": "ext",
            "null_dates": ["1900-01-01"],
            "format": {
                "encoding": "gb18030",
                "delimiter": "detect",
                "date_order": "dmy",
                "fill_down": "xh",
                "footer": "合计",
            },
            "fields": {"student_no": {"from": "xh"}, "birth_date": {"from": "csrq"}},
        },
        dictionary,
        1,
    )

    assert feed.expects == Expected(
        content="full", every="daily", grace="2h", max_vanish_ratio=Decimal("0.05")
    )
    assert (feed.encoding, feed.delimiter, feed.fill_down, feed.footer) == (
        "gb18030",
        "detect",
        ("xh",),
        ("合计",),
    )
    assert feed.targets == ("student_no", "birth_date", "ext")
    birth = feed.mappings[1]
    assert birth.formats[0] == "%d-%m-%Y"
    assert birth.null_dates == {"1900-01-01"}


def test_an_aggregating_feed_keeps_no_unknown_columns(dictionary: Dictionary) -> None:
    document = {
        "feed": "t",
        "source": "oulad",
        "entity": "learning_daily",
        "unknown_fields": "ext",
        "fields": {name: {"from": name} for name in ("student_no", "class_no", "date")},
        "aggregate": {"identity": "document", "measures": {"clicks": {"sum": "n"}}},
    }

    assert places(dictionary, document) == {"$.unknown_fields"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
SPEC = st.dictionaries(
    st.sampled_from(
        [
            "from",
            "join",
            "constant",
            "default",
            "split",
            "unwrap",
            "pad",
            "codes",
            "unmapped",
            "parse",
            "formats",
            "scale",
            "day0",
            "lookup",
            "null_words",
            "html",
            "extra",
            "strip_remark",
            "date_order",
            "null_dates",
            "not_after",
            "term",
            "id",
        ]
    ),
    JSON,
)


@given(
    document=st.dictionaries(
        st.sampled_from(
            [
                *("feed", "source", "default", "format", "codes", "aggregate", "ignore", "key"),
                *("content", "rhythm", "max_vanish_ratio", "null_dates", "unknown_fields"),
            ]
        ),
        JSON,
    ),
    fields=JSON | st.dictionaries(st.sampled_from(["student_no", "sex", "name"]), SPEC | JSON),
)
def test_any_document_is_a_feed_or_a_list_of_faults(
    dictionary: Dictionary, document: dict[str, Any], fields: Any
) -> None:
    wanted = GOOD | document | {"fields": fields}
    try:
        found = set(parse_feed(wanted, dictionary, 1).targets)
    except FeedInvalidError as refusal:
        found = set(refusal.fields)

    assert found
