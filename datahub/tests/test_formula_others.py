"""Formulas over other indicators: what they say, and what they are refused for."""

from decimal import Decimal
from typing import Any

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.cell import evaluate
from datahub.indicators.domain.definition import Indicator, When
from datahub.indicators.domain.depending import cycle_of, depending_on, ordered
from datahub.indicators.domain.document import IndicatorInvalidError, parse_indicator
from datahub.indicators.domain.looking import found_back, may_be_seen_from, may_look_at
from datahub.indicators.domain.measured import Value
from datahub.indicators.domain.view import View
from datahub.tests.measuring import PASS_RATE, TERM

TERMS = ("course", "class")


def definition(name: str, unit: str, formula: str, *kinds: str, **more: Any) -> dict[str, Any]:
    words = {k: PASS_RATE[k] for k in ("zh", "en", "direction")}
    scopes = [{"kind": kind, "period": "term"} for kind in kinds]
    rest = {"indicator": name, "unit": unit, "formula": formula, "scopes": scopes}
    return {**words, **rest, **more}


@pytest.fixture(scope="module")
def known(dictionary: Dictionary) -> dict[str, Indicator]:
    """Indicators that count records."""
    documents = [
        definition("rate", "ratio", "rate(number >= 60 of score)", *TERMS, "school"),
        definition("percent", "percent", "rate(number >= 60 of score) * 100", "course"),
        definition("mean", "score", "avg(number of score)", *TERMS),
        definition("rows", "count", "count(score)", *TERMS),
        definition("most", "score", "max(number of score)", "course"),
        definition("middle", "score", "median(number of score)", "course"),
        definition("own", "个", "count(score)", "course"),
    ]
    found = [parse_indicator(each, dictionary, 1) for each in documents]
    return {each.id: each for each in found}


