"""Events in: measured values, scopes, indicators and the school calendar from the data hub."""

from collections.abc import Sequence

from shared.calendar.table import calendar_subscription
from shared.contracts.datahub import IndicatorMeasured, IndicatorPublished, ScopeChanged
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription
from target_service import usecases
from target_service.domain.judge import Rules


def make_subscriptions(rules: Rules) -> list[Subscription]:
    """Return the consumers of this service."""

    async def on_measured(tx: Transaction, received: Sequence[Received]) -> None:
        values = [
            value
            for each in received
            if isinstance(each.event, IndicatorMeasured)
            for value in each.event.items
        ]
        await usecases.judge_measured(tx, values, now(), rules)

    async def on_names(tx: Transaction, received: Sequence[Received]) -> None:
        events = [
            each.event
            for each in received
            if isinstance(each.event, ScopeChanged | IndicatorPublished)
        ]
        await usecases.learn_names(tx, events, now(), rules)

    async def on_calendar(tx: Transaction) -> None:
        await usecases.follow_calendar(tx, now())

    return [
        calendar_subscription("target", on_calendar),
        Subscription(
            name="target-measured",
            stream="QA_DATA",
            events=(IndicatorMeasured,),
            handler=on_measured,
        ),
        Subscription(
            name="target-names",
            stream="QA_DATA",
            events=(ScopeChanged, IndicatorPublished),
            handler=on_names,
        ),
    ]
