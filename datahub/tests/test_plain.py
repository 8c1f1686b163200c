"""What is plain is mapped without the column expressions, and as they would map it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain import mapping, plain
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.feed_document import parse_feed
from datahub.ingest.domain.ledger import Warned
from datahub.tests.mapping_rows import whole

SCORES = {
    "feed": "t",
    "source": "academic",
    "entity": "score",
    "null_words": ["", "无"],
    "fields": {
        "student_no": {"from": "xh", "unwrap": True},
        "course_code": {"from": "kch"},
        "term": {"from": ["xn", "xq"], "join": "-"},
        "grade_type": {"from": "lx", "codes": {"总评": "total", "期末": "end"}},
        "attempt": {"from": "cs", "default": "1"},
        "raw_text": {"from": "cj"},
        "number": {
            "from": "cj",
            "strip_suffix": "分",
            "codes": {"优秀": "95", "免修": ""},
            "unmapped": "keep",
        },
        "scale": {"from": "jz", "codes": {"百分制": "100"}, "unmapped": "null"},
        "passed": {"from": "jg"},
        "exam_status": {"constant": "normal"},
        "credits_earned": {"from": "xf"},
        "recorded_at": {"from": "sj"},
    },
}
ROW = {
    "xh": "20260001",
    "kch": "C1",
    "xn": "2025-2026",
    "xq": "1",
    "lx": "总评",
    "cs": "2",
    "cj": "85.5分",
    "jz": "百分制",
    "jg": "是",
    "xf": "2.50",
    "sj": "2026-07-01 08:00:30",
}
ODD = (
    *(None, "", "无", "免修", "优秀", "总评", "百分制", "五级制", "x", "true", "False", "是"),
    *(" 85", "\uff18\uff15", "85 分", "+85", "-0", "007", "85.", "1,000", "101", "1e3", "1.5E+9"),
    *('="85"', "'85", "#N/A", "a\tb", "\u200b85", "锟斤拷", "鍖椾含", "甲\ufffd", '{"a": 1}'),
    *("a/../b", "a/b", "50%", "2026-07-01T08:00:30", "2026-07-01", "1986-07-01 08:00:00"),
    *("2026-02-30 08:00:00", "2026-07-01 24:00:00", "9223372036854775808", "9" * 27, "x" * 60),
)
CELLS = st.one_of(st.sampled_from(ODD), st.text(max_size=6), st.decimals(0, 120, places=1).map(str))


@pytest.fixture(scope="module")
def scores(dictionary: Dictionary) -> Feed:
    return parse_feed(SCORES, dictionary, 1)


def test_an_ordinary_record_is_plain(scores: Feed) -> None:
    good = plain.map_rows(scores, whole([ROW]), "upsert")

    assert good is not None
    assert good.to_dicts() == [
        {
            "#line": 1,
            "#key": "20260001/C1/2025-2026-1/total/2",
            "#raw": '{"student_no":"20260001","grade_type":"总评",'
            '"number":"85.5分","scale":"百分制"}',
            "student_no": "20260001",
            "course_code": "C1",
            "term": "2025-2026-1",
            "grade_type": "total",
            "attempt": "2",
            "raw_text": "85.5分",
            "number": "85.5",
            "scale": "100",
            "passed": "true",
            "exam_status": "normal",
            "credits_earned": "2.50",
            "recorded_at": "2026-07-01T00:00:30Z",
        }
    ]


@settings(max_examples=150)
@given(changes=st.lists(st.dictionaries(st.sampled_from(sorted(ROW)), CELLS, max_size=3)))
def test_what_is_plain_is_mapped_as_the_expressions_map_it(
    scores: Feed, changes: list[dict[str, Any]]
) -> None:
    rows = [ROW | {"xh": f"S{at}"} | change for at, change in enumerate(changes)]
    chunk = whole(rows)

    good = plain.map_rows(scores, chunk, "upsert")

    if good is not None:
        mapped = mapping.by_columns(scores, chunk, {}, mode="upsert")
        assert mapped.verdicts == []
        assert mapped.warned == Warned()
        assert good.to_dicts() == mapped.good.to_dicts()


@pytest.mark.parametrize("column", sorted(ROW))
def test_each_odd_text_of_each_column_alone_is_mapped_alike(scores: Feed, column: str) -> None:
    is_plain = 0
    for text in ODD:
        chunk = whole([ROW | {column: text}])
        good = plain.map_rows(scores, chunk, "upsert")
        mapped = mapping.by_columns(scores, chunk, {}, mode="upsert")
        if good is not None:
            is_plain += 1
            assert (good.to_dicts(), mapped.verdicts) == (mapped.good.to_dicts(), []), text
            assert mapped.warned == Warned(), text
    assert is_plain
