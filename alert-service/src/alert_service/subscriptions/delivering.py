"""Events in: reports that were ordered, and human steps that wait, are told of."""

from collections.abc import Sequence

from alert_service.repository.policies import Policies
from alert_service.usecases.reports import deliver_reports
from alert_service.usecases.work import deliver_work
from shared.contracts.report import ReportDelivered
from shared.contracts.spiral_work import WorkItemEscalated, WorkItemReminded
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.worker import Received, Subscription


def make_deliveries(portal: str) -> list[Subscription]:
    """Return the consumers of what is told through channels and inboxes.

    Args:
        portal: where people open the portal; empty: links have no address.
    """
    known = Policies()

    async def on_delivered(tx: Transaction, received: Sequence[Received]) -> None:
        told = [each.event for each in received if isinstance(each.event, ReportDelivered)]
        await deliver_reports(tx, told, portal)

    async def on_work(tx: Transaction, received: Sequence[Received]) -> None:
        told = [
            each.event
            for each in received
            if isinstance(each.event, WorkItemReminded | WorkItemEscalated)
        ]
        await deliver_work(tx, known, told, portal, now())

    return [
        Subscription(
            name="alert-deliveries",
            stream="QA_EVT",
            events=(ReportDelivered,),
            handler=on_delivered,
        ),
        Subscription(
            name="alert-work",
            stream="QA_EVT",
            events=(WorkItemReminded, WorkItemEscalated),
            handler=on_work,
        ),
    ]
