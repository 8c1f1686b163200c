"""Colours (预警等级), the line behind each, and what holds a decision back."""

from decimal import Decimal
from typing import Any

import pytest

from alert_service.domain.severity import Breach, HoldReason, Standing, breach_of, hold_reason_of
from shared.contracts.vocabulary import AlertFrom, LineKind, Severity, State

EITHER, STANDARD, WARNING = AlertFrom.EITHER, AlertFrom.STANDARD, AlertFrom.WARNING
BLUE = Breach(Severity.BLUE, LineKind.WARNING)
YELLOW = Breach(Severity.YELLOW, LineKind.STANDARD)


def standing(state: str, gap: str | None = None, **flags: Any) -> Standing:
    return Standing(
        binding="b1",
        cell="c1",
        seq=1,
        state=State(state),
        relative_gap=Decimal(gap) if gap else None,
        **flags,
    )


@pytest.mark.parametrize(
    ("gap", "severity"),
    [
        ("0.000001", Severity.YELLOW),
        ("0.100000", Severity.YELLOW),
        ("0.100001", Severity.ORANGE),
        ("7", Severity.ORANGE),
    ],
)
def test_below_the_standard_turns_orange_beyond_a_tenth(gap: str, severity: Severity) -> None:
    found = breach_of(standing("below_standard", gap), EITHER)

    assert found == Breach(severity, LineKind.STANDARD)


def test_below_the_standard_for_two_periods_is_orange_and_a_missed_target_alone_is_not() -> None:
    again = breach_of(standing("below_standard", "0.01"), EITHER, was_below=True)
    target = breach_of(standing("below_target"), EITHER, was_below=True)

    assert again == Breach(Severity.ORANGE, LineKind.STANDARD)
    assert target == Breach(Severity.YELLOW, LineKind.TARGET)


@pytest.mark.parametrize(
    ("alert_from", "found"),
    [(EITHER, Breach(Severity.YELLOW, LineKind.TARGET)), (WARNING, None)],
)
def test_a_missed_target_without_a_standard_is_yellow(
    alert_from: AlertFrom, found: Breach | None
) -> None:
    assert breach_of(standing("below_target"), alert_from) == found


@pytest.mark.parametrize(
    ("state", "warning", "alert_from", "found"),
    [
        ("met_standard", False, EITHER, Breach(Severity.BLUE, None)),
        ("met_target", False, EITHER, Breach(Severity.BLUE, None)),
        ("met_standard", True, EITHER, BLUE),
        ("below_standard", False, EITHER, YELLOW),
        ("met_standard", False, STANDARD, None),
        ("met_standard", False, WARNING, None),
    ],
)
def test_a_forecast_that_misses_the_target_is_blue_where_nothing_worse_is_broken(
    state: str, warning: Any, alert_from: AlertFrom, found: Breach | None
) -> None:
    now = standing(state, warning=warning)

    assert breach_of(now, alert_from, forecast_misses=True) == found


def test_a_missed_target_without_a_standard_is_red_from_its_deadline_on() -> None:
    late = standing("below_target", overdue=True)

    assert breach_of(late, EITHER) == Breach(Severity.RED, LineKind.TARGET)


@pytest.mark.parametrize("alert_from", list(AlertFrom))
def test_a_broken_floor_is_red_whatever_the_alert_starts_from(alert_from: AlertFrom) -> None:
    broken = standing("below_floor", "0.01", overdue=True, warning=True)

    assert breach_of(broken, alert_from) == Breach(Severity.RED, LineKind.FLOOR)


@pytest.mark.parametrize("state", ["met_standard", "below_standard"])
def test_a_target_missed_at_its_deadline_is_red(state: str) -> None:
    late = standing(state, "0.5", overdue=True, warning=True)

    assert breach_of(late, EITHER) == Breach(Severity.RED, LineKind.TARGET)


def test_a_target_met_in_time_is_not_broken_by_its_deadline() -> None:
    assert breach_of(standing("met_target", overdue=True), EITHER) is None


@pytest.mark.parametrize(
    ("state", "warning", "alert_from", "found"),
    [
        ("met_standard", True, EITHER, BLUE),
        ("met_target", True, EITHER, BLUE),
        ("met_standard", False, EITHER, None),
        ("met_standard", True, STANDARD, None),
        ("met_standard", True, WARNING, BLUE),
        ("below_standard", False, WARNING, None),
        ("below_standard", True, WARNING, YELLOW),
        ("below_standard", False, STANDARD, YELLOW),
        ("no_data", False, EITHER, None),
    ],
)
def test_the_alert_starts_from_the_line_that_the_binding_names(
    state: str, *, warning: bool, alert_from: AlertFrom, found: Breach | None
) -> None:
    gap = "0.05" if state == "below_standard" else None

    assert breach_of(standing(state, gap, warning=warning), alert_from) == found


@pytest.mark.parametrize(
    ("state", "flags", "reason"),
    [
        ("no_data", {}, HoldReason.NO_DATA),
        ("no_data", {"thin": True}, HoldReason.NO_DATA),
        ("below_floor", {"thin": True, "stale": True}, HoldReason.THIN),
        ("met_target", {"stale": True}, HoldReason.STALE),
        ("below_floor", {}, None),
    ],
)
def test_nothing_is_decided_on_thin_stale_or_missing_data(
    state: str, flags: dict[str, bool], reason: HoldReason | None
) -> None:
    assert hold_reason_of(standing(state, **flags)) is reason
