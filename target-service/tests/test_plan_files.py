"""Plans from YAML and from the workbook: what is wrong is told all at once, by its place."""

import io
import tempfile
import time
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from shared.contracts.vocabulary import Level
from target_service.domain.plan_document.document import Column, How, PlanDocument
from target_service.domain.plan_document.reading import UnreadablePlanError
from target_service.domain.plan_lint.linter import lint
from target_service.usecases.plan_files import read_plain, read_workbook, read_yaml
from target_service.usecases.plan_template import write_template

YAML = """
title: 海州职业学院质量提升实施方案
number: 海州职院发〔2024〕7号
issued_on: 2024-03-05
years: 2
schedule:
  - system: 教师层面
    task: 两链打造
    content: 教师发展标准
    lead: 组织人事部
    undertakers: [组织人事部, 各系]
    deliverable: 标准文本
    start: 2024.10
    end: 2024.12
  - {task: 诊改运行, content: 自我诊改, deliverable: 诊改报告, start: 2025.01, end: 持续}
bodies:
  - {title: 质量委员会, head: 院长, member: [教务处, 学工处], duties: [审议标准, 督促改进]}
basis:
  - {title: 深化新时代教育评价改革总体方案}
cycles:
  - {level: 教师, rhythm: 聘期}
  - {level: course, rhythm: term, warning_only: 是}
"""


def test_a_yaml_file_says_what_a_text_does() -> None:
    plan = read_yaml(YAML.replace("[组织人事部, 各系]", "组织人事部").encode())
    assert (plan.title, plan.years, plan.number) == (
        "海州职业学院质量提升实施方案",
        2,
        "海州职院发〔2024〕7号",
    )
    assert [each.line for each in plan.rows] == [7, 15]
    run = plan.rows[1]
    assert run.cells[Column.LEAD].text == "组织人事部"
    assert run.cells[Column.LEAD].how is How.CARRIED
    # A month is kept as it is written: 2024.10 is no number.
    assert plan.rows[0].start is not None
    assert plan.rows[0].start.words == "2024-10"
    assert run.ongoing
    assert [each.party for each in plan.bodies[0].members] == ["院长", "教务处", "学工处"]
    assert [each.text for each in plan.bodies[0].duties] == ["审议标准", "督促改进"]
    assert [(each.level, each.rhythm, each.warning_only) for each in plan.cycles] == [
        (Level.TEACHER, "appointment", False),
        (Level.COURSE, "term", True),
    ]
    assert lint(plan) == []


def refused(content: bytes) -> dict[str, list[str]]:
    with pytest.raises(UnreadablePlanError) as error:
        read_yaml(content)
    return error.value.fields


def test_everything_that_is_wrong_in_yaml_is_told_at_once() -> None:
    fields = refused(
        b"""
number: 7
issued_on: 2024-02-30
years: many
colour: red
schedule:
  - {task: "", start: 2024.13, end: soon}
  - {task: a, start: 2024.05, end: 2024.04, budget: 3}
  - word
bodies:
  - {title: ""}
cycles:
  - {level: moon, rhythm: blue, warning_only: maybe}
"""
    )
    assert sorted(fields) == [
        "$.bodies[0].head",
        "$.bodies[0].title",
        "$.colour",
        "$.cycles[0].level",
        "$.cycles[0].rhythm",
        "$.cycles[0].warning_only",
        "$.issued_on",
        "$.number",
        "$.schedule[0].end",
        "$.schedule[0].start",
        "$.schedule[0].task",
        "$.schedule[1].budget",
        "$.schedule[1].end",
        "$.schedule[2]",
        "$.title",
        "$.years",
    ]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"a: &x [1]\nb: *x\n", "锚点"),
        (b"a: " + b"[" * 50 + b"]" * 50, "嵌套"),
        (b"a: [1\nb: 2", "YAML"),
        (b"- 1", "顶层"),
        (b"", "顶层"),
        (b"a: \x00", "GB 18030"),
        (b'a: "\\UFFFFFFFF"', "YAML"),
        (b"%YAML 1." + b"9" * 5_000 + b"\n---\na: b", "YAML"),
        (b"? [a, b]\n: c", "改正"),
        (b'title: "a\\0b"', "改正"),
        (b'title: "a\\uD800b"', "改正"),
        (b"title: a\nyears: " + b"9" * 5_000, "改正"),
        (b"\xff\xff\xff", "GB 18030"),
    ],
)
def test_what_is_no_plan_is_refused_with_why(content: bytes, word: str) -> None:
    with pytest.raises(UnreadablePlanError) as error:
        read_yaml(content)
    assert word in error.value.zh


