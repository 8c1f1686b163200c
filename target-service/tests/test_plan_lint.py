"""The linter finds the conflicts of a plan by general rules: in the college's, in another one."""

from pathlib import Path

import pytest

from target_service.domain.plan_document.reading import read_text
from target_service.domain.plan_lint.finding import Finding, Severity
from target_service.domain.plan_lint.known import series_of
from target_service.domain.plan_lint.linter import lint
from target_service.domain.plan_lint.needs import builders_of
from target_service.domain.plan_lint.pieces import pieces_of

HERE = Path(__file__)
DEMO = HERE.parents[2] / "deploy/src/helix8/demo/college/plan-2020-18.txt"
COLLEGE = DEMO.read_text(encoding="utf-8")
OTHER = HERE.with_name("other_plan.txt").read_text(encoding="utf-8")

C, W, S = Severity.CONFLICT, Severity.WARNING, Severity.SLIP


def told(found: list[Finding]) -> set[tuple[str, Severity, tuple[int, ...]]]:
    return {(each.rule, each.severity, each.lines) for each in found}


def test_the_conflicts_of_the_colleges_plan() -> None:
    assert told(lint(read_text(COLLEGE))) == {
        # 教师运行 begins before its standards are due, and before its platform
        ("run-before-standards", C, (217, 216)),
        ("use-before-platform", C, (217, 223)),
        ("run-before-rule", W, (217, 230)),
        # 学校运行 uses a platform that is due five months later, and its rule is
        ("use-before-platform", C, (209, 221)),
        ("run-before-rule", C, (209, 227)),
        # 报告制度 precedes the rules of the levels
        ("summary-before-rules", C, (232, 227, 228, 229, 230, 231)),
        # the rule of 课程, its platform and its standards end in the month in which it begins
        ("run-before-rule", W, (213, 229)),
        ("use-before-platform", W, (213, 222)),
        ("run-before-standards", W, (213, 212)),
        ("run-before-standards", W, (211, 210)),
        ("run-before-standards", W, (219, 218)),
        # 数据中心 ends after two systems that need it
        ("platform-before-data-centre", C, (221, 220)),
        ("platform-before-data-centre", C, (224, 220)),
        # lost cells, work without an end
        ("cell-lost", C, (211,)),
        ("cell-lost", C, (213,)),
        ("cells-slipped", W, (233,)),
        ("no-end", C, (233,)),
        # slips
        ("word-slip", S, (159,)),
        ("date-slip", S, (212,)),
        ("bracket-slip", S, (25,)),
        ("bracket-slip", S, (209,)),
        ("bracket-slip", S, (213,)),
        ("bracket-slip", S, (218,)),
        ("bracket-slip", S, (237,)),
        # the misdated 文号
        ("number-wrong", W, (25,)),
    }


def test_a_finding_says_how_much_it_is_and_what_to_do() -> None:
    school = next(each for each in lint(read_text(COLLEGE)) if each.lines == (209, 221))
    assert school.zh == (
        "“诊改运行”（学校） 2021-02 开始，所用的平台“网上事务大厅” 2021-07 才完成，晚 5 个月"
    )
    assert school.en == (
        "line 209 begins 2021-02, the platform that it uses (line 221) ends 2021-07:"
        " 5 months too late"
    )
    assert "第 209 行" in school.remedy_zh
    number = next(each for each in lint(read_text(COLLEGE)) if each.rule == "number-wrong")
    assert number.remedy_zh == "改为“教职成司函〔2017〕56号”"


def test_the_same_rules_find_the_faults_of_another_plan() -> None:
    found = {(each.rule, each.severity) for each in lint(read_text(OTHER))}
    lines = {each.rule: each.lines for each in lint(read_text(OTHER))}
    assert found == {
        ("run-before-standards", C),
        ("run-before-standards", W),
        ("use-before-platform", C),
        ("platform-before-data-centre", C),
        ("summary-before-rules", C),
        ("cell-lost", C),
        ("no-end", C),
        ("date-slip", S),
        ("word-slip", S),
        ("number-wrong", W),
    }
    assert _line(lines["number-wrong"]).startswith("根据")
    assert "学工系统" in _line(lines["use-before-platform"])
    assert "职量认同" in _line(lines["word-slip"])
    assert "2025/01" in _line(lines["date-slip"])


def _line(lines: tuple[int, ...]) -> str:
    return OTHER.splitlines()[lines[0] - 1]


CORRECTED = {
    "〔2015〕56号": "〔2017〕56号",
    "通知》教职成": "通知》（教职成",
    "、重庆市高等职业院校内部": "、《重庆市高等职业院校内部",
    "职量认同": "质量认同",
    "“8字螺旋": "“8”字螺旋",
    "二级学院(部))": "二级学院(部)",
    "诊改报告\t2021.12\t持续\t": "教务处,二级学院(部)\t诊改报告\t2022.02\t持续",
    "2021,12": "2021.12",
    "诊改报告\t2021.09\t持续": "诊改报告\t2022.02\t持续",
    "诊改报告\t2021.11\t持续": "诊改报告\t2022.02\t持续",
    "诊改报告\t2021.02\t持续": "诊改报告\t2021.08\t持续",
    "宣传部\t\t质量文化建设方案及建设过程材料\t2020.11": (
        "宣传部\t质量文化建设方案及建设过程材料\t2020.11\t持续"
    ),
    "2020.11\t2021.10": "2020.11\t2021.07",
    "2020.11\t2021.06": "2020.11\t2021.12",
}


def test_a_corrected_copy_has_no_finding() -> None:
    text = COLLEGE
    for wrong, right in CORRECTED.items():
        assert wrong in text, wrong
        text = text.replace(wrong, right)
    assert lint(read_text(text)) == []


def test_a_platform_is_found_by_its_name_or_by_its_only_level() -> None:
    pieces = pieces_of(read_text(COLLEGE).rows)
    assert [each.row.line for each in builders_of("智能云课堂", pieces)] == [222]
    assert [each.row.line for each in builders_of("师资平台", pieces)] == [223]
    assert [each.row.line for each in builders_of("学工平台", pieces)] == [224]
    assert builders_of("图书馆系统", pieces) == []


def test_a_document_is_known_however_its_title_is_written() -> None:
    assert series_of("教育部办公厅关于建立职业院校教学工作诊断与改进制度的通知") == series_of(
        "关于建立职业院校教学工作诊断与改进制度的通知"
    )


@pytest.mark.parametrize(
    ("end", "rule"),
    [("2021.13", "date-unreadable"), ("2020.10", "ends-before-start"), ("", "no-end")],
)
def test_a_row_whose_time_cannot_be_is_told(end: str, rule: str) -> None:
    header = "工作任务\t主要内容\t开始时间\t完成时间"
    document = read_text(f"{header}\n图书建设\t采购图书\t2020.11\t{end}\t")
    assert told(lint(document)) == {(rule, C, (2,))}
