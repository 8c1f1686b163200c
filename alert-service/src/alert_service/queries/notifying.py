"""Channels, silences and inboxes as screens read them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from alert_service.domain import notifying
from alert_service.domain.acting import Right
from alert_service.domain.channels import Kind
from alert_service.queries.alerts import visible
from alert_service.queries.pages import Listed
from alert_service.repository import groups, labels, policies
from alert_service.repository.alerts import no_alert
from alert_service.repository.groups import read_member
from alert_service.repository.policies import Policies
from alert_service.schemas.notifying import (
    ChannelView,
    HealthView,
    LetterFilter,
    LetterView,
    TemplatesBody,
)
from alert_service.schemas.routing import (
    SHIPPED,
    PolicyBody,
    PolicyView,
    ReceiverBody,
    TrialBody,
    TrialView,
)
from alert_service.tables import (
    AlertLabelRow,
    AlertRow,
    ChannelRow,
    LetterRow,
    NotificationRow,
    PolicyRow,
    ReadingRow,
)
from shared.kit.database import Database, Transaction
from shared.kit.paging import Page, after_number


async def get_policy(tx: Transaction) -> PolicyView:
    """Return the policy that counts."""
    row = await policies.get_policy(tx)
    return SHIPPED_VIEW if row is None else _policy(row)


SHIPPED_VIEW = PolicyView(version=0, made_by="helix8", made_at=None, policy=SHIPPED)


async def list_policies(tx: Transaction) -> list[PolicyView]:
    """Return the versions of the policy, the newest first; the last one is what was shipped."""
    rows = await tx.session.scalars(select(PolicyRow).order_by(PolicyRow.version.desc()).limit(100))
    return [*map(_policy, rows), SHIPPED_VIEW]


def _policy(row: PolicyRow) -> PolicyView:
    body = PolicyBody.model_validate(row.document)
    return PolicyView(version=row.version, made_by=row.made_by, made_at=row.made_at, policy=body)


async def try_policy(tx: Transaction, known: Policies, body: TrialBody, at: datetime) -> TrialView:
    """Return which way an alert goes now.

    Raises:
        AlertNotFoundError: no alert has that id.
    """
    policy = await known.get(tx)
    found: dict[str, Any] = {"severity": "yellow", **body.labels}
    if body.alert is not None:
        [*labelled] = await labels.load_labelled(tx, [body.alert])
        if not labelled:
            raise no_alert(body.alert)
        found = {**labelled[0].member.labels, **body.labels}
    member = notifying.Member(alert=body.alert or "", labels=found, is_open=True, mark="")
    routes = policy.root.takers(found)
    silences = await policies.silences_at(tx, at)
    return TrialView(
        labels=found,
        routes=[each.path for each in routes],
        receivers=[
            ReceiverBody(channel=each.channel, to=each.to)
            for each in dict.fromkeys(one for route in routes for one in route.receivers)
        ],
        inhibited_by=notifying.inhibitor(policy, await groups.list_sources(tx, policy), member),
        silenced_by=[each.id for each in silences if each.covers(found, at)],
    )


async def list_channels(tx: Transaction, at: datetime) -> list[ChannelView]:
    """Return all channels."""
    waiting = await _waiting(tx)
    rows = await tx.session.scalars(select(ChannelRow).order_by(ChannelRow.key))
    return [_channel(row, waiting.get(row.key, 0), at) for row in rows]


async def get_channel(tx: Transaction, key: str, at: datetime) -> ChannelView:
    """Return a channel.

    Raises:
        ChannelNotFoundError: there is none.
    """
    row = await policies.get_channel(tx, key)
    return _channel(row, await policies.count_waiting(tx, key), at)


async def _waiting(tx: Transaction) -> dict[str, int]:
    rows = await tx.session.execute(
        select(NotificationRow.channel, func.count().label("n"))
        .where(NotificationRow.state == "pending")
        .group_by(NotificationRow.channel)
    )
    return {row.channel: row.n for row in rows}


def _channel(row: ChannelRow, waiting: int, at: datetime) -> ChannelView:
    rests = row.rests_until is not None and row.rests_until > at
    state = "resting" if rests else "failing" if row.failures else "well"
    return ChannelView(
        key=row.key,
        version=row.version,
        name=row.name,
        kind=Kind(row.kind),
        enabled=row.enabled,
        settings=row.config,
        secrets=sorted(row.secrets),
        templates=TemplatesBody(**row.templates),
        changed_by=row.changed_by,
        changed_at=row.changed_at,
        health=HealthView(
            state="off" if not row.enabled else state,  # type: ignore[arg-type]
            failures=row.failures,
            rests_until=row.rests_until,
            sent_at=row.sent_at,
            failed_at=row.failed_at,
            failure=row.failure,
            waiting=waiting,
        ),
    )


async def list_letters(
    tx: Transaction, wanted: Page, only: LetterFilter, reader: str, inboxes: Sequence[str]
) -> Listed[LetterView]:
    """Return somebody's letters, the newest first."""
    chosen = _letters(reader, inboxes)
    if only.unread is not None:
        chosen = chosen.where(
            ReadingRow.at.is_(None) if only.unread else ReadingRow.at.is_not(None)
        )
    if only.alert:
        chosen = chosen.where(LetterRow.alerts.contains([only.alert]))
    query = chosen.order_by(LetterRow.id.desc())
    if (after := after_number(wanted)) is not None:
        query = query.where(LetterRow.id < after)
    rows = list(await tx.session.execute(query.limit(wanted.limit + 1).offset(wanted.offset)))
    page = rows[: wanted.limit]
    total = None
    if wanted.total_count:
        total = await tx.session.scalar(select(func.count()).select_from(chosen.subquery()))
    more = [page[-1][0].id] if len(rows) > wanted.limit else None
    return Listed(items=[_letter(*row) for row in page], total=total, next_after=more)


