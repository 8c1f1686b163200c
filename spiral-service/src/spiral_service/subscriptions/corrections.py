"""Events in: alerts and judgements become news for corrections."""

from collections.abc import Sequence
from typing import Final

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
from shared.contracts.target import Attainment, AttainmentChanged
from shared.contracts.vocabulary import ClosedHow, SettledHow
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription
from spiral_service.domain.correction import AlertNews, Remeasured, What
from spiral_service.usecases import corrections as usecases
from spiral_service.usecases.corrections import Cell

_WHAT: Final[dict[type[AlertFact], What]] = {
    AlertRaised: "raised",
    AlertMerged: "merged",
    # Another owner, another colour: it stands otherwise, as after a repeat.
    AlertAssigned: "merged",
    AlertEscalated: "merged",
    AlertHeld: "held",
    AlertAcknowledged: "acknowledged",
    AlertReopened: "reopened",
    AlertSettled: "settled",
    # Somebody ended it: so ends its correction.
    AlertDismissed: "settled",
}


_HOW: Final[dict[SettledHow, ClosedHow]] = {
    "recovered": "recovered",
    "corrected": "verified",
    "line-changed": "line-changed",
    "withdrawn": "withdrawn",
}
"""An alert is settled as corrected after a correction was verified."""


async def on_alerts(tx: Transaction, batch: Sequence[Received]) -> None:
    """Bring the corrections up to date with what happened to their alerts."""
    await usecases.follow_alerts(
        tx, [_news(each.event) for each in batch if isinstance(each.event, AlertFact)]
    )


async def on_attainments(tx: Transaction, batch: Sequence[Received]) -> None:
    """Take the values that were measured again."""
    items = [
        item
        for each in batch
        if isinstance(each.event, AttainmentChanged)
        for item in each.event.items
    ]
    found = [pair for item in items if (pair := _remeasured(item))]
    if found:
        await usecases.remeasure_all(tx, found, now())


def _remeasured(item: Attainment) -> tuple[Cell, Remeasured] | None:
    """Return the value of a judged binding; None where goals are meant, or there is no value."""
    if item.binding is None or item.indicator is None:
        return None
    if item.value is None or item.measured_at is None:
        return None
    value = Remeasured(value=item.value, state=item.state, at=item.measured_at, seq=item.seq)
    return (item.indicator, item.scope, item.period), value


def _how(fact: AlertFact) -> ClosedHow | None:
    match fact:
        case AlertSettled():
            return _HOW[fact.how]
        case AlertDismissed():
            return fact.how
        case _:
            return None


def _cleared(fact: AlertFact) -> bool | None:
    match fact:
        case AlertHeld():
            return fact.hold_reason == "verification"
        case AlertAcknowledged() | AlertAssigned() | AlertEscalated():
            return None
        case _:
            return False


def _news(fact: AlertFact) -> AlertNews:
    return AlertNews(
        what=_WHAT[type(fact)],
        alert=fact.alert,
        version=fact.version,
        scope=fact.scope,
        period=fact.period,
        severity=fact.severity,
        family=fact.family,
        indicator=fact.indicator,
        title=fact.title,
        owner=fact.owner,
        crossed=fact.crossed,
        worst=fact.worst,
        value=fact.value,
        raised_at=fact.raised_at,
        due_at=fact.due_at,
        at=fact.at,
        acknowledged_by=fact.acknowledged_by,
        acknowledged_at=fact.acknowledged_at,
        how=_how(fact),
        cleared=_cleared(fact),
        effect=fact.effect if isinstance(fact, AlertSettled) else None,
    )


SUBSCRIPTIONS: Final = (
    # One consumer for all kinds: their order is kept only within one.
    Subscription(
        name="spiral-alerts",
        stream="QA_EVT",
        events=tuple(_WHAT),
        handler=on_alerts,
    ),
    Subscription(
        name="spiral-remeasured",
        stream="QA_EVT",
        events=(AttainmentChanged,),
        handler=on_attainments,
    ),
)
