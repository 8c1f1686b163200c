"""What happened to alerts, told: the one place that publishes it.

Every fact of an alert has its scope as partition key: the facts of one scope keep their order.
Whatever changes an alert hands its record over to the hub.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from alert_service.domain.handing_over import ENTITY, record_of
from alert_service.domain.life import Alert, Step
from alert_service.repository import earlier
from shared.calendar.table import read_calendar
from shared.contracts.alert import (
    AlertAcknowledged,
    AlertFact,
    AlertHeld,
    AlertMerged,
    AlertRaised,
    AlertReopened,
    AlertSettled,
)
from shared.kit.database import Transaction
from shared.scopes import belongs_to

_PLAIN: Final[dict[Step, type[AlertFact]]] = {
    Step.RAISED: AlertRaised,
    Step.MERGED: AlertMerged,
    Step.REOPENED: AlertReopened,
}
"""Steps of which nothing more is told than how the alert stands."""


async def tell(
    tx: Transaction,
    steps: Sequence[tuple[Step, Alert]],
    at: datetime,
    also: Sequence[Alert] = (),
) -> None:
    """Publish a fact for every step, and hand over every alert that is another now.

    Args:
        also: alerts that are handed over although they took no step.
    """
    for step, alert in steps:
        tx.publish(_fact(step, alert, at), key=alert.scope, subject=f"alert/{alert.id}")
    changed = {alert.id: alert for alert in also} | {alert.id: alert for _, alert in steps}
    raised = [alert.id for step, alert in steps if step is Step.RAISED]
    again = {alert.id: alert for alert in await earlier.newly_followed(tx, raised)}
    await _hand_over(tx, list((changed | again).values()), again.keys())


async def hand_over_page(tx: Transaction, after: str) -> str | None:
    """Hand over the alerts that follow an id; return the last, None where there are none."""
    alerts = await earlier.next_alerts(tx, after)
    await _hand_over(tx, alerts, await earlier.followed(tx, alerts))
    return alerts[-1].id if alerts else None


async def _hand_over(tx: Transaction, alerts: Sequence[Alert], again: Collection[str]) -> None:
    """Hand alerts over to the hub as they stand.

    Args:
        again: those whose rule warned of their scope after they had ended.
    """
    if not alerts:
        return
    places = await belongs_to(tx, {alert.scope for alert in alerts})
    calendar = await read_calendar(tx)
    for alert in alerts:
        came_again = alert.id in again
        record = record_of(alert, places[alert.scope], calendar, came_again=came_again)
        tx.hand_over(ENTITY, alert.id, record)


def _fact(step: Step, alert: Alert, at: datetime) -> AlertFact:
    seen = alert.acknowledged
    about: dict[str, Any] = {
        "alert": alert.id,
        "version": alert.version,
        "rule": alert.rule,
        "family": alert.family,
        "scope": alert.scope,
        "period": alert.period,
        "severity": alert.severity,
        "indicator": alert.indicator,
        "title": alert.title,
        "state": alert.standing,
        "value": _spell(alert.value),
        "value_before": _spell(alert.value_before),
        "crossed": alert.crossed,
        "worst": alert.worst,
        "owner": alert.owner,
        "raised_at": alert.raised_at,
        "due_at": alert.due_at,
        "acknowledged_by": seen.by if seen else None,
        "acknowledged_at": seen.at if seen else None,
        "reopened": alert.reopened,
        "at": at,
    }
    match step:
        case Step.RAISED | Step.MERGED | Step.REOPENED:
            return _PLAIN[step](**about)
        case Step.HELD:
            return AlertHeld(**about, hold_reason=str(alert.hold))
        case Step.ACKNOWLEDGED:
            assert seen is not None
            return AlertAcknowledged(**about, by=seen.by)
        case Step.SETTLED:
            assert alert.settled is not None
            effect = _spell(alert.settled.effect)
            return AlertSettled(**about, how=alert.settled.how.value, effect=effect)


def _spell(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")
