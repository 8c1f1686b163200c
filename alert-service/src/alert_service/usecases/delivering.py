"""What came of an attempt to tell a channel: sent, tried again later, or given up."""

from datetime import datetime

from alert_service.domain.channels import GIVE_UP, Outcome, Verdict, rests_until, retry_at
from alert_service.repository import notifications, policies
from alert_service.repository.notifications import Waiting
from shared.kit.database import Transaction


async def end_attempt(
    tx: Transaction, waiting: Waiting, verdict: Verdict, began: datetime, at: datetime
) -> None:
    """Keep what came of an attempt, and decide what comes next.

    What a receiver refuses for good fails at once; any other failure is tried again for a day.
    After several in a row the channel rests; the mailbox of one person says nothing of it.
    """
    attempt = await notifications.get_attempt(tx, waiting.id, waiting.attempt)
    attempt.outcome, attempt.detail = verdict.outcome.value, verdict.detail[:300]
    attempt.took_ms = int((at - began).total_seconds() * 1000)
    row = await notifications.get_notification(tx, waiting.id)
    if row.state == "sent":
        return  # another process sent it while this one hung
    channel = await policies.find_channel(tx, row.channel, lock=True)
    is_sent = verdict.outcome is Outcome.SENT
    is_over = verdict.outcome is Outcome.REFUSED or at - row.made_at >= GIVE_UP
    if is_sent or is_over:
        row.state, row.over_at = "sent" if is_sent else "failed", at
    else:
        row.due_at = retry_at(row.attempts, at)
    if channel is None:
        return
    if is_sent:
        channel.failures, channel.rests_until, channel.sent_at = 0, None, at
    else:
        channel.failed_at, channel.failure = at, f"{verdict.outcome.value}: {verdict.detail}"[:300]
        if not (row.person and verdict.outcome is Outcome.REFUSED):
            channel.failures += 1
            channel.rests_until = rests_until(channel.failures, at)


async def send_again(tx: Transaction, key: str, at: datetime) -> None:
    """Have a notification that failed, or waits for its next try, sent now.

    Raises:
        NotificationNotFoundError: there is none.
    """
    row = await notifications.get_notification(tx, key)
    if row.state == "sent":
        return
    row.state, row.due_at, row.over_at = "pending", at, None
    channel = await policies.find_channel(tx, row.channel, lock=True)
    if channel is not None:
        channel.rests_until = None
    tx.announce(notifications.NEWS)
