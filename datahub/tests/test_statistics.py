"""Statistics of measured values: exact, by hand; what they cannot say has a reason."""

from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.indicators.domain.comparing import Change, change_between
from datahub.indicators.domain.influence import Influence, Move, Parts, influence
from datahub.indicators.domain.periods import before, order, year_before
from datahub.indicators.domain.statistics import (
    Bin,
    Method,
    Quartiles,
    histogram,
    mean,
    median,
    middle_places,
    pearson,
    places,
    quartiles,
    root,
    rounded,
    scores,
    spearman,
    variance,
)


def numbers(*texts: str) -> list[Decimal]:
    return [Decimal(each) for each in texts]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Fraction(1, 3), "0.333333"),
        (Fraction(2, 3), "0.666667"),
        (Fraction(-2, 3), "-0.666667"),
        (Fraction(5, 10**7), "0.000000"),
        (Fraction(15, 10**7), "0.000002"),
        (Fraction(25, 10**7), "0.000002"),
        (Fraction(10**35 * 3 + 1, 3), "100000000000000000000000000000000000.333333"),
    ],
)
def test_a_number_is_rounded_once_half_to_even(number: Fraction, text: str) -> None:
    assert f"{rounded(number):f}" == text


@pytest.mark.parametrize(
    ("square", "text"),
    [
        (Fraction(2), "1.414214"),
        (Fraction(1, 4), "0.500000"),
        (Fraction(0), "0.000000"),
        (Fraction(25, 10**14), "0.000000"),  # the root is 0.0000005, half a unit
        (Fraction(225, 10**14), "0.000002"),  # 0.0000015
        (Fraction(625, 10**14), "0.000002"),  # 0.0000025
    ],
)
def test_a_root_is_rounded_half_to_even(square: Fraction, text: str) -> None:
    assert f"{root(square):f}" == text
    assert root(square, Fraction(-1)) == -Decimal(text)


def test_the_spread_of_eight_values_by_hand() -> None:
    values = numbers("2", "4", "4", "4", "5", "5", "7", "9")

    assert (mean(values), variance(values), root(variance(values))) == (5, 4, 2)
    assert quartiles(values) == Quartiles(Decimal(4), Decimal("4.5"), Decimal("5.5"))
    assert quartiles(numbers("0.8")) == Quartiles(*numbers("0.8", "0.8", "0.8"))
    assert median(numbers("3", "1", "2")) == 2


def test_bins_have_one_width_and_the_last_one_holds_its_end() -> None:
    values = numbers("0", "0.25", "0.5", "0.75", "1")

    assert histogram(values, 2) == [
        Bin(*numbers("0", "0.5"), 2),
        Bin(*numbers("0.5", "1"), 3),
    ]
    assert histogram(numbers("3", "3"), 10) == [Bin(Decimal(3), Decimal(3), 2)]
    assert histogram([], 10) == []


def test_equal_values_share_a_rank_and_the_next_one_is_left_out() -> None:
    values = numbers("0.9", "0.7", "0.9", "0.8")

    assert places(values, descending=True) == [1, 4, 1, 3]
    assert places(values, descending=False) == [3, 1, 3, 2]
    assert middle_places(values) == [Fraction(7, 2), 1, Fraction(7, 2), 2]


def test_z_counts_standard_deviations_and_mad_the_distances_from_the_median() -> None:
    values = numbers("2", "4", "4", "4", "5", "5", "7", "9")

    by_mean = scores(values, "z", Decimal("0.5"))
    by_median = scores(values, "mad", Decimal("0.6745"))

    # Mean 5, standard deviation 2; the fours lie 0.5 below, which is not beyond 0.5.
    assert (by_mean.centre, by_mean.spread) == (5, 2)
    assert by_mean.far == {0: Decimal("-1.5"), 6: Decimal(1), 7: Decimal(2)}
    # Median 4.5; distances 2.5 .5 .5 .5 .5 .5 2.5 4.5, of which the median is 0.5.
    assert (by_median.centre, by_median.spread) == (Decimal("4.5"), Decimal("0.5"))
    assert by_median.far == {0: Decimal("-3.3725"), 6: Decimal("3.3725"), 7: Decimal("6.0705")}


