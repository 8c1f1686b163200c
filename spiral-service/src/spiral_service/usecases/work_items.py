"""What happens to human steps is told to inboxes: assigned, done, overdue, reminded, escalated."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from shared.calendar import CAMPUS
from shared.contracts.base import partition_of
from shared.contracts.spiral_work import (
    WorkItemEscalated,
    WorkItemFact,
    WorkItemReminded,
    WorkItemState,
)
from shared.kit.database import Transaction
from spiral_service.domain.definitions.model import Rung
from spiral_service.repository.work import keep_calls, leaders_of

Told = tuple[Rung, WorkItemState]
"""A rung of a ladder whose time has come, and what is told."""


def publish_items(
    tx: Transaction, event: type[WorkItemFact], items: Iterable[WorkItemState]
) -> None:
    """Publish what happened to human steps: one message for each partition of their ids."""
    by_partition: defaultdict[str, list[WorkItemState]] = defaultdict(list)
    for each in items:
        by_partition[partition_of(each.step)].append(each)
    for partition, told in sorted(by_partition.items()):
        body = event(items=tuple(told)).model_dump_json().encode()
        tx.publish_json(event.type, partition, body, key=f"work-items/{partition}")


async def tell_rungs(tx: Transaction, told: Sequence[Told], at: datetime) -> None:
    """Tell whom ladders remind, and whom they call; these find the step among their own work.

    Of a role that nobody holds it is whoever leads the scope.
    """
    vacant = sorted({item.scope for _, item in told if not item.persons})
    leaders = await leaders_of(tx, vacant, at.astimezone(CAMPUS).date())
    items = [
        (rung, item.model_copy(update={"persons": item.persons or tuple(leaders[item.scope])}))
        for rung, item in told
    ]
    publish_items(tx, WorkItemReminded, [item for rung, item in items if rung.after < 0])
    called = [item for rung, item in items if rung.after >= 0]
    publish_items(tx, WorkItemEscalated, called)
    calls = [
        {"step": each.step, "person": person, "role": each.role, "at": at}
        for each in called
        for person in each.persons
    ]
    await keep_calls(tx, calls)
