"""Why a notification is not sent yet, or never will be.

A channel that is off is waited for as long as one that does not answer: switched on again in time,
it sends what it still has. Source: our default.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from alert_service.domain.channels import GIVE_UP, Outcome


class Unsent(StrEnum):
    """Why a notification has not arrived."""

    QUEUED = "queued"
    SENDING = "sending"
    RETRIED = "retried"
    CHANNEL_OFF = "channel-off"
    CHANNEL_RESTS = "channel-rests"
    REFUSED = "refused"
    EXPIRED = "expired"
    """Nobody answered until it was given up."""

    EXPIRED_OFF = "expired-off"
    """Its channel was off until it was given up."""

    CHANNEL_REMOVED = "channel-removed"


UNSENT_ZH: Final = {
    Unsent.QUEUED: "排队发送",
    Unsent.SENDING: "发送中，尚无答复",
    Unsent.RETRIED: "上次未成功，将重试",
    Unsent.CHANNEL_OFF: "渠道已停用：在此之前启用则补发，否则放弃",
    Unsent.CHANNEL_RESTS: "渠道连续失败，暂停后再发",
    Unsent.REFUSED: "对方拒收，不再重试",
    Unsent.EXPIRED: "24 小时内未能送达，已放弃",
    Unsent.EXPIRED_OFF: "渠道停用满 24 小时，已放弃",
    Unsent.CHANNEL_REMOVED: "渠道已删除，不再发送",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A notification that was not sent, and how its last attempt ended."""

    made_at: datetime
    due_at: datetime
    over_at: datetime | None
    """When it was given up; None: it waits."""

    attempts: int
    outcome: Outcome | None
    """Of the last attempt; None: there was none, or nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How its channel stands."""

    is_on: bool
    rests_until: datetime | None


def why_unsent(tried: Tried, way: Way | None, at: datetime) -> tuple[Unsent, datetime | None]:
    """Return why something was not sent, and until when that holds where it is known.

    Args:
        way: None: the channel is not there any more.
    """
    if tried.over_at is not None:
        return _why_never(tried, tried.over_at), None
    if way is None or not way.is_on:
        return Unsent.CHANNEL_OFF, tried.made_at + GIVE_UP
    if way.rests_until and way.rests_until > at:
        return Unsent.CHANNEL_RESTS, way.rests_until
    if not tried.attempts:
        return Unsent.QUEUED, None
    return (Unsent.RETRIED, tried.due_at) if tried.outcome else (Unsent.SENDING, None)


def _why_never(tried: Tried, over_at: datetime) -> Unsent:
    if tried.outcome is Outcome.REFUSED:
        return Unsent.REFUSED
    if over_at < tried.made_at + GIVE_UP:
        return Unsent.CHANNEL_REMOVED
    return Unsent.EXPIRED if tried.attempts else Unsent.EXPIRED_OFF
