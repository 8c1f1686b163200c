"""Telling of reports that were ordered: through the channels and into the inboxes that are named.

What is delivered is told each of them once; a channel that is not there is passed over and logged:
who removed it knows. Files that go along are attached to letters and stand in what webhooks get;
inboxes and robots get the link.
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
    news: list[New] = []
    for fact in told:
        each = fact.model_copy(update={"link": f"{portal.rstrip('/')}{fact.link}"})
        for channel in dict.fromkeys(each.channels):
            if await policies.find_channel(tx, channel) is None:
                log.warning("delivery_without_channel", channel=channel, delivery=each.delivery)
                continue
            news.append(_new(each, channel, ""))
        bare = each.model_copy(update={"files": ()})
        news += [_new(bare, INBOX, person) for person in dict.fromkeys(each.persons)]
    if news:
        await notifications.store_new(tx, news)


def _new(told: ReportDelivered, channel: str, person: str) -> New:
    document = {
        "version": "4",
        "receiver": channel,
        "status": "delivered",
        "alerts": [],
        "report": told.model_dump(mode="json"),
    }
    return New(
        id=str(uuid5(NAMESPACE_URL, f"{told.delivery}/{channel}/{person}")),
        group=GROUP,
        route="reports",
        channel=channel,
        person=person,
        number=0,
        open=[],
        ended=[],
        severity=None,
        text=Text(title=told.title, lines=[*told.lines, told.link]),
        document=document,
        at=told.at,
    )
