"""Colours (预警等级) and what holds a decision back."""

from decimal import Decimal
from typing import Any

import pytest

from alert_service.domain.severity import HoldReason, Standing, colour_of, hold_reason_of
from shared.contracts.vocabulary import AlertFrom, Severity, State

EITHER, STANDARD, WARNING = AlertFrom.EITHER, AlertFrom.STANDARD, AlertFrom.WARNING


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
    assert colour_of(standing("below_standard", gap), EITHER) is severity


@pytest.mark.parametrize("alert_from", list(AlertFrom))
def test_a_broken_floor_is_red_whatever_the_alert_starts_from(alert_from: AlertFrom) -> None:
    assert colour_of(standing("below_floor", "0.01"), alert_from) is Severity.RED


@pytest.mark.parametrize(
    ("state", "severity"), [("met_standard", Severity.RED), ("met_target", None)]
)
def test_a_deadline_that_passed_is_red_unless_the_target_is_met(
    state: str, severity: Severity | None
) -> None:
    assert colour_of(standing(state, overdue=True), EITHER) is severity


@pytest.mark.parametrize(
    ("state", "warning", "alert_from", "severity"),
    [
        ("met_standard", True, EITHER, Severity.BLUE),
        ("met_target", True, EITHER, Severity.BLUE),
        ("met_standard", False, EITHER, None),
        ("met_standard", True, STANDARD, None),
        ("met_standard", True, WARNING, Severity.BLUE),
        ("below_standard", False, WARNING, None),
        ("below_standard", True, WARNING, Severity.YELLOW),
        ("below_standard", False, STANDARD, Severity.YELLOW),
        ("no_data", False, EITHER, None),
    ],
)
def test_the_alert_starts_from_the_line_that_the_binding_names(
    state: str, *, warning: bool, alert_from: AlertFrom, severity: Severity | None
) -> None:
    gap = "0.05" if state == "below_standard" else None

    assert colour_of(standing(state, gap, warning=warning), alert_from) is severity


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
