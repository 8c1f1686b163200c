"""What happened to alerts, told: the one place that publishes it.

Every fact of an alert has its scope as partition key: the facts of one scope keep their order.
Whatever changes an alert hands its record over to the hub.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast

from alert_service.domain.acting import LADDER
from alert_service.domain.handing_over import ENTITY, hours_of, record_of
from alert_service.domain.life import DISMISSALS, Alert, Step
from alert_service.repository import alerts as repository
from alert_service.repository import earlier, groups
from alert_service.usecases.stepping import tell_steps
from shared.calendar.table import read_calendar
from shared.contracts.alert import (
    AlertAcknowledged,
    AlertAssigned,
    AlertDismissed,
    AlertEscalated,
    AlertFact,
    AlertHeld,
    AlertMerged,
    AlertRaised,
    AlertReopened,
    AlertSettled,
)
from shared.contracts.vocabulary import DismissedHow, SettledHow
from shared.kit.database import Transaction
from shared.kit.timers import set_timers
from shared.scopes import belongs_to

ESCALATION: Final = "escalation"
"""Kind of the timers of alerts that wait for an acknowledgement."""

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
    await set_timers(tx, ESCALATION, {alert.id: _waits_until(alert) for _, alert in steps})
    await _note_hours(tx, steps)
    await groups.note(tx, (alert.id for _, alert in steps))
    changed = {alert.id: alert for alert in also} | {alert.id: alert for _, alert in steps}
    await tell_steps(tx, list(changed.values()), at)
    raised = [alert.id for step, alert in steps if step is Step.RAISED]
    again = {alert.id: alert for alert in await earlier.newly_followed(tx, raised)}
    await _hand_over(tx, list((changed | again).values()), again.keys())


async def _note_hours(tx: Transaction, steps: Sequence[tuple[Step, Alert]]) -> None:
    """Keep after how many working hours alerts were answered, and ended."""
    seen = {
        alert.id: (alert.raised_at, alert.acknowledged.at)
        for step, alert in steps
        if step is Step.ACKNOWLEDGED and alert.acknowledged
    }
    over = {alert.id: (alert.raised_at, alert.settled.at) for _, alert in steps if alert.settled}
    if not seen and not over:
        return
    calendar = await read_calendar(tx)
    await repository.note_hours(
        tx,
        {key: hours_of(calendar.between(*span)) for key, span in seen.items()},
        {key: hours_of(calendar.between(*span)) for key, span in over.items()},
    )


def _waits_until(alert: Alert) -> datetime | None:
    """Return when somebody else is called for an alert; None where nobody need be any more."""
    waits = not alert.settled and not alert.acknowledged and alert.escalated < len(LADDER)
    return alert.due_at if waits else None


async def hand_over_page(tx: Transaction, after: str) -> str | None:
    """Hand over the alerts that follow an id; return the last, None where there are none."""
    alerts = await earlier.next_alerts(tx, after)
    await _hand_over(tx, alerts, await earlier.followed(tx, alerts))
    return alerts[-1].id if alerts else None


async def tell_earlier_steps(tx: Transaction, after: str, at: datetime) -> str | None:
    """Open the steps of the alerts that follow an id; return the last, None where there are none.

    Those from before steps were told have none; of the others nothing new is said.
    """
    alerts = await earlier.next_alerts(tx, after)
    await tell_steps(tx, alerts, at)
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
    about = _about(alert, at)
    if step in _PLAIN:
        return _PLAIN[step](**about)
    if step in {Step.SETTLED, Step.DISMISSED}:
        return _ending(about, alert)
    if step is Step.HELD:
        return AlertHeld(**about, hold_reason=str(alert.hold))
    return _answer(step, about, alert)


def _about(alert: Alert, at: datetime) -> dict[str, Any]:
    seen = alert.acknowledged
    return {
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
        "escalated": alert.escalated,
        "supervisor": alert.supervisor,
        "at": at,
    }


def _answer(step: Step, about: dict[str, Any], alert: Alert) -> AlertFact:
    """Return the fact of what somebody did about an alert, or did not do in time."""
    if step is Step.ESCALATED:
        return AlertEscalated(**about, to=str(alert.supervisor))
    if step is Step.ASSIGNED:
        assert alert.assigned is not None
        return AlertAssigned(**about, by=alert.assigned.by, note=alert.assigned.note)
    assert alert.acknowledged is not None
    return AlertAcknowledged(**about, by=alert.acknowledged.by)


def _ending(about: dict[str, Any], alert: Alert) -> AlertFact:
    over = alert.settled
    assert over is not None
    if over.how in DISMISSALS:
        return AlertDismissed(
            **about,
            how=cast("DismissedHow", over.how.value),
            by=str(over.by),
            reason=over.reason,
            until=over.until,
        )
    how = cast("SettledHow", over.how.value)
    return AlertSettled(**about, how=how, effect=_spell(over.effect))


def _spell(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")
