"""Load and save what is told: notifications, attempts, letters."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from alert_service.domain.channels import GIVE_UP, Channel
from alert_service.domain.messages import Text
from alert_service.domain.routing import INBOX
from alert_service.repository.alerts import table_of
from alert_service.repository.policies import read_channel
from alert_service.tables import AttemptRow, ChannelRow, LetterRow, NotificationRow
from shared.contracts.vocabulary import Severity
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.sql import text
from shared.sealing import Seals

LETTER_LOCK: Final = 7_005
"""Advisory lock: one transaction at a time numbers letters."""

NEWS: Final = "notification"
"""What wakes who sends."""

LETTERS: Final = "letter"
"""What wakes who shows inboxes."""


class NotificationNotFoundError(DomainError):
    """No notification has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "notification-not-found"
    title_zh: ClassVar = "没有这条通知"
    title_en: ClassVar = "No such notification"


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """A notification that is to be stored."""

    id: str
    group: int
    route: str
    channel: str
    person: str
    number: int
    open: Sequence[str]
    ended: Sequence[str]
    severity: Severity | None
    text: Text
    document: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A notification that is due, and where it goes."""

    id: str
    person: str
    text: Text
    document: dict[str, Any]
    made_at: datetime
    attempt: int
    channel: Channel


async def store(tx: Transaction, new: New) -> None:
    """Store a notification; into an inbox it is told by that."""
    await _store(tx, [new])


async def store_new(tx: Transaction, news: Sequence[New]) -> None:
    """Store those of some notifications that are not there, each with the next number of its own.

    Args:
        news: all of one group; their own numbers are not looked at.
    """
    await _hold_letters(tx)
    mine = NotificationRow.id.in_([each.id for each in news])
    known = set(await tx.session.scalars(select(NotificationRow.id).where(mine)))
    fresh = {each.id: each for each in news if each.id not in known}
    rows = await tx.session.execute(
        select(NotificationRow.channel, NotificationRow.person, func.max(NotificationRow.number))
        .where(
            NotificationRow.group.in_({each.group for each in fresh.values()}),
            NotificationRow.person.in_({each.person for each in fresh.values()}),
        )
        .group_by(NotificationRow.channel, NotificationRow.person)
    )
    last = Counter({(channel, person): number for channel, person, number in rows})
    numbered = []
    for each in fresh.values():
        last[each.channel, each.person] += 1
        numbered.append(replace(each, number=last[each.channel, each.person]))
    await _store(tx, numbered)


async def _hold_letters(tx: Transaction) -> None:
    """Let nobody else number letters until the transaction ends."""
    await tx.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LETTER_LOCK})


async def _store(tx: Transaction, news: Sequence[New]) -> None:
    if not news:
        return
    await tx.session.execute(insert(table_of(NotificationRow)), [_row(each) for each in news])
    letters = [_letter(each) for each in news if each.channel == INBOX]
    if len(letters) < len(news):
        tx.announce(NEWS)
    if letters:
        # Numbers are seen in their order: who follows an inbox by them misses none.
        await _hold_letters(tx)
        await tx.session.execute(insert(table_of(LetterRow)), letters)
        tx.announce(LETTERS)


def _row(new: New) -> dict[str, Any]:
    in_inbox = new.channel == INBOX
    return {
        "id": new.id,
        "group": new.group,
        "route": new.route,
        "channel": new.channel,
        "person": new.person,
        "number": new.number,
        "alerts": sorted({*new.open, *new.ended}),
        "open": list(new.open),
        "ended": list(new.ended),
        "title": new.text.title,
        "lines": list(new.text.lines),
        "document": new.document,
        "made_at": new.at,
        "state": "sent" if in_inbox else "pending",
        "due_at": new.at,
        "attempts": 0,
        "over_at": new.at if in_inbox else None,
    }


def _letter(new: New) -> dict[str, Any]:
    return {
        "notification": new.id,
        "person": new.person,
        "severity": new.severity.value if new.severity else None,
        "title": new.text.title,
        "lines": list(new.text.lines),
        "alerts": sorted({*new.open, *new.ended}),
        "at": new.at,
    }


async def next_test(tx: Transaction, channel: str) -> int:
    """Return the number of the next test of a channel."""
    found = await tx.session.scalar(
        select(func.max(NotificationRow.number)).where(
            NotificationRow.group == 0, NotificationRow.channel == channel
        )
    )
    return (found or 0) + 1


async def due_channels(tx: Transaction, at: datetime) -> list[str]:
    """Return the channels that have something to send now, and do not rest."""
    rows = await tx.session.scalars(
        text(
            "SELECT DISTINCT n.channel FROM notification n JOIN channel c ON c.key = n.channel"
            " WHERE n.state = 'pending' AND n.due_at <= :at AND c.enabled"
            " AND (c.rests_until IS NULL OR c.rests_until <= :at)"
        ),
        {"at": at},
    )
    return sorted(rows)


async def give_up(tx: Transaction, channel: str, at: datetime) -> None:
    """Let what waits in a channel be sent no more."""
    await tx.session.execute(
        text(
            "UPDATE notification SET state = 'failed', over_at = :at"
            " WHERE channel = :channel AND state = 'pending'"
        ),
        {"channel": channel, "at": at},
    )


async def give_up_where_off(tx: Transaction, at: datetime) -> None:
    """Let what waits too long in a channel that is off be sent no more: nobody tries it there."""
    await tx.session.execute(
        text(
            "UPDATE notification n SET state = 'failed', over_at = :at"
            " WHERE n.state = 'pending' AND n.made_at <= :before"
            " AND NOT EXISTS (SELECT FROM channel c WHERE c.key = n.channel AND c.enabled)"
        ),
        {"at": at, "before": at - GIVE_UP},
    )


_NEXT: Final = """
SELECT n.id FROM notification n
 WHERE n.channel = :channel AND n.state = 'pending' AND n.due_at <= :at
   AND NOT EXISTS (SELECT FROM notification o WHERE o.channel = n.channel AND o.state = 'pending'
         AND o."group" = n."group" AND o.person = n.person AND o.number < n.number)
 ORDER BY n.due_at, n.id LIMIT 1
