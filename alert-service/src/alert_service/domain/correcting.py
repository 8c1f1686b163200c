"""What the correction of an alert does to it.

Facts may come late, twice or in another order: each says how often its correction had no effect so
far, and the larger number counts. Once work has begun, the alert is settled by verification alone.
Source: contract "Alert and correction".
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from alert_service.domain.life import Alert, Clocks, How, Settlement, Step, due_after
from alert_service.domain.severity import HoldReason, raised_by, rank_of
from shared.contracts.vocabulary import Severity, Worst


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionNews:
    """A fact about the correction of an alert."""

    alert: str
    what: Literal["planned", "reopened", "verified"]
    reopened: int
    """How often the correction had no effect so far."""

    effect: Decimal | None = None
    """Value after minus value before, of what was verified."""


def correct(
    alert: Alert, news: CorrectionNews, at: datetime, clocks: Clocks
) -> tuple[Step | None, Alert] | None:
    """Return what a fact about its correction does to an open alert; None when nothing.

    Without a step it is noted that work on it has begun.
    """
    if news.what == "verified":
        over = Settlement(how=How.CORRECTED, at=at, effect=news.effect)
        return Step.SETTLED, replace(alert, version=alert.version + 1, hold=None, settled=over)
    more = news.reopened - alert.reopened
    if more > 0:
        return Step.REOPENED, _reopened(alert, more, at, clocks)
    return None if alert.is_in_hand else (None, replace(alert, is_in_hand=True))


def _reopened(alert: Alert, times: int, at: datetime, clocks: Clocks) -> Alert:
    """Return the alert so many colours higher; it must be acknowledged anew in a graver one."""
    severity = raised_by(alert.severity, times)
    is_graver = severity is not alert.severity
    waits = alert.hold is HoldReason.VERIFICATION
    base = None if alert.acknowledged else alert
    return replace(
        alert,
        version=alert.version + 1,
        severity=severity,
        worst=_worst(alert, severity, at),
        due_at=due_after(base, severity, at, clocks) if is_graver else alert.due_at,
        acknowledged=None if is_graver else alert.acknowledged,
        hold=None if waits else alert.hold,
        is_in_hand=True,
        reopened=alert.reopened + times,
    )


def _worst(alert: Alert, severity: Severity, at: datetime) -> Worst:
    if rank_of(severity) <= rank_of(alert.worst.severity):
        return alert.worst
    value = None if alert.value is None else format(alert.value, "f")
    return Worst(severity=severity, value=value, crossed=alert.crossed, at=at)
