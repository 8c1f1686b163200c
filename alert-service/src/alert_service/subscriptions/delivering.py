"""Events in: reports that were ordered are told of through channels and inboxes."""

from collections.abc import Sequence

from alert_service.usecases.reports import deliver_reports
from shared.contracts.report import ReportDelivered
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription


async def on_delivered(tx: Transaction, received: Sequence[Received]) -> None:
    """Tell of what was delivered."""
    told = [each.event for each in received if isinstance(each.event, ReportDelivered)]
    await deliver_reports(tx, told)


DELIVERIES = Subscription(
    name="alert-deliveries", stream="QA_EVT", events=(ReportDelivered,), handler=on_delivered
)
