"""The formula language: how it is read, what it refuses and where, what it counts and reckons."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.domain.kind import Kind
from datahub.indicators.domain.counted import NOTHING, UNDELIVERED, Counted
from datahub.indicators.domain.definition import Count, Number, Reckoning
from datahub.indicators.domain.formula.parts import MAX_LEGS, take_apart
from datahub.indicators.domain.formula.reading import MAX_LENGTH, read_formula
from datahub.indicators.domain.formula.syntax import FormulaError
from datahub.indicators.domain.reckoning import Found, reckon
from datahub.indicators.domain.row import Operation, Path, Value


def found(dictionary: Dictionary, formula: str, *values: int | str | None) -> Decimal | str:
    """Reckon a formula of which each count found so much, in ten rows."""
    parts = take_apart(formula, dictionary)
    counted = [
        Counted(value=None if each is None else Decimal(each), rows=10, base=10, present=10)
        for each in values
    ]
    whole = parts.numerator
    if parts.denominator is not None:
        whole = Reckoning("/", (parts.numerator, parts.denominator))
    return reckon(whole, Found(parts.legs, counted))


ONE = "count(student)"
"""Finds one student in what follows."""


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("2^3^2", "512"),
        ("-(2)^2", "-4"),
        ("-2^2", "-4"),
        ("12 % 5 % 3", "2"),
        ("2^-1", "0.5"),
        ("10 - 4 - 3", "3"),
        ("100 / 10 / 5", "2"),
        ("2 + 3 * 4", "14"),
        ("(2 + 3) * 4", "20"),
        ("7 % 4 * 2", "6"),
        ("-7 % 4", "-3"),
        ("- - 3", "3"),
        ("abs(-3) + greatest(1, 5, 2) - least(4, 2)", "6"),
        ("if(1 < 2, 10, 20)", "10"),
        ("if(not 1 < 2 or 3 = 4, 10, 20)", "20"),
        ("if(1 = 1 and 2 != 3, 10, 20)", "10"),
        ("0.1 + 0.2", "0.3"),
    ],
)
def test_arithmetic_is_that_of_dhis2(dictionary: Dictionary, formula: str, value: str) -> None:
    assert found(dictionary, f"{ONE} * 0 + {formula}", 1) == Decimal(value)


@pytest.mark.parametrize(
    ("formula", "values", "value"),
    [
        ("count(student) / count(staff)", [6, 4], "1.5"),
        ("count(student) / count(staff)", [6, 0], "zero-denominator"),
        ("1 + count(student) % count(staff)", [6, 0], "zero-denominator"),
        ("count(student) + sum(teaching_share of staff)", [6, None], "6"),
        ("count(student) + max(teaching_share of staff)", [6, None], "no-rows"),
        ("count(student) ^ 999", [10**6], "out-of-range"),
        ("count(student) > 0", [3], "1"),
        ("not count(student) > 0", [3], "0"),
    ],
)
def test_what_has_no_number_says_why(
    dictionary: Dictionary, formula: str, values: list[int | str | None], value: str
) -> None:
    result = found(dictionary, formula, *values)

    assert result == (Decimal(value) if value[0].isdigit() else value)


def test_nobody_has_delivered_is_not_nothing(dictionary: Dictionary) -> None:
    parts = take_apart("count(student) + count(staff)", dictionary)
    some = Counted(value=Decimal(3), rows=3, base=3, present=3)

    assert reckon(parts.numerator, Found(parts.legs, [some, NOTHING])) == Decimal(3)
    assert reckon(parts.numerator, Found(parts.legs, [some, UNDELIVERED])) == "no-rows"


def test_a_rate_and_a_mean_keep_both_their_parts(dictionary: Dictionary) -> None:
    rate = take_apart("rate(number >= 60 of score where grade_type = 'mid')", dictionary)
    mean = take_apart("avg(number of score)", dictionary)
    number = Path(dictionary.entities["score"].fields["number"])
    kind = Path(dictionary.entities["score"].fields["grade_type"])
    is_mid = Operation("=", Kind.BOOLEAN, (kind, Value(Kind.TEXT, "mid")))
    passed = Operation(">=", Kind.BOOLEAN, (number, Value(Kind.NUMBER, "60")))

    def known(row: Any) -> Operation:
        return Operation("not", Kind.BOOLEAN, (Operation("is_null", Kind.BOOLEAN, (row,)),))

    assert (rate.numerator, rate.denominator) == (Count(0), Count(1))
    assert [leg.where for leg in rate.legs] == [
        Operation("and", Kind.BOOLEAN, (is_mid, passed)),
        Operation("and", Kind.BOOLEAN, (is_mid, known(passed))),
    ]
    assert [(leg.aggregate, leg.value, leg.where) for leg in mean.legs] == [
        ("sum", number, None),
        ("count", None, known(number)),
    ]


@pytest.mark.parametrize(
    ("formula", "numerator", "denominator"),
    [
        ("count(student)", Count(0), None),
        ("count(student) / count(staff)", Count(0), Count(1)),
        (
            "count(student) / count(staff) * 100",
            Reckoning("*", (Count(0), Number(Decimal(100)))),
            Count(1),
        ),
        (
            "100 * count(student) / count(staff)",
            Reckoning("*", (Number(Decimal(100)), Count(0))),
            Count(1),
        ),
        (
            "count(student) / count(staff) / count(course)",
            Count(0),
            Reckoning("*", (Count(1), Count(2))),
        ),
        ("count(student) / count(student)", Count(0), Count(0)),
        (
            "count(student) / count(staff) + 1",
            Reckoning("+", (Reckoning("/", (Count(0), Count(1))), Number(Decimal(1)))),
            None,
        ),
    ],
)
def test_the_quotient_at_the_top_is_kept_in_two_parts(
    dictionary: Dictionary, formula: str, numerator: Any, denominator: Any
) -> None:
    parts = take_apart(formula, dictionary)

    assert (parts.numerator, parts.denominator) == (numerator, denominator)


@pytest.mark.parametrize(
    ("formula", "at", "says"),
    [
        ("", 1, "此处应有数值、字段或函数 (at 1: a value is expected here)"),
        ("count(", 7, "此处应为实体 (at 7: an entity is expected here)"),
        ("count(student", 14, "此处应为 ) (at 14: ) is expected here)"),
        ("count(student where", 20, "此处应有数值、字段或函数 (at 20: a value is expected here)"),
        ("count(student) +* 2", 17, "而不是 * (at 17: a value is expected here, not *)"),
        ("count(student) 2", 16, "公式应在此结束，而不是 2"),
        ("count(student) \u00f7 2", 16, "不认识的符号 '\u00f7'，请用半角的 /"),
        ("count\uff08student)", 6, "请用半角的 ( (at 6: unknown sign '\uff08': write ()"),
        ("count(student where name \uff1d 'a')", 26, "请用半角的 ="),
        ("count(student where name = \u201ca\u201d)", 28, "请用半角的 '"),
        ("count(student) # 2", 16, "不认识的符号 '#' (at 16: unknown sign '#')"),
        ("count(student where name = 'a)", 28, "文本没有结束的引号"),
        ("number(student)", 1, "没有函数 number"),
        ("sum(number)", 11, "此处应为 of"),
        ("count(nobody)", 7, "没有实体 nobody (at 7: no entity nobody)"),
        ("count(learning_event)", 7, "原始事件不计入指标"),
        ("count(student where colour = 1)", 21, "student 没有字段 colour，可用：student_no、"),
        ("count(score where number2 > 1)", 19, "没有字段 number2，可用：number 等"),
        ("count(scores)", 7, "没有实体 scores，已有 score"),
        (
            "count(student where course.name = 'x')",
            21,
            "student 到不了 course.name；student 可引到 ",
        ),
        ("count(student where in_school = 1)", 31, "不可比"),
        ("count(student where student_no > 5)", 32, "数值与文本或代码不可比"),
        ("count(student where name)", 21, "此处应为是否 (at 21: true or false is expected here)"),
        ("count(student where in_school < true)", 31, "是否没有大小"),
        ("count(student where enrolled_on > '2026-02-30')", 33, "'2026-02-30' 不是日期，写作"),
        ("count(score where recorded_at > '2026-02-30')", 31, "'2026-02-30' 不是时刻，写作"),
        ("sum(days(recorded_at, '2026-02-30') of score)", 23, "'2026-02-30' 不是日期，写作"),
        ("count(score where grade_type = 'late')", 30, "grade_type 没有取值 'late'"),
        ("count(score where grade_type in ('mid', 'late'))", 41, "grade_type 没有取值 'late'"),
        ("count(student where sex = '7')", 25, "不在代码集 gbt_2261_1 中"),
        ("sum(name of student)", 5, "此处应为数值 (at 5: a number is expected here)"),
        ("sum(number ^ 20 of score)", 14, "指数须为 0 至 9 的整数"),
        ("sum(number ^ number of score)", 14, "指数须为 0 至 9 的整数"),
        ("sum(days(recorded_at) of score)", 5, "写作 days(later, earlier)"),
        ("sum(days(number, recorded_at) of score)", 10, "此处应为日期"),
        ("sum(weight(grade_type) of score)", 5, "写作 weight("),
        (
            "sum(weight(grade_type, 'mid': 3, 'mid': 4) of score)",
            34,
            "mid 的权重给了两次，只留一个 (at 34: the weight of mid is said twice: keep one)",
        ),
        ("sum(weight(number, 1: 3, 1.0: 4) of score)", 26, "的权重给了两次"),
        ("sum(count(score) of score)", 5, "of 与 where 中只能写本实体的字段"),
        ("percentile(2, number of score)", 12, "须在 0 与 1 之间"),
        ("number + 1", 1, "字段 number 只能写在 count、sum 等之内"),
        ("1 + 1", 3, "没有计数任何实体"),
        ("count(student) / 0", 18, "除数恒为零"),
        ("count(student) % 0", 18, "除数恒为零"),
        ("count(student) / if(2 > 1, 0, count(staff))", 18, "除数恒为零"),
        ("count(student) / if(count(staff) > 1, 0, 2 - 2)", 18, "除数恒为零"),
        ("count(student) + (count(staff) > 1)", 32, "此处应为数值"),
        ("if(count(student), 1, 2)", 4, "此处应为条件"),
        ("if(1 < 2, 1)", 1, "if 需要 3 项"),
        ("days(1, 2)", 1, "days 只能写在 count、sum 等之内"),
        (f"{'(' * 70}1{')' * 70}", 61, "嵌套超过 60 层"),
        (f"{'-' * 70}1", 61, "嵌套超过 60 层"),
        (f"{'not ' * 70}1", 241, "嵌套超过 60 层"),
        ("1" * (MAX_LENGTH + 1), MAX_LENGTH + 1, "至多 4000 字"),
        (
            " + ".join(f"count(student where grade_year = {year})" for year in range(2000, 2021)),
            821,
            f"至多 {MAX_LEGS} 项计数",
        ),
    ],
)
def test_a_fault_says_where_it_stands_and_what_would_be_right(
    dictionary: Dictionary, formula: str, at: int, says: str
) -> None:
    with pytest.raises(FormulaError) as refusal:
        take_apart(formula, dictionary)

    assert refusal.value.at + 1 == at
    assert says in refusal.value.reason


@given(st.text(alphabet="count sm(ofwhere)<>=+-*/^%'.,#:0123 andotrue", max_size=60))
def test_any_text_is_a_formula_or_a_fault_in_it(text: str) -> None:
    try:
        at = read_formula(text).at
    except FormulaError as error:
        at = error.at

    assert 0 <= at <= len(text)
