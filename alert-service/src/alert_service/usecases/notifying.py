"""Telling people of alerts: route what changed, look at the groups that are due, write it down.

What an alert's change needs is one row in its transaction. Routing and deciding are work of their
own, which may be late or fail without keeping an alert from being raised. What is decided is stored
as a notification with its number in the transaction that remembers it as told: a process that ends
before it is sent leaves it waiting, and one that decides again decides the same number.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from alert_service.domain import notifying
from alert_service.domain.alertmanager import fingerprint
from alert_service.domain.channels import Kind
from alert_service.domain.messages import Facts, Templates, Text, write
from alert_service.domain.notifying import Member, Message, Surroundings, Target
from alert_service.domain.parties import person_of
from alert_service.domain.routing import INBOX, Route
from alert_service.domain.severity import rank_of
from alert_service.repository import groups, labels, notifications, policies
from alert_service.repository.groups import Group, Placed
from alert_service.repository.labels import Told
from alert_service.repository.policies import Policies
from shared.access.families import RESTRICTED, ROLES
from shared.kit.clock import spell
from shared.kit.database import Transaction
from shared.kit.ids import uuid7

MOST_NOTED: Final = 500
MOST_GROUPS: Final = 50
NO_END: Final = "0001-01-01T00:00:00Z"
"""As Alertmanager writes the end of what has not ended."""

_WORDS: Final = Templates()
_CARERS: Final = frozenset(f"role/{each}" for each in ROLES)


async def route_noted(tx: Transaction, known: Policies, at: datetime) -> bool:
    """Put alerts that changed into the groups of their routes; return whether there were any."""
    alerts = await groups.take_noted(tx, MOST_NOTED)
    if not alerts:
        return False
    await policies.share_policy(tx)
    policy = await known.get(tx)
    found = await labels.load_labelled(tx, alerts)
    placed = [
        Placed(
            member=each.member,
            begins_at=each.begins_at,
            routes=policy.root.takers(each.member.labels),
        )
        for each in found
    ]
    await groups.place(tx, placed, at)
    # One that ended holds nothing back any more; one that eased or moved may not, either.
    await groups.wake_held_back(tx, [f"alert/{each.member.alert}" for each in found], at)
    return True


async def look_at_due(tx: Transaction, known: Policies, portal: str, at: datetime) -> bool:
    """Tell what the groups that are due have to tell; return whether there were any."""
    due = await groups.take_due(tx, at, MOST_GROUPS)
    if not due:
        return False
    await policies.share_policy(tx)
    policy = await known.get(tx)
    channels = await policies.enabled_channels(tx)
    around = Surroundings(
        policy=policy,
        silences=await policies.silences_at(tx, at),
        sources=await groups.list_sources(tx, policy),
        channels=frozenset(channels),
    )
    facts = await labels.load_facts(tx, _alerts_of(due), portal)
    for group in due:
        route = policy.routes.get(group.route)
        if route is None:
            await groups.drop_group(tx, group)
            continue
        if (time := route.tells_from(group.due_at)) != group.due_at:
            # Woken by the end of what held something back, or by a policy before: not its time.
            await groups.put_off(tx, group, time)
            continue
        decision = notifying.decide(route, group.members, group.told, around, at)
        next_at = decision.next_at and route.tells_from(decision.next_at)
        await groups.finish(tx, group, decision, next_at, at)
        for message in decision.messages:
            words = channels.get(message.target[0], _WORDS)
            await _store(tx, route, group, message, words, facts, at)
    return True


def _alerts_of(due: Sequence[Group]) -> list[str]:
    return sorted({member.alert for group in due for member in group.members})


async def _store(  # noqa: PLR0913, PLR0917 — what a notification is made of
    tx: Transaction,
    route: Route,
    group: Group,
    message: Message,
    words: Templates,
    facts: Mapping[str, Told],
    at: datetime,
) -> None:
    channel, person = message.target
    is_open = [_said_to(message.target, each, facts) for each in message.open]
    ended = [_said_to(message.target, each, facts) for each in message.ended]
    said = write(words, is_open, ended)
    await notifications.store(
        tx,
        notifications.New(
            id=str(uuid7()),
            group=group.id,
            route=route.path,
            channel=channel,
            person=person,
            number=message.number,
            open=[each.alert for each in message.open],
            ended=[each.alert for each in message.ended],
            severity=max((each.severity for each in is_open), key=rank_of, default=None),
            text=said,
            document=_document(group, message, facts),
            at=at,
        ),
    )


def _said_to(target: Target, member: Member, facts: Mapping[str, Told]) -> Facts:
    """Return what a receiver reads of an alert: of restricted families no more than he may see.

    That is for who answers for it himself, and for roles that look after students.
    """
    channel, person = target
    said = facts[member.alert].facts
    is_his = person.startswith("person/") and member.labels.get("owner") == person
    return said if channel == INBOX and (is_his or person in _CARERS) else said.masked()


def _document(group: Group, message: Message, facts: Mapping[str, Told]) -> dict[str, Any]:
    """Return a notification as Alertmanager's webhook writes it."""
    members = [*message.open, *message.ended]
    alerts = [_alert(each, facts[each.alert]) for each in members]
    common = set.intersection(*(set(each["labels"].items()) for each in alerts))
    return {
        "version": "4",
        "receiver": message.target[0],
        "status": "firing" if message.open else "resolved",
        "groupKey": f"{group.route}:{groups.key_of(group.labels)}",
        "groupLabels": group.labels,
        "commonLabels": dict(sorted(common)),
        "commonAnnotations": {},
        "truncatedAlerts": 0,
        "number": message.number,
        "alerts": alerts,
    }


def _alert(member: Member, told: Told) -> dict[str, Any]:
    shown = shown_labels(member)
    ended = not member.is_open and told.ends_at
    return {
        "status": "firing" if member.is_open else "resolved",
        "labels": shown,
        "annotations": told.annotations,
        "startsAt": spell(told.starts_at),
        "endsAt": spell(ended) if ended else NO_END,
        "generatorURL": told.url,
        "fingerprint": fingerprint(shown),
    }


def shown_labels(member: Member) -> dict[str, str]:
    """Return the labels that others may see; of restricted families not whom they are about."""
    hidden = {"within"}
    if member.labels.get("family") in RESTRICTED:
        hidden |= {"scope", "owner", "indicator", "rule", "alertname", "unit_head", "supervisor"}
    return {
        name: each
        for name, each in member.labels.items()
        if name not in hidden and isinstance(each, str)
    }


async def test_channel(tx: Transaction, key: str, by: str, at: datetime) -> str:
    """Send a message to a channel, to see whether it arrives; return the notification's id.

    Raises:
        ChannelNotFoundError: there is no such channel.
    """
    row = await policies.get_channel(tx, key, lock=True)
    notification = str(uuid7())
    said = Text(title="测试消息 · Test", lines=[f"{by} 试发，渠道 {row.name} 可用。"])
    to_person = Kind(row.kind) is Kind.EMAIL and not row.config.get("to")
    await notifications.store(
        tx,
        notifications.New(
            id=notification,
            group=0,
            route="test",
            channel=key,
            person=person_of(by, None) if to_person else "",
            number=await notifications.next_test(tx, key),
            open=[],
            ended=[],
            severity=None,
            text=said,
            document={"version": "4", "receiver": key, "status": "test", "alerts": []},
            at=at,
        ),
    )
    return notification
