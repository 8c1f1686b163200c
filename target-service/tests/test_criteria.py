"""Criteria: weights are exactly 1, tiers in order, lines by class of object."""

from decimal import Decimal
from fractions import Fraction

from target_service.domain.criteria import Criterion, criterion_of, faults_of_criteria, weights_of
from target_service.domain.limits import read_limit
from target_service.domain.lines import Lines, Tier
from target_service.domain.units import Measure


def lines(**tiers: str) -> Lines:
    given = {Tier(name): read_limit({"op": ">=", "value": value}) for name, value in tiers.items()}
    return Lines(tiers=given)


def criterion(indicator: str | None, weight: str | None = None, **tiers: str) -> Criterion:
    return Criterion(
        indicator=indicator,
        lines=lines(**(tiers or {"qualified": "0.8"})),
        weight=Decimal(weight) if weight else None,
    )


def faults(*criteria: Criterion, unit: str = "ratio") -> dict[str, str]:
    paths = [f"$.criteria[{place}]" for place in range(len(criteria))]
    measures = {each.indicator: Measure(unit) for each in criteria if each.indicator}
    return dict(faults_of_criteria(criteria, measures, paths))


def test_weights_that_sum_to_exactly_one_are_taken() -> None:
    assert faults(criterion("a", "0.333333"), criterion("b", "0.666667")) == {}


def test_thirds_of_five_decimals_miss_one_and_are_told_by_how_much() -> None:
    found = faults(*(criterion(name, "0.33333") for name in "abc"))

    assert list(found) == ["$.criteria[2].weight"]
    assert "0.99999，少 0.00001" in found["$.criteria[2].weight"]


def test_weights_are_given_all_or_none() -> None:
    assert list(faults(criterion("a", "1"), criterion("b"))) == ["$.criteria[1].weight"]
    assert weights_of([criterion("a"), criterion("b"), criterion("c")]) == [Fraction(1, 3)] * 3


def test_everything_that_is_wrong_is_told_at_once() -> None:
    found = faults(
        criterion("a", "0.5", qualified="0.8", good="0.7"),
        criterion("a", "0.6"),
        Criterion(indicator="b", lines=Lines(), weight=Decimal("0.1")),
        criterion("c", "0.1", qualified="85"),
    )

    assert list(found) == [
        "$.criteria[0].tiers.good",
        "$.criteria[1].indicator",
        "$.criteria[2].tiers",
        "$.criteria[3].tiers.qualified.value",
        "$.criteria[3].weight",
    ]


def test_lines_of_a_class_are_checked_under_their_own_path() -> None:
    one = Criterion(
        indicator="a",
        lines=lines(qualified="0.8"),
        classes={"standing:benchmark": lines(qualified="0.9", good="0.85")},
    )

    assert list(faults(one)) == ["$.criteria[0].classes[0].tiers.good"]


def test_the_first_class_that_an_object_carries_gives_its_lines() -> None:
    one = Criterion(
        indicator="a",
        lines=lines(qualified="0.8"),
        classes={
            "standing:benchmark": lines(qualified="0.9"),
            "key_level:national": lines(qualified="0.95"),
        },
    )

    assert one.lines_for([]) == lines(qualified="0.8")
    assert one.lines_for(["standing:feature"]) == lines(qualified="0.8")
    tags = ["key_level:national", "standing:benchmark"]
    assert one.lines_and_class_for(tags) == (lines(qualified="0.9"), "standing:benchmark")


def test_a_criterion_without_indicator_holds_for_each() -> None:
    only = criterion(None)

    assert criterion_of([only], "anything") is only
    assert criterion_of([criterion("a")], "b") is None
