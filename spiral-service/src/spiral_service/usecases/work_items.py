"""What happens to human steps is told to inboxes: assigned, done, overdue, reminded, escalated."""

from collections import defaultdict
from collections.abc import Iterable

from shared.contracts.base import partition_of
from shared.contracts.spiral_work import WorkItemFact, WorkItemState
from shared.kit.database import Transaction


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
