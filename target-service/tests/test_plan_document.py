"""A plan is read from its text: rows, merged and slipped cells, bodies, documents, rhythms."""

from datetime import date
from pathlib import Path

import pytest

from shared.contracts.vocabulary import Level
from target_service.domain.plan_document.dates import is_ongoing, read_span
from target_service.domain.plan_document.document import Column, How, Place, PlanDocument, Row
from target_service.domain.plan_document.naming import parties_of, units_named
from target_service.domain.plan_document.reading import UnreadablePlanError, read_text
from target_service.domain.plan_document.words import Kind, kind_of

HERE = Path(__file__)
DEMO = HERE.parents[2] / "deploy/src/helix8/demo/college/plan-2020-18.txt"
PLAN = read_text(DEMO.read_text(encoding="utf-8"))
OTHER = HERE.with_name("other_plan.txt").read_text(encoding="utf-8")


def row(document: PlanDocument, line: int) -> Row:
    return next(each for each in document.rows if each.line == line)


def test_the_head_of_the_plan_is_read() -> None:
    assert PLAN.title == "重庆建筑科技职业学院内部质量保证体系建设与运行实施方案"
    assert (PLAN.number, PLAN.issued_on, PLAN.years) == (
        "重建院发〔2020〕18号",
        date(2020, 12, 18),
        3,
    )


def test_every_row_of_the_schedule_is_read_with_its_line() -> None:
    lines = [each.line for each in PLAN.rows]
    assert lines == [*range(204, 214), *range(216, 225), *range(227, 234)]
    breaks = [each.lines for each in PLAN.remarks if each.rule == "page-break"]
    assert breaks == [(215,), (226,)]


def test_an_empty_cell_means_what_stands_above_and_is_told() -> None:
    third = row(PLAN, 223)
    assert {each.value: (cell.text, cell.how.value) for each, cell in third.cells.items()} == {
        "system": ("平台建设", "carried"),
        "task": ("四个平台建设", "carried"),
        "content": ("教师发展管理系统", "read"),
        "leader": ("分管信息化建设校领导", "carried"),
        "lead": ("信息化处", "carried"),
        "undertakers": ("信息化处", "carried"),
        "deliverable": ("软件系统", "carried"),
        "start": ("2020.11", "read"),
        "end": ("2021.10", "read"),
    }
    assert any(each.rule == "carried" and each.lines == (223,) for each in PLAN.remarks)


def test_a_row_that_lost_a_cell_is_put_right_by_the_kinds_of_its_cells() -> None:
    for line in (211, 213):
        slipped = row(PLAN, line)
        assert slipped.cells[Column.UNDERTAKERS].how is How.LOST
        assert slipped.text(Column.DELIVERABLE) == "诊改报告"
        assert slipped.start == read_span("2021.12")
        assert slipped.ongoing
        assert slipped.end is None


def test_a_row_with_a_cell_too_many_is_put_right_too() -> None:
    culture = row(PLAN, 233)
    assert culture.text(Column.UNDERTAKERS) == "宣传部"
    assert culture.text(Column.LEAD) == "党群工作部"
    assert culture.text(Column.DELIVERABLE) == "质量文化建设方案及建设过程材料"
    assert culture.start == read_span("2020.11")
    assert (culture.end, culture.ongoing) == (None, False)


def test_bodies_have_their_members_posts_and_duties() -> None:
    assert [each.line for each in PLAN.bodies] == [239, 247, 257, 275, 285, 295, 305, 315, 325]
    group = PLAN.bodies[6]
    assert group.title == "学生层面工作组"
    assert [(each.place, each.party) for each in group.members[:3]] == [
        (Place.HEAD, "分管学生工作校领导"),
        (Place.DEPUTY, "学生工作部负责人"),
        (Place.MEMBER, "团委负责人"),
    ]
    assert [each.text for each in group.duties] == [
        "负责组织建立和完善学生发展标准",
        "推进学生层面诊改，组织撰写学生质量诊断与改进报告等",
    ]
    reviews = [each for each in PLAN.bodies[2].duties if each.text.startswith("审议")]
    assert [each.line for each in reviews] == list(range(265, 272))


