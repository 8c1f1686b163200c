"""Events in: human steps become work."""

from collections.abc import Sequence
from typing import Final

from shared.contracts.steps import (
    AlertStepClosed,
    AlertStepOpened,
    HubStepClosed,
    HubStepOpened,
    ReportStepClosed,
    ReportStepOpened,
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
    opened = [each.event for each in batch if isinstance(each.event, StepOpened)]
    closed = [
        (each.event, each.envelope.time or each.stored_at)
        for each in batch
        if isinstance(each.event, StepClosed)
    ]
    await usecases.hear_steps(tx, opened, closed)


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
    Subscription(
        name="spiral-alert-steps",
        stream="QA_EVT",
        events=(AlertStepOpened, AlertStepClosed),
        handler=on_steps,
    ),
    Subscription(
        name="spiral-report-steps",
        stream="QA_EVT",
        events=(ReportStepOpened, ReportStepClosed),
        handler=on_steps,
    ),
)
