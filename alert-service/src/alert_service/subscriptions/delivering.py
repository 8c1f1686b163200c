"""Events in: reports that were ordered are told of through channels and inboxes."""

from collections.abc import Sequence

from alert_service.usecases.reports import deliver_reports
from shared.contracts.report import ReportDelivered
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription


def make_deliveries(portal: str) -> Subscription:
    """Return the consumer of what is delivered.

    Args:
        portal: where people open the portal; empty: links have no address.
    """

    async def on_delivered(tx: Transaction, received: Sequence[Received]) -> None:
        told = [each.event for each in received if isinstance(each.event, ReportDelivered)]
        await deliver_reports(tx, told, portal)

    return Subscription(
        name="alert-deliveries", stream="QA_EVT", events=(ReportDelivered,), handler=on_delivered
    )