@pytest.mark.parametrize(
    ("unit", "formula", "place", "says"),
    [
        ("ratio", "1 - [rats]", "$.formula", "第 5 字：没有指标 rats，已有 rate (at 5: no such"),
        ("ratio", "[x] + [rate]", "$.formula", "第 1 字：循环引用：x → x (at 1: a cycle: x → x)"),
        ("ratio", "[rate", "$.formula", "第 1 字：其他指标写作 [指标编号] (at 1: another indic"),
        ("ratio", "previous(rate)", "$.formula", "第 10 字：此处应为 [指标编号]，而不是 rate"),
        ("ratio", "offset([rate], 1)", "$.formula", "第 16 字：须为 -1 至 -60 的整数"),
        ("ratio", "offset([rate])", "$.formula", "第 14 字：此处应为 ,"),
        ("score", "[most] + [mean]", "$.scopes", ""),
        ("score", "year_to_date([middle])", "$.formula", "第 1 字：middle 各周期不可累加"),
        ("ratio", "[rate] + [mean]", "$.formula", "第 8 字：ratio 与 score 单位不同"),
        ("ratio", "[rate] + [rows]", "$.formula", "第 8 字：ratio 与 count 单位不同"),
        ("ratio", "[rate] > [percent]", "$.formula", "第 8 字：ratio 与 ratio × 10^2 单位不同"),
        ("ratio", "[rate] * 100", "$.unit", "除以 100，或 unit 改为 percent (divide by 100, or"),
        ("percent", "[rate]", "$.unit", "乘以 100，或 unit 改为 ratio (multiply by 100, or"),
        ("percent", "[rate] / 100", "$.unit", "乘以 10000 (multiply by 10000)"),
        ("ratio", "[percent]", "$.unit", "除以 100，或 unit 改为 percent"),
        ("money", "[mean] * [rows]", "$.unit", "公式得出 score"),
        ("ratio", "[rate] / ([mean] - [mean])", "$.formula", "第 18 字：除数恒为零"),
        ("ratio", "[rate] / (2 - 2)", "$.formula", "第 13 字：除数恒为零"),
        ("ratio", "[rate] % (0 * [rows])", "$.formula", "第 13 字：除数恒为零"),
        ("ratio", "[rate] / abs(1 - 1)", "$.formula", "第 10 字：除数恒为零"),
        ("ratio", "[rate] * 0 ^ -1", "$.formula", "第 14 字：除数恒为零"),
        ("ratio", "sum(number / (3 - 3) of score) + [rate]", "$.formula", "第 17 字：除数恒为零"),
        ("ratio", "avg([rate] of group)", "$.formula", "第 1 字：group 不直属于 course"),
        (
            "score",
            "avg([most] of class)",
            "$.formula",
            "第 5 字：most 不按 class × term 测量，只按",
        ),
        ("ratio", "avg([rate] of planet)", "$.formula", "第 15 字：没有对象种类 planet，可为"),
        ("ratio", "count(distinct [rate] of class)", "$.formula", "第 1 字：下级对象本无重复"),
        ("ratio", "avg(count(score) * [rate] of class)", "$.formula", "第 5 字：对下级对象只能写"),
        ("ratio", "avg(avg([rate] of class) of class)", "$.formula", "第 5 字：对下级对象只能写"),
        ("ratio", "avg([rate] > 1 of class)", "$.formula", "第 12 字：此处应为数值"),
        ("ratio", "count(class where [rate])", "$.formula", "第 19 字：此处应为条件"),
        ("count", "count(score where number in ([rate]))", "$.formula", "第 30 字：此处只能是常量"),
        (
            "count",
            "count(score) + rate(number > 1 of score)",
            "$.formula",
            "第 14 字：count 与 ratio",
        ),
        ("money", "sum(number of score)", "$.unit", "公式得出 score"),
        ("money", "sum(number ^ 81 of score)", "$.formula", "第 14 字：指数须为 0 至 9 的整数"),
        ("own", "sum(((number ^ 9) ^ 9) ^ 2 of score)", "$.formula", "第 24 字：乘方套乘方，指数"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    dictionary: Dictionary,
    known: dict[str, Indicator],
    unit: str,
    formula: str,
    place: str,
    says: str,
) -> None:
    scopes = "$.scopes" in place
    kinds = () if scopes else ("course",)

    with pytest.raises(IndicatorInvalidError) as refusal:
        parse_indicator(definition("x", unit, formula, *kinds), dictionary, 1, known)

    assert list(refusal.value.fields) == [place]
    told = refusal.value.fields[place]
    assert says in told[0]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize(
    ("unit", "formula"),
    [
        ("ratio", "[rate] - previous([rate])"),
        ("percent", "[rate] * 100"),
        ("percent", "[percent] - 100 * [rate]"),
        ("score", "[mean] * 0.7 + [most] * 0.3"),
        ("to_one", "[rows] / count(score)"),
        ("册", "[rows] / 100"),
        ("ratio", "[own] / [rows] + [mean] / [own]"),
        ("score", "([rows] * 100 + [rows] * 80) / count(score)"),
        ("万元", "sum(original_value of asset_item) / 10000"),
        ("money", "sum(original_value of asset_item) / count(student)"),
        ("hours", "sum(hours of staff_training) / count(staff)"),
        ("days", "avg(days(today, birth_date) of staff)"),
        ("ratio", "year_to_date([rate])"),
        ("ratio", "rate([rate] >= 0.9 and [mean] > 60 of class)"),
        ("count", "count(class where [rate] >= 0.9)"),
    ],
)
def test_what_is_alike_goes_together(
    dictionary: Dictionary, known: dict[str, Indicator], unit: str, formula: str
) -> None:
    document = definition("x", unit, formula)
    constant = {"constant": "C1"}
    period = {"kind": "term", "from": {"constant": TERM}}
    document["scopes"] = [{"kind": "course", "key": constant, "period": period}]
    if "of " not in formula.replace("of class)", "") and "count(score" not in formula:
        document["scopes"] = [{"kind": "course", "period": "term"}]

    assert parse_indicator(document, dictionary, 1, known).id == "x"


def test_a_scope_without_anything_counted_says_neither_key_nor_date(
    dictionary: Dictionary, known: dict[str, Indicator]
) -> None:
    document = definition("x", "ratio", "[rate]")
    document["scopes"] = [{"kind": "course", "key": "course_code", "period": "term"}]

    with pytest.raises(IndicatorInvalidError) as refusal:
        parse_indicator(document, dictionary, 1, known)

    assert list(refusal.value.fields) == ["$.scopes[0].key"]


def cell(value: str | None, top: str | None = None, bottom: str | None = None) -> Value:
    numbers = [None if each is None else Decimal(each) for each in (value, top or value, bottom)]
    return Value(
        value=numbers[0],
        numerator=numbers[1],
        denominator=numbers[2],
        n=10,
        coverage=Decimal(1),
        reason=None if value else "zero-denominator" if bottom == "0" else "no-rows",
    )


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("previous([rate])", "0.5"),  # there was no third term
        ("offset([rate], -2)", "0.4"),
        ("offset([rate], -3)", None),
        ("same_term_last_year([rate])", "0.4"),
        ("year_to_date([rate])", "0.8"),
        ("avg([rate] of class)", "0.6"),
        ("sum([rows] of class)", "12"),
        ("min([rate] of class)", "0.2"),
        ("max([rate] of class)", "1"),
        ("median([rows] of class)", "6"),
        ("percentile(0.25, [rows] of class)", "5"),
        ("rate([rate] >= 0.9 of class)", "0.5"),
        ("count(class where [rate] >= 0.9)", "1"),
        ("rate([rate] > previous([rate]) of class)", "1"),
        ("rate([rate] > 0 of class where [rows] > 100)", None),
    ],
)
def test_values_of_other_periods_and_of_the_scopes_beneath(
    dictionary: Dictionary, known: dict[str, Indicator], formula: str, value: str | None
) -> None:
    document = definition("x", "own", formula, "course")
    indicator = parse_indicator(document, dictionary, 1, known)
    said = {
        ("rate", "course/C1", f"term:{TERM}"): cell("0.8", "8", "10"),
        ("rate", "course/C1", "term:2025-2026-2"): cell("0.5", "5", "10"),
        ("rate", "course/C1", "term:2025-2026-1"): cell("0.4", "4", "10"),
        ("rate", "class/K1", f"term:{TERM}"): cell("0.2"),
        ("rate", "class/K1", "term:2025-2026-2"): cell("0.1"),
        ("rate", "class/K2", f"term:{TERM}"): cell("1"),
        # One class has no value, and one was not measured: neither counts.
        ("rate", "class/K3", f"term:{TERM}"): cell(None),
        ("rows", "class/K1", f"term:{TERM}"): cell("4"),
        ("rows", "class/K2", f"term:{TERM}"): cell("8"),
    }
    view = View(
        scope="course/C1",
        period=f"term:{TERM}",
        said=said,
        kinds={"class": [f"class/K{number}" for number in range(1, 5)]},
        inputs=indicator.inputs,
    )

    found = evaluate(indicator, [], view).value

    assert found == (None if value is None else Decimal(value))


