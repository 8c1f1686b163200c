"""Events in: human steps become work."""

from collections.abc import Sequence
from typing import Final

from shared.contracts.steps import (
    HubStepClosed,
    HubStepOpened,
    SpiralStepClosed,
    SpiralStepOpened,
    StepClosed,
    StepOpened,
    TargetStepClosed,
    TargetStepOpened,
)
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription
from spiral_service.usecases import work as usecases


async def on_steps(tx: Transaction, batch: Sequence[Received]) -> None:
    """Keep the work list: what opened, what closed."""
    for each in batch:
        if isinstance(each.event, StepOpened):
            await usecases.add_work(tx, each.event)
        elif isinstance(each.event, StepClosed):
            await usecases.close_work(tx, each.event, each.envelope.time or each.stored_at)


SUBSCRIPTIONS: Final = (
    Subscription(
        name="spiral-steps",
        stream="QA_DATA",
        events=(HubStepOpened, HubStepClosed),
        handler=on_steps,
    ),
    Subscription(
        name="spiral-target-steps",
        stream="QA_EVT",
        events=(TargetStepOpened, TargetStepClosed),
        handler=on_steps,
    ),
    Subscription(
        name="spiral-own-steps",
        stream="QA_EVT",
        events=(SpiralStepOpened, SpiralStepClosed),
        handler=on_steps,
    ),
)