async def letters_after(
    tx: Transaction, reader: str, inboxes: Sequence[str], after: int, most: int
) -> list[LetterView]:
    """Return somebody's letters that came after one, the oldest first."""
    query = _letters(reader, inboxes).where(LetterRow.id > after)
    rows = await tx.session.execute(query.order_by(LetterRow.id).limit(most))
    return [_letter(*row) for row in rows]


async def has_letters_after(db: Database, inboxes: Sequence[str], after: int) -> bool:
    """Return whether somebody got letters after one; a single statement: every page asks often."""
    async with db.reading() as driver:
        found: bool = await driver.fetchval(
            "SELECT EXISTS (SELECT FROM letter WHERE person = ANY($1::text[]) AND id > $2)",
            list(inboxes),
            after,
        )
    return found


async def last_letter(tx: Transaction, inboxes: Sequence[str]) -> int:
    """Return the number of somebody's last letter; 0 where there is none."""
    query = select(func.max(LetterRow.id)).where(LetterRow.person.in_(inboxes))
    return await tx.session.scalar(query) or 0


async def count_unread(tx: Transaction, reader: str, inboxes: Sequence[str]) -> int:
    """Return how many letters somebody has not read."""
    inner = _letters(reader, inboxes).where(ReadingRow.at.is_(None)).subquery()
    return await tx.session.scalar(select(func.count()).select_from(inner)) or 0


def _letters(reader: str, inboxes: Sequence[str]) -> Any:
    mine = (ReadingRow.letter == LetterRow.id) & (ReadingRow.person == reader)
    query = select(LetterRow, ReadingRow.at.label("read_at")).outerjoin(ReadingRow, mine)
    return query.where(LetterRow.person.in_(inboxes))


def _letter(row: LetterRow, read_at: datetime | None) -> LetterView:
    known = {name: getattr(row, name) for name in LetterView.model_fields if name != "read_at"}
    return LetterView(**known, read_at=read_at)


async def active_alerts(tx: Transaction, right: Right) -> list[tuple[Any, Any]]:
    """Return the open alerts that a caller may see, with their labels."""
    rows = await tx.session.execute(
        select(AlertRow, AlertLabelRow)
        .join(AlertLabelRow, AlertLabelRow.alert == AlertRow.id)
        .where(AlertRow.state == "open", *await visible(tx, right))
        .order_by(AlertRow.raised_at, AlertRow.id)
    )
    return [(row, read_member(label)) for row, label in rows]
