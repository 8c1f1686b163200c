"""The nine scoring rules: worked examples with their figures, and what must hold of all of them."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_service.domain.scoring import (
    NAMES,
    Observed,
    ScoringFaultsError,
    read_scoring,
    write_scoring,
)
from target_service.domain.scoring.comparisons import best_of, mean_of


def line(op: str, value: str, upper: str | None = None) -> dict[str, str]:
    return {"op": op, "value": value} | ({"upper": upper} if upper else {})


TEACHERS = {  # 双师型教师占比：≥ 60 % 满分，< 30 % 零分
    "rule": "banded_ratio",
    "qualified": line(">=", "0.6"),
    "limit": line(">=", "0.3"),
}
STUDENTS_PER_TEACHER = {  # 生师比：≤ 18 满分，> 22 零分
    "rule": "banded_ratio",
    "qualified": line("<=", "18"),
    "limit": line("<=", "22"),
}
CLASS_SIZE = {
    "rule": "banded_ratio",
    "qualified": line("between", "30", "40"),
    "limit": line("between", "20", "50"),
}
FUNDS = {"rule": "capped_ratio", "qualified": line(">=", "12000")}
BEST = {"rule": "relative_to_best", "best": "96"}
FASTEST = {"rule": "relative_to_best", "best": "4", "better": "lower"}
PLACED = {  # 毕业去向落实率，2023 年均值 83.84 %
    "rule": "relative_to_mean",
    "mean": "83.84",
    "full": "2",
    "steps": [{"within": "5", "score": "1.8"}, {"within": "10", "score": "1.6"}],
    "beyond": "1.2",
}
LAWFUL = {
    "rule": "deduction",
    "full": "5",
    "deductions": {"minor": "0.2", "grave": "0.5"},
    "vetoes": ["crime"],
}
ACCIDENTS = {"rule": "deduction", "full": "2", "deductions": {"accident": "0.5"}}
PRIZES = {
    "rule": "level_weighted_count",
    "full": "10",
    "levels": {"national": "3", "provincial": "1"},
    "ranks": {"1": "1", "2": "0.5", "3": "0.3"},
}
BASES = {
    "rule": "award_by_level",
    "full": "2",
    "levels": {"national": "2", "provincial": "1"},
}
ASKED = {
    "rule": "satisfaction_index",
    "answers": {"very": "100", "rather": "80", "basically": "60"},
}
PLATFORM = {"rule": "count_of_levels", "there": "1", "per_level": "0.2", "levels": "5"}
ALL = (TEACHERS, FUNDS, BEST, PLACED, LAWFUL, PRIZES, BASES, ASKED, PLATFORM)


@pytest.mark.parametrize(
    ("document", "value", "score"),
    [
        (TEACHERS, "0.6", "1"),
        (TEACHERS, "0.7", "1"),
        (TEACHERS, "0.45", "0.75"),
        (TEACHERS, "0.3", "0.5"),
        (TEACHERS, "0.299999", "0"),
        # The scheme divides the wrong way round: 20 ÷ 18 would be more than full.
        (STUDENTS_PER_TEACHER, "18", "1"),
        (STUDENTS_PER_TEACHER, "16", "1"),
        (STUDENTS_PER_TEACHER, "20", "0.9"),
        (STUDENTS_PER_TEACHER, "22", "0.818182"),
        (STUDENTS_PER_TEACHER, "22.000001", "0"),
        (CLASS_SIZE, "35", "1"),
        (CLASS_SIZE, "24", "0.8"),
        (CLASS_SIZE, "50", "0.8"),
        (CLASS_SIZE, "51", "0"),
        (FUNDS, "9000", "0.75"),
        (FUNDS, "12000", "1"),
        (FUNDS, "11999.999999", "0.999999"),
        (FUNDS, "30000", "1"),
        (BEST, "72", "0.75"),
        (BEST, "96", "1"),
        (FASTEST, "5", "0.8"),
        (PLACED, "83.84", "1"),
        (PLACED, "83.83", "0.9"),
        (PLACED, "78.84", "0.9"),
        (PLACED, "78.83", "0.8"),
        (PLACED, "73.84", "0.8"),
        (PLACED, "73.83", "0.6"),
        (ACCIDENTS, "0", "1"),
        (ACCIDENTS, "3", "0.25"),
        (ACCIDENTS, "5", "0"),
    ],
)
def test_a_measured_value_is_scored(document: Any, value: str, score: str) -> None:
    rule = read_scoring(document, takes="value")

    assert rule.score(Observed(value=Decimal(value))) == Decimal(score)
    assert rule.score(Observed()) is None


@pytest.mark.parametrize(
    ("document", "tally", "score"),
    [
        (LAWFUL, {}, "1"),
        (LAWFUL, {"minor": 1, "grave": 2}, "0.76"),
        (LAWFUL, {"grave": 11}, "0"),
        (LAWFUL, {"crime": 1}, "0"),
        (PRIZES, {"national/1": 1, "provincial/2": 2, "provincial/3": 1}, "0.43"),
        (PRIZES, {"national/1": 4}, "1"),
        (PRIZES, {"municipal/1": 9}, "0"),
        (BASES, {"national": 1, "provincial": 3}, "1"),
        (BASES, {"provincial": 3}, "0.5"),
        (BASES, {}, "0"),
        (ASKED, {"very": 50, "rather": 30, "basically": 15, "not": 5}, "0.83"),
        (ASKED, {"very": 4}, "1"),
        (PLATFORM, {"there": 1, "levels": 3}, "0.8"),
        (PLATFORM, {"there": 1, "levels": 5}, "1"),
        (PLATFORM, {"levels": 3}, "0.3"),
        (PLATFORM, {"there": 1, "levels": 6}, "1"),
    ],
)
def test_a_tally_is_scored(document: Any, tally: dict[str, int], score: str) -> None:
    counted = {name: Decimal(each) for name, each in tally.items()}

    rule = read_scoring(document, takes="tally")

    assert rule.score(Observed(tally=counted)) == Decimal(score)
    assert rule.score(Observed()) is None


def test_nobody_asked_is_no_satisfaction() -> None:
    assert read_scoring(ASKED).score(Observed(tally={"very": Decimal(0)})) is None


def test_the_best_and_the_mean_of_a_group_are_exact() -> None:
    group = [Decimal(1), Decimal(2), Decimal(2)]

    assert (best_of(group, "higher"), best_of(group, "lower")) == (2, 1)
    assert mean_of(group) == Decimal(5) / 3 or str(mean_of(group)) == "5/3"
    assert (best_of([], "higher"), mean_of([])) == (None, None)


def test_there_are_nine_rules_and_each_is_written_as_it_is_read() -> None:
    assert tuple(document["rule"] for document in ALL) == NAMES

    for document in ALL:
        rule = read_scoring(document)
        assert read_scoring(write_scoring(rule)) == rule


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ScoringFaultsError) as refused:
        read_scoring(
            {
                "rule": "relative_to_mean",
                "mean": "many",
                "steps": [{"within": "5", "score": "x"}, {"within": True}],
                "most": "2",
            }
        )

    assert sorted(refused.value.fields) == [
        "$.full",
        "$.mean",
        "$.most",
        "$.steps[0].score",
        "$.steps[1].score",
        "$.steps[1].within",
    ]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"rule": "tenth"}, "$.rule"),
        ({}, "$.rule"),
        (TEACHERS | {"limit": line(">=", "0.7")}, "$.limit"),
        (STUDENTS_PER_TEACHER | {"limit": line(">=", "22")}, "$.limit"),
        (FUNDS | {"qualified": {"op": "between", "value": "1"}}, "$.qualified"),
        (FUNDS | {"qualified": 3}, "$.qualified"),
        (BEST | {"best": "0"}, "$.best"),
        (BEST | {"better": "faster"}, "$.better"),
        (PLACED | {"beyond": "1.7"}, "$.steps"),
        (
            PLACED | {"steps": [{"within": "5", "score": "1"}, {"within": "5", "score": "1"}]},
            "$.steps",
        ),
        (PLACED | {"steps": "5"}, "$.steps"),
        (LAWFUL | {"full": "0"}, "$.full"),
        (LAWFUL | {"deductions": {}}, "$.deductions"),
        (LAWFUL | {"deductions": {"minor": "-1"}}, "$.deductions.minor"),
        (LAWFUL | {"vetoes": "crime"}, "$.vetoes"),
        (PRIZES | {"levels": 3}, "$.levels"),
        (ASKED | {"answers": {"very": "101"}}, "$.answers.very"),
        (PLATFORM | {"there": "0", "per_level": "0"}, "$"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_path(document: Any, path: str) -> None:
    with pytest.raises(ScoringFaultsError) as refused:
        read_scoring(document)

    assert list(refused.value.fields) == [path]


@pytest.mark.parametrize("document", [LAWFUL, PRIZES, BASES, ASKED, PLATFORM])
def test_a_measured_value_has_no_levels_to_be_scored_by(document: Any) -> None:
    with pytest.raises(ScoringFaultsError):
        read_scoring(document, takes="value")


NUMBERS = st.decimals(-100, 200, places=3)
HIGHER = [TEACHERS, FUNDS, BEST, PLACED]
LOWER = [STUDENTS_PER_TEACHER, FASTEST, ACCIDENTS, PLACED | {"better": "lower"}]


@given(st.sampled_from(HIGHER), NUMBERS, NUMBERS)
def test_where_more_is_better_more_never_scores_less(document: Any, a: Decimal, b: Decimal) -> None:
    less, more = scores_of(document, *sorted((a, b)))

    assert 0 <= less <= more <= 1


@given(st.sampled_from(LOWER), NUMBERS, NUMBERS)
def test_where_less_is_better_less_never_scores_less(document: Any, a: Decimal, b: Decimal) -> None:
    # Shares and counts: below zero there is nothing to be better than.
    less, more = scores_of(document, *sorted((abs(a), abs(b))))

    assert 0 <= more <= less <= 1


@given(st.decimals(0, 100, places=3), st.decimals(0, 100, places=3))
def test_in_a_band_nearer_never_scores_less(a: Decimal, b: Decimal) -> None:
    sides = [(30 - a, 30 - b), (40 + a, 40 + b)]
    for one, other in sides:
        first, second = scores_of(CLASS_SIZE, one, other)
        assert 0 <= min(first, second) <= max(first, second) <= 1
        assert (first >= second) if a <= b else (first <= second)


COUNTS = st.integers(0, 30).map(Decimal)


@given(st.dictionaries(st.sampled_from(["national/1", "provincial/2", "x/9"]), COUNTS), COUNTS)
def test_more_prizes_never_score_less(tally: dict[str, Decimal], more: Decimal) -> None:
    rule = read_scoring(PRIZES)
    richer = tally | {"national/1": tally.get("national/1", Decimal(0)) + more}

    before, after = rule.score(Observed(tally=tally)), rule.score(Observed(tally=richer))

    assert before is not None
    assert after is not None
    assert 0 <= before <= after <= 1


@given(st.dictionaries(st.sampled_from(["minor", "grave", "crime"]), COUNTS), COUNTS)
def test_more_events_never_score_more(tally: dict[str, Decimal], more: Decimal) -> None:
    rule = read_scoring(LAWFUL)
    worse = tally | {"grave": tally.get("grave", Decimal(0)) + more}

    before, after = rule.score(Observed(tally=tally)), rule.score(Observed(tally=worse))

    assert before is not None
    assert after is not None
    assert 0 <= after <= before <= 1


@given(
    st.dictionaries(st.sampled_from(["very", "rather", "basically", "not"]), COUNTS, min_size=1),
    st.dictionaries(st.sampled_from(["there", "levels"]), COUNTS),
    st.dictionaries(st.sampled_from(["national", "provincial"]), COUNTS),
)
def test_every_score_lies_between_nothing_and_full(
    asked: dict[str, Decimal], platform: dict[str, Decimal], bases: dict[str, Decimal]
) -> None:
    for document, tally in ((ASKED, asked), (PLATFORM, platform), (BASES, bases)):
        score = read_scoring(document).score(Observed(tally=tally))
        assert score is None or 0 <= score <= 1


def scores_of(document: Any, *values: Decimal) -> list[Decimal]:
    rule = read_scoring(document, takes="value")
    scores = [rule.score(Observed(value=value)) for value in values]
    assert None not in scores
    return [score for score in scores if score is not None]
