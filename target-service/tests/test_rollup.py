"""Roll-up: worked figures, what holds of every goal, and sums that come back to where they were."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.vocabulary import State
from target_service.domain.gaps import Whole, costs
from target_service.domain.limits import read_limit
from target_service.domain.rollup import (
    NEW,
    NOTHING,
    ONE,
    Part,
    Standing,
    Sums,
    from_millionths,
    stand,
    to_millionths,
)
from target_service.domain.weights import Aggregation

MINIMUM = 600_000
TARGET = read_limit({"op": ">=", "value": "100"})


def summed(own: list[Part] | None = None, children: list[tuple[Part, str]] | None = None) -> Sums:
    sums = Sums()
    for part in own or []:
        sums.own += 1
        sums.count_own(part, 1)
    for part, weight in children or []:
        sums.child_weight += to_millionths(Decimal(weight))
        sums.count_child(part, to_millionths(Decimal(weight)), 1)
    return sums


def mean(sums: Sums) -> Standing:
    return stand(sums, Aggregation.WEIGHTED_MEAN, None, None, MINIMUM)


def part(attained: str) -> Part:
    return Part(to_millionths(Decimal(attained)))


def test_children_with_data_count_by_their_weight() -> None:
    standing = mean(summed(children=[(part("1"), "0.5"), (part("0.5"), "0.3"), (NOTHING, "0.2")]))

    # (0.5 × 1 + 0.3 × 0.5) ÷ 0.8
    assert (standing.attained, standing.coverage) == (812_500, 800_000)
    assert (standing.state, standing.thin) == (State.BELOW_TARGET, False)


def test_bindings_together_weigh_as_much_as_the_children_together() -> None:
    own = [part("0.4"), part("0.6")]

    standing = mean(summed(own, [(part("1"), "0.25"), (part("0.8"), "0.75")]))

    # (0.5 + (0.25 + 0.6)) ÷ 2
    assert (standing.attained, standing.coverage) == (675_000, ONE)


@pytest.mark.parametrize(
    ("known", "state", "thin"), [("0.6", "met_target", False), ("0.599999", "below_target", True)]
)
def test_below_the_minimum_coverage_a_goal_is_thin_and_meets_nothing(
    known: str, state: str, *, thin: bool
) -> None:
    rest = str(1 - Decimal(known))

    standing = mean(summed(children=[(part("1"), known), (NOTHING, rest)]))

    assert (standing.attained, standing.state, standing.thin) == (ONE, state, thin)


def test_what_rests_on_a_thin_part_meets_no_target() -> None:
    standing = mean(summed(children=[(Part(ONE, thin=True), "1")]))

    assert (standing.attained, standing.state, standing.thin) == (ONE, "below_target", False)


def test_a_broken_floor_vetoes_every_goal_above() -> None:
    below = mean(summed(own=[Part(0, broken=True), part("1")]))
    above = mean(summed(children=[(below.as_part(), "0.1"), (part("1"), "0.9")]))

    assert (below.attained, below.state) == (500_000, State.BELOW_FLOOR)
    assert (above.attained, above.state) == (950_000, State.BELOW_FLOOR)


def test_what_is_nearly_full_never_reads_as_full() -> None:
    nearly = mean(summed(children=[(part("0.999999"), "0.1"), (part("1"), "0.9")]))

    assert (nearly.attained, nearly.state) == (999_999, State.BELOW_TARGET)


def test_without_parts_or_data_nothing_is_known() -> None:
    assert mean(Sums()) == NEW
    assert mean(summed(children=[(NOTHING, "1")])) == NEW


def test_values_are_summed_against_the_goals_own_target() -> None:
    parts = [Part(ONE, value=Decimal(30)), Part(0, value=Decimal("50.5"))]

    standing = stand(summed(own=parts), Aggregation.SUM, TARGET, None, MINIMUM)

    assert (standing.value, standing.attained) == (Decimal("80.5"), 805_000)
    assert stand(summed(own=parts), Aggregation.SUM, None, None, MINIMUM).attained is None


def test_percentages_are_pooled_and_never_averaged() -> None:
    parts = [
        Part(ONE, numerator=Decimal(9), denominator=Decimal(10)),
        Part(0, numerator=Decimal(10), denominator=Decimal(90)),
    ]
    target = read_limit({"op": ">=", "value": "0.38"})

    standing = stand(summed(own=parts), Aggregation.POOLED_RATIO, target, None, MINIMUM)

    assert (standing.value, standing.attained) == (Decimal("0.19"), 500_000)
    assert (standing.numerator, standing.denominator) == (19, 100)


def test_one_binding_gives_its_value_on() -> None:
    only = Part(ONE, value=Decimal("0.5"), numerator=Decimal(1), denominator=Decimal(2))

    assert mean(summed(own=[only])).as_part() == only
    assert mean(summed(own=[only, only])).value is None


@pytest.mark.parametrize("aggregation", [Aggregation.MINIMUM, Aggregation.LAST])
def test_the_part_that_was_picked_decides(aggregation: Aggregation) -> None:
    sums = summed(children=[(part("1"), "0.5"), (part("0.3"), "0.5")])

    assert stand(sums, aggregation, None, 300_000, MINIMUM).attained == 300_000


def test_the_child_that_costs_most_is_named_first() -> None:
    given_parts = [
        ("a", True, "甲", part("0.9"), 200_000),
        ("b", True, "乙", part("0.7"), 500_000),
        ("c", True, "丙", NOTHING, 300_000),
    ]
    sums = summed(children=[(part("0.9"), "0.2"), (part("0.7"), "0.5"), (NOTHING, "0.3")])

    found = costs(
        given_parts,
        Whole(
            sums=sums,
            aggregation=Aggregation.WEIGHTED_MEAN,
            target=None,
            attained=mean(sums).attained,
        ),
    )

    assert [(each.id, each.loss) for each in found] == [
        ("b", Fraction(15, 70)),
        ("a", Fraction(2, 70)),
        ("c", Fraction(0)),
    ]
    attained = mean(sums).attained
    assert attained is not None
    assert round((1 - sum(each.loss for each in found)) * ONE) == attained


ATTAINED = st.none() | st.integers(0, ONE)
NUMBERS = st.none() | st.decimals(-1000, 1000, places=4)
PARTS = st.builds(Part, ATTAINED, st.booleans(), st.booleans(), NUMBERS, NUMBERS, NUMBERS)
CHILDREN = st.lists(st.tuples(PARTS, st.integers(1, ONE)), max_size=6)


@given(CHILDREN, PARTS, PARTS, st.integers(1, ONE))
def test_a_change_of_one_part_leaves_the_sums_of_a_count_from_scratch(
    others: list[tuple[Part, int]], before: Part, after: Part, weight: int
) -> None:
    moved = counted([*others, (before, weight)])
    change = Sums()
    change.count_child(before, weight, -1)
    change.count_child(after, weight, 1)
    moved.take(change)

    assert moved == counted([(after, weight), *others])


@given(CHILDREN, ATTAINED.filter(lambda each: each is not None), st.integers(0, ONE))
def test_a_goal_lies_between_its_parts_and_never_falls_when_one_rises(
    others: list[tuple[Part, int]], attained: int, rise: int
) -> None:
    better = min(attained + rise, ONE)
    known = [each.attained for each, _ in others if each.attained is not None]

    low, high = (
        mean(counted([*others, (Part(each), 400_000)])).attained for each in (attained, better)
    )

    assert low is not None
    assert high is not None
    assert min([*known, attained]) <= low <= high <= max([*known, better])


@given(st.integers(0, ONE))
def test_millionths_are_ratios_of_six_decimals(attained: int) -> None:
    assert to_millionths(from_millionths(attained)) == attained


def counted(children: list[tuple[Part, int]]) -> Sums:
    sums = Sums()
    for each, weight in children:
        sums.child_weight += weight
        sums.count_child(each, weight, 1)
    return sums


def gaps(how: Aggregation, target: str, *parts: Part) -> tuple[dict[str, Fraction], Standing]:
    """Return what parts of one weight lose, and how their goal stands."""
    weight = str(Decimal(1) / len(parts))
    sums = summed(children=[(each, weight) for each in parts])
    least = min((each.attained for each in parts if each.attained is not None), default=None)
    line = read_limit({"op": ">=", "value": target})
    standing = stand(sums, how, line, least, MINIMUM)
    whole = Whole(sums=sums, aggregation=how, target=line, attained=standing.attained)
    each_weight = int(Decimal(weight) * ONE)
    given_parts = [(str(at), True, "", each, each_weight) for at, each in enumerate(parts)]
    return {each.id: each.loss for each in costs(given_parts, whole)}, standing


def test_of_a_minimum_the_part_that_decides_costs_all() -> None:
    losses, standing = gaps(Aggregation.MINIMUM, "1", part("0.9"), part("0.7"), part("1"), NOTHING)

    assert standing.attained == 700_000
    assert losses == {"1": Fraction(3, 10), "0": 0, "2": 0, "3": 0}


def test_of_a_pooled_ratio_each_part_costs_what_keeps_the_whole_from_the_target() -> None:
    """90 of 100, 10 of 100, against 0.8: the first brings 10 more, the other 70 less."""
    good = Part(ONE, numerator=Decimal(90), denominator=Decimal(100))
    poor = Part(0, numerator=Decimal(10), denominator=Decimal(100))

    losses, standing = gaps(Aggregation.POOLED_RATIO, "0.8", good, poor)

    assert standing.attained == 625_000
    assert losses == {"1": Fraction(375, 1000) * 70 / 60, "0": Fraction(375, 1000) * -10 / 60}
    assert sum(losses.values()) == Fraction(375, 1000)


def test_of_a_sum_the_losses_make_the_gap() -> None:
    losses, standing = gaps(
        Aggregation.SUM, "100", Part(ONE, value=Decimal(50)), Part(0, value=Decimal(30))
    )

    assert (standing.attained, losses) == (800_000, {"1": Fraction(1, 5), "0": 0})
