"""Definitions in words, in both languages, made from their formulas."""

from typing import Any

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.document import parse_indicator
from datahub.indicators.domain.words.results import Teller
from datahub.indicators.repository import following
from datahub.indicators.repository.shipped import load_catalogue
from datahub.indicators.tables import IndicatorRow

BASE: dict[str, Any] = {
    "indicator": "told",
    "zh": "某项",
    "en": "Some",
    "unit": "some",
    "direction": "higher",
    "scopes": [{"kind": "school", "period": "term"}],
}
RATE = BASE | {
    "indicator": "pass_rate",
    "zh": "及格率",
    "en": "Pass rate",
    "formula": "rate(number >= 60 of score)",
    "scopes": [{"kind": kind, "period": "term"} for kind in ("school", "course")],
}


@pytest.mark.parametrize(
    ("formula", "zh", "en"),
    [
        (
            "rate(number >= 60 of score)",
            "「分数大于等于 60 的成绩数」 ÷ 「有分数的成绩数」",
            (
                "[number of score records where number is at least 60]"
                " ÷ [number of score records where number is known]"
            ),
        ),
        (
            "count(student where in_school and sex = '1')",
            "「在校且性别为男性（1）的学生人数」",
            "[number of student records where in school and sex is Male (1)]",
        ),
        (
            "count(student where sex = '1' and (overseas or grade_year < 2024))",
            "「性别为男性（1）且（来华留学生或年级小于 2024）的学生人数」",
            (
                "[number of student records where sex is Male (1)"
                " and (from abroad or year of entry is below 2024)]"
            ),
        ),
        (
            "count(distinct student_no of score where student.grade_year not in (2023, 2024))",
            "「学生的年级不为 2023、2024 之一的成绩中不同学号的个数」",
            (
                "[number of different student number over score records"
                " where year of entry of student is none of 2023, 2024]"
            ),
        ),
        (
            "sum(weight(excellent_level, '1': 3, '2': 1) of course) / count(course) * 100",
            (
                "「课程的（精品课程级别的权重（国家级（1）计 3、省级（2）计 1））合计」 × 100"
                " ÷ 「课程数」"
            ),
            (
                "[sum of the weight of excellent course level (National (1): 3, Provincial (2): 1)"
                " over course records] × 100 ÷ [number of course records]"
            ),
        ),
        (
            "percentile(0.9, gpa of score) - median(gpa of score)",
            "「成绩的绩点第 90 百分位数」 − 「成绩的绩点中位数」",
            (
                "[percentile 90 of grade point over score records]"
                " − [median of grade point over score records]"
            ),
        ),
        (
            "[pass_rate] - previous([pass_rate])",
            "《及格率》 − 上一周期的《及格率》",
            "“Pass rate” − “Pass rate” of the period before",
        ),
        (
            "year_to_date([pass_rate])",
            "本年至今的《及格率》的分子 ÷ 本年至今的《及格率》的分母",
            (
                "the numerator of “Pass rate” over the year so far"
                " ÷ the denominator of “Pass rate” over the year so far"
            ),
        ),
        (
            "rate([pass_rate] >= 0.9 of course)",
            "「《及格率》大于等于 0.9 的下级课程数」 ÷ 「下级课程数（有值的）」",
            (
                "[number of each course beneath where “Pass rate” is at least 0.9]"
                " ÷ [number of each course beneath that has a value]"
            ),
        ),
        (
            "sum(number of score) / (count(score) * 2)",
            "「成绩的分数合计」 ÷ （「成绩数」 × 2）",
            "[sum of number over score records] ÷ ([number of score records] × 2)",
        ),
        (
            "count(score) = count(course)",
            "「成绩数」等于「课程数」",
            "[number of score records] equals [number of course records]",
        ),
        (
            "count(student_punishment where withdrawn_on is null)",
            "「没有解除日期的违纪处分数」",
            "[number of records of punishment of a student where withdrawn on is not known]",
        ),
        (
            "count(score where days(recorded_at, student.birth_date) is not null)",
            "「有录入时间、学生的出生日期的成绩数」",
            "[number of score records where recorded at, date of birth of student are known]",
        ),
        (
            "count(score where days(recorded_at, student.birth_date) is null)",
            "「没有录入时间、学生的出生日期的成绩数」",
            "[number of score records where recorded at, date of birth of student are not known]",
        ),
        (
            "2 ^ 3 ^ 2 * count(score)",
            "（2 的（3 的 2 次方）次方） × 「成绩数」",
            "(2 to the power of (3 to the power of 2)) × [number of score records]",
        ),
        (
            "count(data_feed where way = '1')",
            "「更新方式为手动更新（1）的数据集成任务数」",
            "[number of records of data integration where way of updating is By hand (1)]",
        ),
        (
            "sum(values_typed of indicator_total) / sum(values_told of indicator_total)",
            "「指标值统计的人工填报的单元数合计」 ÷ 「指标值统计的有值的单元数合计」",
            (
                "[sum of cells handed in over records of totals of an indicator]"
                " ÷ [sum of cells with a value over records of totals of an indicator]"
            ),
        ),
        (
            "count(score where grade_type = 'mid' or grade_type in ('end', 'makeup'))",
            "「成绩类型为期中成绩或成绩类型为期末成绩、补考成绩之一的成绩数」",
            (
                "[number of score records where grade type is midterm"
                " or grade type is one of end of term, resit]"
            ),
        ),
        (
            "sum(weight(grade_type, 'mid': 3, 'end': 7) of score)",
            "「成绩的（成绩类型的权重（期中成绩计 3、期末成绩计 7））合计」",
            "[sum of the weight of grade type (midterm: 3, end of term: 7) over score records]",
        ),
        (
            "if(count(score) < 10, 0, 3)",
            "若「成绩数」小于 10 则 0，否则 3",
            "0 if [number of score records] is below 10, else 3",
        ),
    ],
)
def test_a_formula_is_told_in_words(dictionary: Dictionary, formula: str, zh: str, en: str) -> None:
    rate = parse_indicator(RATE, dictionary, 1)
    known = {"pass_rate": rate}
    indicator = parse_indicator(BASE | {"formula": formula}, dictionary, 1, known)

    assert Teller(dictionary, known).indicator(indicator) == (zh, en)


def test_every_definition_of_the_catalogue_can_be_told(dictionary: Dictionary) -> None:
    rows = {
        name: [IndicatorRow(id=name, version=1, document=dict(document))]
        for name, document in load_catalogue().items()
    }
    read = following.read_all(rows, dictionary)
    known = {name: found for name, (found, _) in read.items() if found is not None}
    teller = Teller(dictionary, known)

    told = {name: teller.indicator(each) for name, each in known.items()}
    assert len(told) == len(load_catalogue())
    assert all(each.zh and each.en for each in told.values())
