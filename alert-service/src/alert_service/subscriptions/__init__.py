"""Events in, one module a subject: open the transaction, call one use case."""

from alert_service.subscriptions.delivering import DELIVERIES
from alert_service.subscriptions.following import make_followers
from alert_service.subscriptions.hearing import make_hearers
from alert_service.usecases.ruling import Judge
from shared.kit.worker import Subscription


def make_subscriptions(judge: Judge) -> list[Subscription]:
    """Return the consumers of this service."""
    return [*make_followers(judge), *make_hearers(judge), DELIVERIES]
