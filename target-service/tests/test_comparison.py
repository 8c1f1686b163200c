"""Two versions of a standard: which criteria ask more, which less, which came and went."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from target_service.domain.comparison import Change, compare, compare_limits
from target_service.domain.criteria import Criterion
from target_service.domain.limits import Limit, read_limit
from target_service.domain.lines import Lines, Tier


def limit(words: str) -> Limit:
    op, value = words.split()
    return read_limit({"op": op, "value": value})


def criterion(
    indicator: str,
    qualified: str,
    *,
    weight: str | None = None,
    warning: str | None = None,
    classes: Mapping[str, str] | None = None,
) -> Criterion:
    def lines(words: str) -> Lines:
        return Lines(
            tiers={Tier.QUALIFIED: limit(words)}, warning=limit(warning) if warning else None
        )

    return Criterion(
        indicator=indicator,
        lines=lines(qualified),
        weight=Decimal(weight) if weight else None,
        classes={name: lines(words) for name, words in (classes or {}).items()},
    )


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (">= 0.8", ">= 0.8", Change.SAME),
        (">= 0.8", ">= 0.9", Change.TIGHTENED),
        (">= 0.8", "> 0.8", Change.TIGHTENED),
        (">= 0.8", ">= 0.7", Change.LOOSENED),
        ("<= 18", "<= 17", Change.TIGHTENED),
        ("<= 18", "<= 19", Change.LOOSENED),
        (">= 0.8", "<= 0.8", Change.MIXED),
        (None, ">= 0.8", Change.TIGHTENED),
        (">= 0.8", None, Change.LOOSENED),
        (None, None, Change.SAME),
    ],
)
def test_a_line_is_tighter_where_fewer_values_meet_it(
    before: str | None, after: str | None, change: Change
) -> None:
    old, new = (limit(each) if each else None for each in (before, after))

    assert compare_limits(old, new) is change


def test_criteria_are_matched_by_indicator() -> None:
    found = compare(
        [criterion("a", ">= 0.8"), criterion("b", ">= 0.8"), criterion("c", ">= 0.8")],
        [criterion("d", ">= 1"), criterion("b", ">= 0.7"), criterion("a", ">= 0.9")],
    )

    assert [(each.indicator, each.change) for each in found] == [
        ("d", Change.NEW),
        ("b", Change.LOOSENED),
        ("a", Change.TIGHTENED),
        ("c", Change.GONE),
    ]


def test_a_weight_alone_is_no_tightening() -> None:
    before = [criterion("a", ">= 1", weight="0.5"), criterion("b", ">= 1", weight="0.5")]
    after = [criterion("a", ">= 1", weight="0.4"), criterion("b", ">= 1", weight="0.6")]

    found = compare(before, after)

    assert [(each.change, each.others) for each in found] == [(Change.CHANGED, ("weight",))] * 2


def test_a_warning_that_differs_is_told_and_asks_nothing() -> None:
    (found,) = compare(
        [criterion("a", ">= 0.8", warning="< 0.85")], [criterion("a", ">= 0.8", warning="< 0.9")]
    )

    assert found.change is Change.CHANGED
    assert [(each.line, each.change) for each in found.lines] == [("warning", Change.CHANGED)]


def test_a_class_that_gets_lines_of_its_own_is_held_against_what_all_owed() -> None:
    (found,) = compare(
        [criterion("a", ">= 0.8")],
        [criterion("a", ">= 0.7", classes={"standing:benchmark": ">= 0.9"})],
    )

    assert found.change is Change.MIXED
    assert [(each.line, each.change) for each in found.lines] == [
        ("tiers.qualified", Change.LOOSENED),
        ("standing:benchmark tiers.qualified", Change.TIGHTENED),
    ]


def test_the_same_version_differs_in_nothing() -> None:
    (found,) = compare([criterion("a", ">= 0.8")], [criterion("a", ">= 0.8")])

    assert (found.change, found.lines, found.others) == (Change.SAME, (), ())