def test_a_schedule_of_a_text_has_as_many_rows_as_one_of_a_table() -> None:
    head, row = "工作任务\t主要内容\t开始时间\t完成时间\n", "诊改运行\t诊改\t2026.09\t持续\n"
    with pytest.raises(UnreadablePlanError) as error:
        read_plain((head + row * 2_001).encode())
    assert error.value.zh == "进程表有 2001 行，上限 2000"
    with pytest.raises(UnreadablePlanError) as error:
        read_plain((head + row + "\0").encode())
    assert "GB 18030" in error.value.zh


def test_no_text_however_made_takes_long_to_read() -> None:
    table = "工作任务\t主要内容\t开始时间\t完成时间\n诊改运行\t诊改\t2026.09\t持续\n"
    brackets, blanks = "〈〉" * 9_000, " " * 19_000
    bodies = f"一、组织机构\n1.组{blanks}长\n组长：院长\n"
    text = f"2026年2月30日\n{table}根据《甲》《关于印发{brackets}\n{bodies}"
    began = time.process_time()
    plan = read_plain(text.encode())
    assert time.process_time() - began < 1
    assert [(each.title, len(each.members)) for each in plan.bodies] == [("组长", 1)]
    title = "《关于印发〈《甲》办法〉的通知》"
    [cited] = read_plain(f"{table}根据{title}（教职成厅〔2015〕2号）\n".encode()).citations
    assert (cited.title, cited.number) == (title[1:-1], "教职成厅〔2015〕2号")
    with pytest.raises(UnreadablePlanError) as error:
        read_plain((table + "长" * 20_001).encode())
    assert error.value.zh == "有一行超过 20000 字"


def test_an_older_text_is_read_as_gb18030() -> None:
    text = "工作任务\t主要内容\t开始时间\t完成时间\n诊改运行\t自我诊改\t2026.09\t持续\n"
    assert read_plain(text.encode("gb18030")).rows == read_plain(text.encode()).rows


def workbook(fill: Callable[[Any], None]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(write_template()))
    fill(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def well(book: Any) -> None:
    book["规划"].append(["海州职业学院质量提升实施方案", "海州职院发〔2024〕7号", "2024-03-05", 2])
    rows = book["进程表"]
    lead = ["组织人事部", "组织人事部", "标准文本"]
    rows.append(["教师层面", "两链打造", "教师发展标准", "院长", *lead, "2024.10", "2024.12"])
    rows.append([None, "诊改运行", "自我诊改", None, None, None, "诊改报告", "2025.01", "持续"])
    book["机构"].append(["质量委员会", "院长", None, "教务处、学工处", "审议标准；督促改进"])
    book["周期"].append(["教师", "聘期", "否"])


async def read(content: bytes) -> PlanDocument:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        return await read_workbook(file)


async def test_the_template_that_is_filled_in_is_read() -> None:
    plan = await read(workbook(well))
    assert [(each.line, each.text(Column.CONTENT)) for each in plan.rows] == [
        (3, "教师发展标准"),
        (4, "自我诊改"),
    ]
    assert plan.rows[0].start is not None
    assert plan.rows[0].start.words == "2024-10"
    assert (plan.years, len(plan.bodies[0].members)) == (2, 3)
    assert lint(plan) == []


async def test_what_is_wrong_in_a_workbook_is_told_by_its_cells() -> None:
    def fill(book: Any) -> None:
        well(book)
        late = [None, None, "x", None, None, None, None, "2025.05", "2025.04"]
        book["进程表"].append(late)
        book["进程表"].append([None, None, "y", None, None, None, None, "?", "持续"])
        book["周期"].append(["月球", "学期", "否"])
        book["规划"]["C3"] = "2024-02-30"

    with pytest.raises(UnreadablePlanError) as error:
        await read(workbook(fill))
    assert sorted(error.value.fields) == ["周期!A4", "规划!C3", "进程表!H6", "进程表!I5"]


async def test_a_sheet_without_the_names_of_its_fields_is_told() -> None:
    def fill(book: Any) -> None:
        well(book)
        book["进程表"]["B2"] = "工作任务"

    with pytest.raises(UnreadablePlanError) as error:
        await read(workbook(fill))
    assert list(error.value.fields) == ["进程表!A2"]
    assert "模板" in error.value.fields["进程表!A2"][0]


def test_the_template_hides_its_codes_and_offers_what_there_is_to_choose() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_template()))
    assert book.sheetnames == ["说明", "规划", "进程表", "机构", "依据", "周期"]
    assert all(book[name].row_dimensions[2].hidden for name in book.sheetnames[1:])
    lists = [each.formula1 for each in book["周期"].data_validations.dataValidation]
    assert lists == [
        '"学校,专业,课程,教师,学生"',
        '"年度,学年,学期,月,建设期,聘期"',
        '"是,否"',
    ]
