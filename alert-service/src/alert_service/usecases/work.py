"""Telling of human steps that wait (提醒、督办): whom the ladder of a definition names, and how.

Who is told the spiral service says; how, the policy: an item goes down the tree of routes like an
alert of the family ``process``, with the rule ``work/reminded`` or ``work/escalated``. Where it
names the owner it is those who are told; a route that names other persons tells them, too. Each is
told once. Where nobody holds the role of a rung it is the quality office that is told.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from alert_service.domain.matching import Labels
from alert_service.domain.messages import Text
from alert_service.domain.parties import QA_OFFICE, person_of
from alert_service.domain.routing import INBOX, PARTIES, Policy, Receiver
from alert_service.repository import notifications, policies
from alert_service.repository.names import find_names
from alert_service.repository.notifications import New
from alert_service.repository.policies import Policies
from shared.calendar import CAMPUS
from shared.contracts.spiral_work import WorkItemEscalated, WorkItemReminded, WorkItemState
from shared.contracts.vocabulary import Severity, level_of
from shared.kit.database import Transaction

GROUP: Final = -2
"""Of notifications that are about human steps."""

Told = WorkItemReminded | WorkItemEscalated


async def deliver_work(
    tx: Transaction, known: Policies, told: Sequence[Told], portal: str, at: datetime
) -> None:
    """Tell whom ladders remind and call."""
    await policies.share_policy(tx)
    policy = await known.get(tx)
    channels = {INBOX, *await policies.enabled_channels(tx)}
    items = [(isinstance(each, WorkItemEscalated), item) for each in told for item in each.items]
    names = await find_names(tx, {item.scope for _, item in items})
    news = {
        new.id: new
        for is_late, item in items
        for channel, person in _receivers(policy, item, is_late=is_late)
        if channel in channels
        for new in [
            _new(
                item,
                (channel, person),
                is_late=is_late,
                name=names.get(item.scope, item.scope),
                portal=portal,
                at=at,
            )
        ]
    }
    if news:
        await notifications.store_new(tx, list(news.values()))


def _receivers(policy: Policy, item: WorkItemState, *, is_late: bool) -> list[tuple[str, str]]:
    """Return by which channels who is told of an item."""
    persons = [person_of(each, None) for each in item.persons] or [QA_OFFICE]
    found: list[tuple[str, str]] = []
    for person in persons:
        for route in policy.root.takers(_labels(item, person, is_late=is_late)):
            found += [each for one in route.receivers for each in _told(one, person)]
    return list(dict.fromkeys(found))


def _told(receiver: Receiver, person: str) -> Iterator[tuple[str, str]]:
    if receiver.to == "owner":
        yield receiver.channel, person
    elif receiver.to not in PARTIES:
        # Who leads and who supervises is called by the ladder itself.
        yield receiver.channel, receiver.to


def _labels(item: WorkItemState, person: str, *, is_late: bool) -> Labels:
    rule = "work/escalated" if is_late else "work/reminded"
    return {
        "alertname": rule,
        "rule": rule,
        "family": "process",
        "severity": Severity.YELLOW.value if is_late else Severity.BLUE.value,
        "scope": item.scope,
        "kind": item.scope.partition("/")[0],
        "level": level_of(item.scope).value,
        "period": item.period or "",
        "owner": person,
        "escalated": str(item.rung or "") if is_late else "",
        "within": [item.scope],
    }


def _new(
    item: WorkItemState,
    receiver: tuple[str, str],
    *,
    is_late: bool,
    name: str,
    portal: str,
    at: datetime,
) -> New:
    channel, person = receiver
    what = "escalated" if is_late else "reminded"
    due = item.due_at.astimezone(CAMPUS)
    about = f"{name}｜{item.period}" if item.period else name
    title = f"{'督办' if is_late else '提醒'}：{item.title_zh}"
    lines = [f"{about}｜时限 {due:%Y-%m-%d %H:%M}", f"{portal.rstrip('/')}{item.link}"]
    place = f"work/{item.step}/{what}/{item.rung}/{item.role}/{item.due_at.isoformat()}"
    return New(
        id=str(uuid5(NAMESPACE_URL, f"{place}/{channel}/{person}")),
        group=GROUP,
        route="work",
        channel=channel,
        person=person,
        number=0,
        open=[],
        ended=[],
        severity=None,
        text=Text(title=title, lines=lines),
        document={
            "version": "4",
            "receiver": channel,
            "status": what,
            "alerts": [],
            "work": item.model_dump(mode="json"),
        },
        at=at,
    )
