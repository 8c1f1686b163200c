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
from shared.kit.clock import now
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
    await usecases.hear_steps(tx, opened, closed, now())


_STEPS: Final = {
    "spiral-steps": ("QA_DATA", (HubStepOpened, HubStepClosed)),
    "spiral-target-steps": ("QA_EVT", (TargetStepOpened, TargetStepClosed)),
    "spiral-own-steps": ("QA_EVT", (SpiralStepOpened, SpiralStepClosed)),
    "spiral-alert-steps": ("QA_EVT", (AlertStepOpened, AlertStepClosed)),
    "spiral-report-steps": ("QA_EVT", (ReportStepOpened, ReportStepClosed)),
}
"""A consumer for each service: the steps of one keep their order."""

SUBSCRIPTIONS: Final = tuple(
    Subscription(name=name, stream=stream, events=events, handler=on_steps)
    for name, (stream, events) in _STEPS.items()
)