@pytest.mark.parametrize("method", ["z", "mad"])
def test_without_a_spread_there_are_no_scores(method: Method) -> None:
    found = scores(numbers("3", "3", "3"), method, Decimal(1))

    assert (found.spread, found.far) == (0, None)


def test_a_correlation_by_hand() -> None:
    xs, ys = numbers("1", "2", "3", "4", "5"), numbers("2", "1", "4", "3", "5")

    # Distances -2 -1 0 1 2 and -1 -2 1 0 2: products sum to 8, squares to 10 each.
    assert f"{pearson(xs, ys):f}" == "0.800000"
    assert f"{spearman(xs, [each**3 for each in ys]):f}" == "0.800000"
    assert pearson(xs, [-each for each in xs]) == -1
    assert pearson(xs, [Decimal(1)] * 5) is None
    assert pearson([], []) is None


def test_a_change_has_a_size_and_a_share_of_what_was() -> None:
    assert change_between(*numbers("0.8", "0.6")) == Change(*numbers("-0.2", "-0.25"))
    assert change_between(*numbers("-2", "1")) == Change(*numbers("3", "1.5"))
    assert change_between(*numbers("0", "1")) == Change(Decimal(1), None)
    assert change_between(None, Decimal(1)) == Change(None, None)


def part(numerator: int, denominator: int) -> Parts:
    return Parts(Decimal(numerator), Decimal(denominator))


def test_parts_of_a_ratio_move_it_by_what_they_have_more() -> None:
    """From 150/200 to 140/200: A lost 20 of 100, B won 10 of 100."""
    found = influence(
        part(140, 200),
        part(150, 200),
        {
            "A": Move(part(60, 100), part(80, 100)),
            "B": Move(part(80, 100), part(70, 100)),
        },
    )

    assert found == Influence(
        gap=Decimal("-0.05"),
        contributions={"A": Decimal("-0.1"), "B": Decimal("0.05")},
        rest=Decimal(0),
    )


def test_a_part_that_grows_moves_the_whole_though_its_own_ratio_stands() -> None:
    """A stays at 1/2, B at 1; B grows from 100 to 300 of them: 150/200 becomes 350/400."""
    found = influence(
        part(350, 400),
        part(150, 200),
        {"A": Move(part(50, 100), part(50, 100)), "B": Move(part(300, 300), part(100, 100))},
    )

    # A: (50 - 75)/400 - (50 - 75)/200 = 0.0625; B: (300 - 225)/400 - (100 - 75)/200 = 0.0625.
    assert found.contributions == {"A": Decimal("0.0625"), "B": Decimal("0.0625")}
    assert (found.gap, found.rest) == (Decimal("0.125"), 0)


def test_what_belongs_to_no_part_is_the_rest() -> None:
    found = influence(
        Parts(Decimal(12), None),
        Parts(Decimal(7), None),
        {"A": Move(Parts(Decimal(4), None), Parts(Decimal(1), None)), "B": Move(None, None)},
    )

    assert found == Influence(Decimal(5), {"A": Decimal(3), "B": Decimal(0)}, Decimal(2))


@pytest.mark.parametrize(
    ("period", "candidates"),
    [
        ("term:2026-2027-2", ["term:2026-2027-1"]),
        ("term:2026-2027-1", ["term:2025-2026-3", "term:2025-2026-2"]),
        ("month:2026-01", ["month:2025-12"]),
        ("day:2026-03-01", ["day:2026-02-28"]),
        ("year:2026", ["year:2025"]),
        ("ayear:2026-2027", ["ayear:2025-2026"]),
        ("week:2026-2027-1/10", ["week:2026-2027-1/9"]),
        ("span:2026-03-01/2026-07-01", []),
        ("plan:2021-2025", ["plan:2016-2020"]),
    ],
)
def test_a_period_has_one_before_it(period: str, candidates: list[str]) -> None:
    assert list(before(period)) == candidates