def test_a_year_so_far_pools_numerators_and_denominators(
    dictionary: Dictionary, known: dict[str, Indicator]
) -> None:
    document = definition("x", "ratio", "year_to_date([rate])", "course")
    indicator = parse_indicator(document, dictionary, 1, known)
    said = {
        ("rate", "course/C1", "term:2026-2027-1"): cell("0.9", "90", "100"),
        ("rate", "course/C1", "term:2026-2027-2"): cell("0.1", "1", "10"),
        ("rate", "course/C1", "term:2026-2027-3"): cell("0", "0", "90"),
        ("rate", "course/C1", "term:2025-2026-2"): cell("1", "50", "50"),
    }

    def so_far(term: str) -> tuple[Decimal | None, ...]:
        view = View(scope="course/C1", period=f"term:{term}", said=said, kinds={})
        value = evaluate(indicator, [], view)
        return value.value, value.numerator, value.denominator

    assert so_far("2026-2027-1") == (Decimal("0.9"), Decimal(90), Decimal(100))
    # Not 0.5, which is the mean of both rates.
    assert so_far("2026-2027-2") == (Decimal("0.827273"), Decimal(91), Decimal(110))
    assert so_far("2026-2027-3") == (Decimal("0.455"), Decimal(91), Decimal(200))