def test_a_line_that_is_wrapped_goes_on_with_its_field() -> None:
    body = read_text(OTHER).bodies[0]
    assert [each.party for each in body.members] == ["院长", "质量办", "网信中心", "学工处负责人"]
    assert [each.text for each in body.duties][:2] == ["审议标准", "督促"]


def test_documents_are_cited_with_their_numbers() -> None:
    assert [(each.line, each.number) for each in PLAN.citations] == [
        (25, "教职成厅〔2015〕2号"),
        (25, "教职成司函〔2015〕168号"),
        (25, "教职成司函〔2015〕56号"),
        (25, None),
        (25, None),
        (237, "渝高职诊改〔2019〕2号"),
    ]
    assert PLAN.citations[-1].title.endswith("复核工作指引（试行）")


def test_each_level_has_its_rhythm() -> None:
    assert [(each.line, each.level, each.rhythm, each.warning_only) for each in PLAN.cycles] == [
        (105, Level.SCHOOL, "year", False),
        (114, Level.MAJOR, "construction", False),
        (118, Level.COURSE, "term", True),
        (118, Level.COURSE, "construction", False),
        (118, Level.COURSE, "term", False),
        (124, Level.TEACHER, "appointment", False),
        (128, Level.STUDENT, "ayear", False),
        (128, Level.STUDENT, "term", False),
    ]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2020.11", date(2020, 11, 1), date(2020, 11, 30)),
        ("2021,12", date(2021, 12, 1), date(2021, 12, 31)),
        ("2024年2月", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02-05", date(2024, 2, 5), date(2024, 2, 5)),
        ("2020年12月18日", date(2020, 12, 18), date(2020, 12, 18)),
    ],
)
def test_a_month_lasts_to_its_last_day(text: str, first: date, last: date) -> None:
    span = read_span(text)
    assert span is not None
    assert (span.first, span.last) == (first, last)


@pytest.mark.parametrize("text", ["2021.13", "2021.02.30", "持续", "诊改报告", ""])
def test_what_is_no_month_is_none(text: str) -> None:
    assert read_span(text) is None


def test_work_may_go_on_for_good() -> None:
    assert [is_ongoing(each) for each in ("持续", "长期", "2021.12")] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("教务处,二级学院(部)", Kind.PARTY),
        ("学生工作部,二级学院(部))", Kind.PARTY),
        ("党政办、组织人事部、教务处等相关部门", Kind.PARTY),
        ("二级学院(部)文件", Kind.DELIVERABLE),
        ("任务分解表、任务考核表、考核结果、诊改报告", Kind.DELIVERABLE),
        ("2021,12", Kind.DATE),
        ("持续", Kind.DATE),
        ("", Kind.EMPTY),
    ],
)
def test_a_cell_is_known_by_its_words(text: str, kind: Kind) -> None:
    assert kind_of(text) is kind


def test_units_that_are_written_together_are_told_apart() -> None:
    assert parties_of("组织人事部二级学院(部)教师个人") == [
        "组织人事部",
        "二级学院(部)",
        "教师个人",
    ]
    assert parties_of("质量诊改办公室 党政办、组织部、人事部、财务处") == [
        "质量诊改办公室",
        "党政办",
        "组织部",
        "人事部",
        "财务处",
    ]


def test_units_are_found_by_names_that_are_not_theirs() -> None:
    units = {"组织人事部": "RSC", "质量诊改办公室": "ZGB", "基础教学部": "JCB", "教务处": "JWC"}
    named = {each.name: (each.unit, each.known_as) for each in units_named(PLAN, units)}
    assert named["组织部"] == named["人事部"] == ("RSC", "组织人事部")
    assert named["质量诊改办"] == ("ZGB", "质量诊改办公室")
    assert named["基础部教学部"] == ("JCB", "基础教学部")
    assert named["教务处"] == ("JWC", None)
    assert named["财务处"] == (None, None)


def test_a_text_without_a_schedule_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnreadablePlanError) as refused:
        read_text("关于印发方案的通知\n没有表格")
    assert "工作任务" in refused.value.zh
    assert refused.value.fixes