def test_the_first_week_follows_the_last_one_of_the_term_before() -> None:
    found = before("week:2026-2027-2/1")

    assert (found[0], found[-1], len(found)) == ("week:2026-2027-1/53", "week:2026-2027-1/1", 53)


@pytest.mark.parametrize(
    ("period", "earlier"),
    [
        ("term:2026-2027-1", "term:2025-2026-1"),
        ("week:2026-2027-1/13", "week:2025-2026-1/13"),
        ("month:2026-11", "month:2025-11"),
        ("day:2024-02-29", "day:2023-02-28"),
        ("year:2026", "year:2025"),
        ("plan:2021-2025", None),
    ],
)
def test_the_same_period_of_the_year_before(period: str, earlier: str | None) -> None:
    assert year_before(period) == earlier


def test_weeks_are_in_the_order_of_their_numbers() -> None:
    weeks = ["week:2026-2027-1/13", "week:2026-2027-1/9", "week:2025-2026-2/20"]

    assert sorted(weeks, key=order) == [weeks[2], weeks[1], weeks[0]]


values_of = st.decimals(-1000, 1000, allow_nan=False, allow_infinity=False, places=6)
samples = st.lists(values_of, min_size=2, max_size=30)


def scores_by_value(values: list[Decimal], method: Method) -> dict[Decimal, Decimal] | None:
    far = scores(values, method, Decimal(0)).far
    return None if far is None else {values[place]: score for place, score in far.items()}


METHODS: tuple[Method, ...] = ("z", "mad")


@given(samples, st.randoms())
def test_the_order_of_the_values_does_not_matter(values: list[Decimal], chance: Random) -> None:
    mixed = list(values)
    chance.shuffle(mixed)
    pairs = list(zip(values, values[::-1], strict=True))
    mixed_pairs = sorted(pairs)

    assert quartiles(mixed) == quartiles(values)
    assert variance(mixed) == variance(values)
    assert histogram(mixed, 7) == histogram(values, 7)
    for method in METHODS:
        assert scores_by_value(mixed, method) == scores_by_value(values, method)
    assert pearson(*zip(*mixed_pairs, strict=True)) == pearson(*zip(*pairs, strict=True))


@given(samples, values_of)
def test_a_constant_shift_moves_neither_scores_nor_ranks(
    values: list[Decimal], shift: Decimal
) -> None:
    moved = [each + shift for each in values]

    for method in METHODS:
        assert scores(values, method, Decimal(0)).far == scores(moved, method, Decimal(0)).far
    assert places(values, descending=True) == places(moved, descending=True)
    assert pearson(values, moved) in {None, Decimal(1)}


@given(samples, st.integers(1, 20))
def test_every_value_lies_in_one_bin(values: list[Decimal], bins: int) -> None:
    found = histogram(values, bins)

    assert sum(each.count for each in found) == len(values)
    assert (found[0].start, found[-1].end) == (min(values), max(values))


counts = st.tuples(st.integers(0, 500), st.integers(1, 500)).map(lambda two: part(*two))
moves = st.builds(Move, st.none() | counts, st.none() | counts)


@given(counts, counts, st.dictionaries(st.text(min_size=1), moves, max_size=12))
def test_contributions_and_the_rest_are_the_gap_whatever_they_are(
    now: Parts, then: Parts, children: dict[str, Move]
) -> None:
    found = influence(now, then, children)

    assert sum(found.contributions.values(), found.rest) == found.gap
    assert found.contributions.keys() == children.keys()


def total(parts: list[Parts]) -> Parts:
    below = [each.denominator or Decimal(0) for each in parts]
    return Parts(sum((each.numerator for each in parts), Decimal(0)), sum(below, Decimal(0)))


@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=12))
def test_children_that_make_up_the_whole_leave_no_rest(both: list[tuple[Parts, Parts]]) -> None:
    now, then = (total([each[side] for each in both]) for side in (0, 1))
    children = {str(number): Move(*each) for number, each in enumerate(both)}

    found = influence(now, then, children)

    assert found.rest == 0
    assert sum(found.contributions.values(), Decimal(0)) == found.gap
