"""How owners and objects are called."""

import pytest

from report_service.domain.naming import owner_words, owners_words, scope_words, scopes_of
from report_service.domain.orders import file_name, told_apart

NAMES = {"teacher/T003": "李娜", "student/20260001": "王强", "unit/JWC": "教务处"}


@pytest.mark.parametrize(
    ("owner", "words"),
    [
        ("teacher/T003", "李娜"),
        ("T003", "李娜"),
        ("person/T003", "李娜"),
        ("20260001", "王强"),
        ("unit/JWC", "教务处"),
        ("role/qa_office", "质量管理办公室"),
        ("demo", "demo"),
        ("person/demo", "demo"),
        ("person/", "person/"),
        ("", "未指定"),
    ],
)
def test_an_owner_is_called_by_name_where_one_is_known(owner: str, words: str) -> None:
    assert owner_words(owner, NAMES) == words


def test_only_people_and_objects_are_looked_up() -> None:
    assert scopes_of("T003") == ["teacher/T003", "student/T003"]
    assert scopes_of("person/T003") == ["teacher/T003", "student/T003"]
    assert scopes_of("unit/JWC") == ["unit/JWC"]
    assert scopes_of("role/qa_office") == []
    assert scopes_of("") == []


def test_owners_tell_their_role_in_words() -> None:
    owners = [
        {"role": "owner", "person": "teacher/T003"},
        {"role": "counsellor", "person": "teacher/T9"},
        {"role": "mentor", "person": "teacher/T9"},
    ]

    said = "李娜、teacher/T9（辅导员）、teacher/T9（mentor）"
    assert owners_words(owners, NAMES) == said


def test_an_object_without_a_name_is_its_kind_and_number() -> None:
    assert scope_words("unit/JWC", NAMES) == "教务处"
    assert scope_words("class/C-1", NAMES) == "教学班 C-1"


def test_a_file_has_a_name_that_a_file_system_takes_and_no_other_has() -> None:
    short = file_name("student/S1", "学生/甲", "报告", "pdf")
    long = file_name(f"class/{'班' * 60}1", "名" * 90, "题" * 90, "docx")

    assert short == "S1 学生_甲 报告.pdf"
    assert long == f"{'班' * 60} {'名' * 16}.docx"
    assert told_apart([short, long, long, "s1 学生_甲 报告.pdf"]) == [
        short,
        long,
        f"{'班' * 60} {'名' * 16} 2.docx",
        "s1 学生_甲 报告 2.pdf",
    ]
