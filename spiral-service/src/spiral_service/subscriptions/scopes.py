"""Events in: scopes become names."""

from collections.abc import Sequence
from typing import Final

from shared.calendar.table import calendar_subscription
from shared.contracts.datahub import ScopeChanged
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription
from spiral_service.usecases import scopes as usecases


async def on_scopes(tx: Transaction, batch: Sequence[Received]) -> None:
    """Keep the names of the scopes."""
    await usecases.learn_scopes(
        tx,
        [
            item
            for each in batch
            if isinstance(each.event, ScopeChanged)
            for item in each.event.items
        ],
    )


SUBSCRIPTIONS: Final = (
    calendar_subscription("spiral"),
    Subscription(name="spiral-scopes", stream="QA_DATA", events=(ScopeChanged,), handler=on_scopes),
)