@pytest.mark.parametrize(
    ("formula", "stated", "own", "so_far"),
    [
        ("max(number of score)", None, "maximum", "90"),
        ("min(number of score)", None, "minimum", "60"),
        ("median(number of score)", "last", None, "70"),
        ("median(number of score)", "minimum", None, "60"),
        ("avg(number of score)", "weighted_mean", "pooled_ratio", "75"),
        ("avg(number of score)", "last", "pooled_ratio", "70"),
        ("sum(number of score)", None, "sum", "750"),
    ],
)
def test_a_year_so_far_is_made_as_the_definition_says(
    dictionary: Dictionary, formula: str, stated: str | None, own: str | None, so_far: str
) -> None:
    document = definition("taken", "score", formula, "course")
    taken = parse_indicator(document | ({"aggregation": stated} if stated else {}), dictionary, 1)
    taking = definition("x", "score", "year_to_date([taken])", "course")
    indicator = parse_indicator(taking, dictionary, 1, {"taken": taken})
    said = {
        ("taken", "course/C1", "term:2026-2027-1"): cell("90", "90", "1"),
        ("taken", "course/C1", "term:2026-2027-2"): cell("60", "360", "6"),
        ("taken", "course/C1", "term:2026-2027-3"): cell("70", "300", "3"),
    }
    view = View(scope="course/C1", period="term:2026-2027-3", said=said, kinds={})

    assert parse_indicator(document, dictionary, 1).aggregation == own
    assert evaluate(indicator, [], view).value == Decimal(so_far)


@pytest.mark.parametrize(
    ("formula", "kinds", "stated", "says"),
    [
        ("rate(number >= 60 of score)", TERMS, "sum", "比率不能相加：改为 pooled_ratio"),
        ("rate(number >= 60 of score)", TERMS, "minimum", "另立指标 min([x] of class)"),
        ("rate(number >= 60 of score)", TERMS, "mean", "sum"),
        ("count(score)", TERMS, "pooled_ratio", "没有分母：改为 sum"),
        ("count(student)", ("major",), "sum", "存量，各周期不相加：改为 last"),
        ("max(number of score)", ("course",), "sum", "改为 maximum"),
        ("median(number of score)", ("course",), "weighted_mean", "改为 last、minimum 或"),
    ],
)
def test_an_aggregation_that_contradicts_its_formula_is_refused(
    dictionary: Dictionary, formula: str, kinds: tuple[str, ...], stated: str, says: str
) -> None:
    document = definition("x", "own", formula, *kinds, aggregation=stated)

    with pytest.raises(IndicatorInvalidError) as refusal:
        parse_indicator(document, dictionary, 1)

    assert says in refusal.value.fields["$.aggregation"][0]


@pytest.mark.parametrize("when", [When("back", 1), When("back", 3), When("year_before")])
@pytest.mark.parametrize(
    "period",
    [
        *("term:2026-2027-1", "term:2026-2027-3", "week:2026-2027-2/1", "week:2026-2027-1/9"),
        *("month:2026-01", "day:2028-02-29", "day:2027-02-28", "ayear:2026-2027", "year:2026"),
    ],
)
def test_whoever_looks_at_a_period_is_found_from_it(when: When, period: str) -> None:
    looked_at = may_look_at(when, period)

    assert looked_at
    assert all(period in may_be_seen_from(when, each) for each in looked_at)


def test_a_year_so_far_is_seen_from_the_rest_of_the_year() -> None:
    when = When("year_to_date")

    assert may_look_at(when, "month:2026-03") == [f"month:2026-0{month}" for month in (1, 2, 3)]
    assert may_be_seen_from(when, "month:2026-11") == ["month:2026-11", "month:2026-12"]
    assert may_look_at(when, "term:2026-2027-2") == ["term:2026-2027-1", "term:2026-2027-2"]
    assert len(may_be_seen_from(when, "day:2028-01-01")) == 366
    assert may_look_at(when, "ayear:2026-2027") == ["ayear:2026-2027"]


def test_a_look_back_goes_to_the_third_term_where_it_has_a_value() -> None:
    third = {"term:2025-2026-3"}

    assert found_back("term:2026-2027-1", 1, third.__contains__) == "term:2025-2026-3"
    assert found_back("term:2026-2027-1", 1, set().__contains__) == "term:2025-2026-2"
    assert found_back("week:2026-2027-1/1", 1, set().__contains__) is None


def test_whatever_takes_another_comes_behind_it() -> None:
    taken = {"d": {"b", "c"}, "b": {"a"}, "c": {"a", "gone"}, "a": set(), "e": set()}

    assert ordered(taken) == ["a", "b", "c", "d", "e"]
    assert depending_on("a", taken) == ["b", "c", "d"]
    assert cycle_of("a", ["d"], taken) in (["a", "d", "b", "a"], ["a", "d", "c", "a"])
    assert cycle_of("e", ["d"], taken) == []
