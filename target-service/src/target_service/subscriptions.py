"""Events in: measured values from the data hub."""

from collections.abc import Sequence
from decimal import Decimal

from shared.contracts.datahub import IndicatorMeasured
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription
from target_service import usecases


def make_subscriptions(minimum_coverage: Decimal) -> list[Subscription]:
    """Return the consumers of this service."""

    async def on_measured(tx: Transaction, received: Sequence[Received]) -> None:
        values = [
            value
            for each in received
            if isinstance(each.event, IndicatorMeasured)
            for value in each.event.items
        ]
        await usecases.judge_measured(tx, values, now(), minimum_coverage)

    return [
        Subscription(
            name="target-measured",
            stream="QA_DATA",
            events=(IndicatorMeasured,),
            handler=on_measured,
        )
    ]
