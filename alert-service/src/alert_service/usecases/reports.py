"""Telling of reports that were ordered: through the channels and into the inboxes that are named.

What is delivered is told each of them once; a channel that is not there, or is switched off, is
passed over and logged: who changed it knows. Files that go along are attached to letters and stand
in what webhooks get; inboxes and robots get the link.
"""

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

import structlog

from alert_service.domain.messages import Text
from alert_service.domain.routing import INBOX
from alert_service.repository import notifications, policies
from alert_service.repository.notifications import New
from shared.contracts.report import ReportDelivered
from shared.kit.database import Transaction

GROUP = -1
"""Of notifications that are about no alerts."""

log = structlog.get_logger()


async def deliver_reports(
    tx: Transaction, told: Sequence[ReportDelivered], portal: str = ""
) -> None:
    """Tell of what was delivered.

    Args:
        portal: address of the portal, before which links stand; empty where nobody gave it.
    """
    for fact in told:
        each = fact.model_copy(update={"link": f"{portal.rstrip('/')}{fact.link}"})
        for channel in dict.fromkeys(each.channels):
            if await policies.find_channel(tx, channel) is None:
                log.warning("delivery_without_channel", channel=channel, delivery=each.delivery)
                continue
            await _store(tx, each, channel, "")
        bare = each.model_copy(update={"files": ()})
        for person in dict.fromkeys(each.persons):
            await _store(tx, bare, INBOX, person)


async def _store(tx: Transaction, told: ReportDelivered, channel: str, person: str) -> None:
    document = {
        "version": "4",
        "receiver": channel,
        "status": "delivered",
        "alerts": [],
        "report": told.model_dump(mode="json"),
    }
    key = str(uuid5(NAMESPACE_URL, f"{told.delivery}/{channel}/{person}"))
    if await notifications.is_there(tx, key):
        return
    await notifications.store(
        tx,
        New(
            id=key,
            group=GROUP,
            route="reports",
            channel=channel,
            person=person,
            number=await notifications.next_number(tx, GROUP, channel, person),
            open=[],
            ended=[],
            severity=None,
            text=Text(title=told.title, lines=[*told.lines, told.link]),
            document=document,
            at=told.at,
        ),
    )
