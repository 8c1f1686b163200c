"""What was told to whom, how, and why not."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select

from alert_service.domain.acting import Right
from alert_service.domain.channels import Outcome
from alert_service.domain.notifying import REASON_ZH, Reason
from alert_service.domain.unsent import UNSENT_ZH, Tried, Way, why_unsent
from alert_service.queries.alerts import visible
from alert_service.queries.pages import Listed
from alert_service.repository.alerts import no_alert
from alert_service.repository.notifications import NotificationNotFoundError
from alert_service.schemas.notifying import (
    AlertNotifications,
    AttemptView,
    NotificationDetail,
    NotificationFilter,
    NotificationView,
    UnsentView,
    UntoldView,
    WaitingView,
)
from alert_service.tables import (
    AlertRow,
    AttemptRow,
    ChannelRow,
    GroupRow,
    MemberRow,
    NotificationRow,
    UntoldRow,
)
from shared.kit.database import Transaction
from shared.kit.paging import Page, after_text


async def list_notifications(
    tx: Transaction, wanted: Page, only: NotificationFilter, right: Right
) -> Listed[NotificationView]:
    """Return notifications, the newest first."""
    conditions = [
        getattr(NotificationRow, name) == value
        for name, value in only.model_dump(exclude={"alert"}, exclude_none=True).items()
    ]
    if only.alert:
        conditions.append(NotificationRow.alerts.contains([only.alert]))
    query = select(NotificationRow).where(*conditions).order_by(NotificationRow.id.desc())
    if (after := after_text(wanted)) is not None:
        query = query.where(NotificationRow.id < after)
    rows = list(await tx.session.scalars(query.limit(wanted.limit + 1).offset(wanted.offset)))
    page = rows[: wanted.limit]
    total = None
    if wanted.total_count:
        counted = select(func.count()).select_from(NotificationRow).where(*conditions)
        total = await tx.session.scalar(counted)
    more = [page[-1].id] if len(rows) > wanted.limit else None
    return Listed(items=await _shown(tx, page, right), total=total, next_after=more)


async def get_notification(
    tx: Transaction, key: str, right: Right, at: datetime
) -> NotificationDetail:
    """Return a notification with every attempt.

    Raises:
        NotificationNotFoundError: there is none.
    """
    row = await tx.session.get(NotificationRow, key)
    if row is None:
        raise NotificationNotFoundError(f"没有通知 {key}", f"there is no notification {key}")
    return (await _details(tx, [row], right, at))[0]


async def _details(
    tx: Transaction, rows: Sequence[NotificationRow], right: Right, at: datetime
) -> list[NotificationDetail]:
    found: dict[str, list[AttemptView]] = {row.id: [] for row in rows}
    attempts = await tx.session.scalars(
        select(AttemptRow).where(AttemptRow.notification.in_(found)).order_by(AttemptRow.number)
    )
    for each in attempts:
        found[each.notification].append(AttemptView.model_validate(each))
    there = await tx.session.scalars(select(ChannelRow))
    ways = {row.key: Way(is_on=row.enabled, rests_until=row.rests_until) for row in there}
    return [
        NotificationDetail(
            **view.model_dump(),
            unsent=_unsent(row, found[row.id], ways.get(row.channel), at),
            history=found[row.id],
        )
        for row, view in zip(rows, await _shown(tx, rows, right), strict=True)
    ]


def _unsent(
    row: NotificationRow, history: Sequence[AttemptView], way: Way | None, at: datetime
) -> UnsentView | None:
    if row.state == "sent":
        return None
    outcome = history[-1].outcome if history else None
    tried = Tried(
        made_at=row.made_at,
        due_at=row.due_at,
        over_at=row.over_at,
        attempts=row.attempts,
        outcome=Outcome(outcome) if outcome else None,
    )
    reason, until = why_unsent(tried, way, at)
    return UnsentView(reason=reason, words=UNSENT_ZH[reason], until=until)


async def notifications_of(
    tx: Transaction, alert: str, right: Right, at: datetime
) -> AlertNotifications:
    """Return who was told of an alert, when, how, and who was not and why.

    Raises:
        AlertNotFoundError: no alert has that id.
    """
    if not await _visible_among(tx, [alert], right):
        raise no_alert(alert)
    told = await tx.session.scalars(
        select(NotificationRow)
        .where(NotificationRow.alerts.contains([alert]))
        .order_by(NotificationRow.id)
    )
    untold = await tx.session.scalars(
        select(UntoldRow)
        .where(UntoldRow.alert == alert)
        .order_by(UntoldRow.first_at, UntoldRow.channel, UntoldRow.person)
    )
    waiting = await tx.session.scalars(
        select(GroupRow)
        .join(MemberRow, MemberRow.group == GroupRow.id)
        .where(MemberRow.alert == alert, GroupRow.due_at.is_not(None))
        .order_by(GroupRow.id)
    )
    return AlertNotifications(
        alert=alert,
        told=await _details(tx, list(told), right, at),
        not_told=[_untold(row) for row in untold],
        waiting=[
            WaitingView(route=row.route, labels=row.labels, due_at=row.due_at)
            for row in waiting
            if row.due_at is not None
        ],
    )


async def _visible_among(tx: Transaction, alerts: Collection[str], right: Right) -> set[str]:
    query = select(AlertRow.id).where(AlertRow.id.in_(alerts), *await visible(tx, right))
    return set(await tx.session.scalars(query))


async def _shown(
    tx: Transaction, rows: Sequence[NotificationRow], right: Right
) -> list[NotificationView]:
    """Return notifications without what they say of alerts that the reader does not see."""
    views = [NotificationView.model_validate(row) for row in rows]
    seen = await _visible_among(tx, {one for each in views for one in each.alerts}, right)
    return [each if seen.issuperset(each.alerts) else _cut(each, seen) for each in views]


def _cut(view: NotificationView, seen: Collection[str]) -> NotificationView:
    told = {
        name: [each for each in getattr(view, name) if each in seen]
        for name in ("alerts", "open", "ended")
    }
    return view.model_copy(update={**told, "title": "", "lines": []})


def _untold(row: UntoldRow) -> UntoldView:
    known = {name: getattr(row, name) for name in UntoldView.model_fields if name != "words"}
    return UntoldView(**known, words=REASON_ZH[Reason(row.reason)])
