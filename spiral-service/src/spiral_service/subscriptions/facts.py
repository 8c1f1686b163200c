"""Events in: what the other services tell becomes what gates are judged on."""

from collections.abc import Sequence
from typing import Final

from shared.contracts import alert, target, target_tasks
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription
from spiral_service.usecases import facts as usecases
from spiral_service.usecases.owning import hear_bodies


async def on_facts(tx: Transaction, batch: Sequence[Received]) -> None:
    """Keep the newest word on each thing."""
    await usecases.hear_facts(tx, [each.event for each in batch])
    bodies = [each.event.id for each in batch if isinstance(each.event, target.BodyChanged)]
    if bodies:
        await hear_bodies(tx, bodies)


SUBSCRIPTIONS: Final = (
    # In one consumer: a version decides between facts, so their order does not matter.
    Subscription(
        name="spiral-facts",
        stream="QA_EVT",
        events=(
            target.GoalDistributed,
            target.GoalAccepted,
            target.GoalNegotiated,
            target.GoalSigned,
            target.GoalPublished,
            target.GoalRevised,
            target.GoalDecomposed,
            target.GoalWithdrawn,
            target.BindingChanged,
            target.StandardApproved,
            target.StandardWithdrawn,
            target.AttainmentChanged,
            target.AssessmentPublished,
            target.BodyChanged,
            target_tasks.TaskIssued,
            target_tasks.TaskAccepted,
            target_tasks.TaskProgressed,
            target_tasks.TaskOverdue,
            target_tasks.TaskDone,
            target_tasks.TaskCancelled,
            alert.AlertRaised,
            alert.AlertMerged,
            alert.AlertHeld,
            alert.AlertAcknowledged,
            alert.AlertAssigned,
            alert.AlertEscalated,
            alert.AlertReopened,
            alert.AlertSettled,
            alert.AlertDismissed,
        ),
        handler=on_facts,
    ),
)
