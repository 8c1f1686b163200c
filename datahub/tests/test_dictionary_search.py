"""The dictionary is found by any of its names, in a moment."""

import time

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.domain.search import KINDS, Index, initials

EVERYTHING = frozenset(KINDS)


def test_initials_are_those_that_one_speaks() -> None:
    assert initials("学生当前状态") == "xsdqzt"
    assert initials("重庆市") == "cqs"
    assert initials("转学（转出）") == "zxzc"
    assert initials("1+X证书") == "1xzs"


@pytest.fixture(scope="module")
def index(dictionary: Dictionary) -> Index:
    return Index(dictionary)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("xsdqzt", "jyt_1001_xsdqzt"),
        ("学生当前状态", "jyt_1001_xsdqzt"),
        ("ODS_PKSJ", "ODS_PKSJ"),
        ("ods_kcjbsj.kclxm", "ODS_KCJBSJ.KCLXM"),
        ("teaching evaluation", "teaching_evaluation"),
        ("510202", "gbt_2260#510202"),
        ("\uff27\uff22\uff34_3304", "gbt_3304"),
        ("岗位实习", "internship"),
    ],
)
def test_a_thing_is_found_by_any_of_its_names(index: Index, query: str, first: str) -> None:
    assert index.find(query, EVERYTHING)[0].id == first


def test_a_whole_name_goes_before_one_that_begins_so_and_that_before_one_that_holds_it(
    index: Index,
) -> None:
    found = [each.zh for each in index.find("学生", frozenset({"entity", "field"}))]

    assert found[0] == "学生"
    assert found.index("学生当前状态") < found.index("接受实习学生数")


def test_every_word_of_a_query_must_be_held(index: Index) -> None:
    found = index.find("state student", frozenset({"entity"}))

    assert [each.id for each in found] == ["student_state"]
    assert index.find("   ", EVERYTHING) == []
    assert index.find("无此物也", EVERYTHING) == []


def test_fields_and_elements_are_found_with_their_privacy_class(index: Index) -> None:
    fields = index.find("phone", frozenset({"field"}))
    elements = index.find("校内指导教师电话", frozenset({"element"}))

    assert {each.privacy for each in fields} == {"sensitive"}
    assert [each.privacy for each in elements] == ["sensitive"]


def test_the_whole_dictionary_is_searched_in_under_50_ms(index: Index) -> None:
    assert len(index.entries) > 11_000
    for query in ("a", "学", "市中区", "xsdqzt", "1"):
        best = min(_seconds(index, query) for _ in range(5))
        assert best < 0.05, query


def _seconds(index: Index, query: str) -> float:
    start = time.perf_counter()
    index.find(query, EVERYTHING)
    return time.perf_counter() - start
