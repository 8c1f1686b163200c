"""Events in: alerts become news for corrections."""

from collections.abc import Sequence
from typing import Final

from shared.contracts.alert import (
    AlertAcknowledged,
    AlertFact,
    AlertMerged,
    AlertRaised,
    AlertSettled,
)
from shared.contracts.vocabulary import ClosedHow, SettledHow
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription
from spiral_service.domain.correction import AlertNews, What
from spiral_service.usecases import corrections as usecases

_WHAT: Final[dict[type[AlertFact], What]] = {
    AlertRaised: "raised",
    AlertMerged: "merged",
    AlertAcknowledged: "acknowledged",
    AlertSettled: "settled",
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


def _news(fact: AlertFact) -> AlertNews:
    settled = fact if isinstance(fact, AlertSettled) else None
    return AlertNews(
        what=_WHAT[type(fact)],
        alert=fact.alert,
        version=fact.version,
        scope=fact.scope,
        period=fact.period,
        severity=fact.severity,
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
        how=_HOW[settled.how] if settled else None,
        effect=settled.effect if settled else None,
    )


SUBSCRIPTIONS: Final = (
    # One consumer for all kinds: their order is kept only within one.
    Subscription(
        name="spiral-alerts",
        stream="QA_EVT",
        events=tuple(_WHAT),
        handler=on_alerts,
    ),
)
