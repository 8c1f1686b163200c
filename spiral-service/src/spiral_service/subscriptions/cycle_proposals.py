"""Events in: the rhythms of imported plans become proposals."""

from collections.abc import Sequence
from typing import Final

from shared.contracts.target import PlanImported
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription
from spiral_service.usecases.cycle_proposals import propose_cycles


async def on_plans(tx: Transaction, batch: Sequence[Received]) -> None:
    """Keep the rhythms of diagnosis that imported plans set."""
    for each in batch:
        if isinstance(each.event, PlanImported):
            await propose_cycles(tx, each.event)


SUBSCRIPTIONS: Final = (
    Subscription(name="spiral-plans", stream="QA_EVT", events=(PlanImported,), handler=on_plans),
)
