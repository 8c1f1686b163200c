"""The lines of a binding: what they inherit, and which cannot be meant."""

import pytest

from shared.contracts.vocabulary import AlertFrom
from target_service.domain.limits import Limit, read_limit
from target_service.domain.lines import Lines, LinesError, Tier, check_lines, inherit

EITHER = AlertFrom.EITHER


def limit(text: str) -> Limit:
    """Read ``>= 0.8``, or ``between 1 2``."""
    op, value, *upper = text.split()
    return read_limit({"op": op, "value": value, "upper": upper[0] if upper else None})


def lines(target: str = "", warning: str = "", **tiers: str) -> Lines:
    return Lines(
        target=limit(target) if target else None,
        tiers={Tier(name): limit(text) for name, text in tiers.items()},
        warning=limit(warning) if warning else None,
    )


def faults(given: Lines, alert_from: AlertFrom = EITHER) -> set[str]:
    with pytest.raises(LinesError) as refused:
        check_lines(given, alert_from)
    return set(refused.value.fields)


@pytest.mark.parametrize(
    "given",
    [
        lines(">= 0.9", "< 0.85", floor=">= 0.5", qualified=">= 0.8", good="> 0.85"),
        lines("<= 14", "> 16", floor="<= 18", qualified="<= 15"),
        lines("<= 14", ">= 13", qualified="<= 15"),
        lines(">= 0.8", qualified=">= 0.8"),
        lines("between 16 18", "> 19", floor="between 10 25"),
        lines("= 0"),
        lines(warning="> 3"),
    ],
)
def test_lines_that_can_be_meant_pass(given: Lines) -> None:
    assert check_lines(given, EITHER) is None


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        (lines(), {"$"}),
        (lines(">= 0.9", qualified="<= 0.8"), {"$.tiers.qualified"}),
        (lines(">= 0.9", "< 0.85", floor=">= 0.5", qualified="<= 1"), {"$.tiers.qualified"}),
        (lines(floor=">= 0.8", qualified=">= 0.79"), {"$.tiers.qualified"}),
        (lines(floor="<= 15", good="<= 16"), {"$.tiers.good"}),
        (lines(">= 0.7", qualified=">= 0.8"), {"$.target"}),
        (lines("<= 16", floor="<= 15"), {"$.target"}),
        (lines(">= 0.9", ">= 0.85"), {"$.warning"}),
        (
            lines(">= 0.7", ">= 0.6", floor=">= 0.9", qualified=">= 0.8"),
            {"$.target", "$.warning", "$.tiers.qualified"},
        ),
    ],
)
def test_contradictions_are_told_all_at_once(given: Lines, paths: set[str]) -> None:
    assert faults(given) == paths


def test_an_alert_cannot_start_from_a_line_that_is_not_there() -> None:
    assert faults(lines(">= 1"), AlertFrom.WARNING) == {"$.alert_from"}
    assert faults(lines(">= 1", "< 1"), AlertFrom.STANDARD) == {"$.alert_from"}


def test_own_lines_win_over_inherited_ones() -> None:
    own = lines(warning="< 0.85", qualified=">= 0.82")
    standard = lines(floor=">= 0.5", qualified=">= 0.8").tiers

    inherited = inherit(own, target=limit(">= 0.95"), tiers=standard)

    assert inherited == lines(">= 0.95", "< 0.85", floor=">= 0.5", qualified=">= 0.82")
    assert inherit(lines(">= 0.9"), target=limit(">= 1"), tiers={}).target == limit(">= 0.9")


def test_the_floor_is_the_standard_where_there_is_no_qualified_tier() -> None:
    assert lines(floor=">= 0.5", qualified=">= 0.8").standard == limit(">= 0.8")
    assert lines(floor=">= 0.5", good=">= 0.8").standard == limit(">= 0.5")
    assert lines(good=">= 0.8").standard is None
