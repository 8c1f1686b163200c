"""A feed contract is refused with all of its faults at once, by their places."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.dictionary.domain.entity import Dictionary
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
        # Keeping unknown columns is not offered: nobody could say who may read them.
        ({"unknown_fields": "ext"}, "$.unknown_fields"),
        ({"entity": "nothing"}, "$.entity"),
        ({"default": "yes"}, "$.default"),
        ({"null_words": 5}, "$.null_words"),
        ({"fields": [1]}, "$.fields"),
        ({"codes": "x"}, "$.codes"),
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
        ]
    ),
    JSON,
)


@given(
    document=st.dictionaries(
        st.sampled_from(["feed", "source", "default", "format", "codes", "aggregate", "ignore"]),
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