"""
"""What was told before to the same receiver of a group goes first; nothing else waits for it."""


async def begin_next(
    tx: Transaction, channel: str, at: datetime, seals: Seals | None
) -> Waiting | None:
    """Note an attempt on what a channel sends next; None where there is nothing, or it rests."""
    row = await tx.session.get(ChannelRow, channel)
    if row is None or not row.enabled or (row.rests_until and row.rests_until > at):
        return None
    key = await tx.session.scalar(text(_NEXT), {"channel": channel, "at": at})
    if key is None:
        return None
    waiting = await tx.session.get(NotificationRow, key, with_for_update=True)
    assert waiting is not None, "it was just found"
    waiting.attempts += 1
    attempt = {"notification": key, "number": waiting.attempts, "at": at}
    await tx.session.execute(insert(table_of(AttemptRow)), [attempt])
    return Waiting(
        id=waiting.id,
        person=waiting.person,
        text=Text(title=waiting.title, lines=waiting.lines),
        document={**waiting.document, "id": waiting.id},
        made_at=waiting.made_at,
        attempt=waiting.attempts,
        channel=read_channel(row, seals),
    )


async def get_notification(tx: Transaction, key: str) -> NotificationRow:
    """Return the row of a notification, locked.

    Raises:
        NotificationNotFoundError: there is none.
    """
    row = await tx.session.get(NotificationRow, key, with_for_update=True)
    if row is None:
        raise NotificationNotFoundError(f"没有通知 {key}", f"there is no notification {key}")
    return row


async def get_attempt(tx: Transaction, key: str, number: int) -> AttemptRow:
    """Return an attempt that was begun."""
    row = await tx.session.get(AttemptRow, (key, number))
    assert row is not None, "it was noted before it began"
    return row
