"""Severity of an alert (预警等级): the colour of the worst thing broken.

Source: design "Alerts" 2. What needs a clock (not acknowledged in time) raises it elsewhere.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from shared.contracts.vocabulary import AlertFrom, LineKind, Severity, State

WIDE_GAP: Final = Decimal("0.10")
"""A relative gap above it is orange. Source: our default."""

_MISSED_LINES: Final = {
    State.BELOW_STANDARD: LineKind.STANDARD,
    State.BELOW_TARGET: LineKind.TARGET,
}
"""The line that is missed in a state. Where there is no standard, the target stands in for it: one
that is missed is yellow, since a gap is told to a standard only, and red from its deadline on.
Source: our default."""

_RANKS = {severity: rank for rank, severity in enumerate(Severity, start=1)}


class HoldReason(StrEnum):
    """Why a judgement decides nothing for now."""

    NO_DATA = "no-data"
    THIN = "thin"
    STALE = "stale"
    ERROR = "error"
    """Its rule cannot be reckoned with these numbers."""

    VERIFICATION = "verification"
    """The value is back, and somebody has to verify the correction that brought it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The newest judgement of a binding, as the target service made it."""

    binding: str
    cell: str
    seq: int
    """Grows with every judgement of the binding."""

    state: State
    warning: bool = False
    overdue: bool = False
    """The deadline has passed."""

    thin: bool = False
    stale: bool = False
    value: Decimal | None = None
    relative_gap: Decimal | None = None
    """Gap ÷ |standard|, with one unit in place of a standard of 0; None while it is met."""

    forecast: Decimal | None = None
    """Where pace brings the value by the deadline; None where nobody knows."""


@dataclass(frozen=True, slots=True)
class Breach:
    """The worst thing broken: its colour, and the line that was crossed."""

    severity: Severity
    line: LineKind | None
    """None: no line is crossed yet, and the forecast misses the target."""


def rank_of(severity: Severity) -> int:
    """Return 1 for blue to 4 for red."""
    return _RANKS[severity]


def raised_by(severity: Severity, steps: int) -> Severity:
    """Return the colour so many steps graver; there is none beyond red."""
    return list(Severity)[min(rank_of(severity) + steps, len(Severity)) - 1]


def is_below_standard(standing: Standing) -> bool:
    """Return whether a value that may be decided on lies below its standard, or its floor."""
    below = standing.state in {State.BELOW_STANDARD, State.BELOW_FLOOR}
    return below and hold_reason_of(standing) is None


def breach_of(
    standing: Standing,
    alert_from: AlertFrom,
    *,
    was_below: bool = False,
    forecast_misses: bool = False,
) -> Breach | None:
    """Return the worst thing broken, None when nothing is that should warn.

    A broken floor and a missed deadline are red whatever ``alert_from`` says: they veto. Where it
    names no line, the forecast alone is enough for blue.

    Args:
        was_below: it lay below the standard in the period before, too.
        forecast_misses: the forecast misses the target at the deadline.
    """
    if standing.state is State.BELOW_FLOOR:
        return Breach(Severity.RED, LineKind.FLOOR)
    if standing.overdue and standing.state is not State.MET_TARGET:
        return Breach(Severity.RED, LineKind.TARGET)
    below = _MISSED_LINES.get(standing.state)
    reached = {
        AlertFrom.STANDARD: below is not None,
        AlertFrom.WARNING: standing.warning,
        AlertFrom.EITHER: below is not None or standing.warning,
    }[alert_from]
    if not reached:
        warns = forecast_misses and alert_from is AlertFrom.EITHER
        return Breach(Severity.BLUE, None) if warns else None
    if below is None:
        return Breach(Severity.BLUE, LineKind.WARNING)
    wide = standing.relative_gap is not None and standing.relative_gap > WIDE_GAP
    again = was_below and below is LineKind.STANDARD
    return Breach(Severity.ORANGE if wide or again else Severity.YELLOW, below)


def hold_reason_of(standing: Standing) -> HoldReason | None:
    """Return why nothing may be raised or settled on a standing; None when it may."""
    if standing.state is State.NO_DATA:
        return HoldReason.NO_DATA
    if standing.thin:
        return HoldReason.THIN
    return HoldReason.STALE if standing.stale else None
