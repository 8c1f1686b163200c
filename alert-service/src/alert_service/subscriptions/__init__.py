"""Events in, one module a subject: open the transaction, call one use case."""

from alert_service.subscriptions.delivering import make_deliveries
from alert_service.subscriptions.following import make_followers
from alert_service.subscriptions.hearing import make_hearers
from alert_service.usecases.ruling import Judge
from shared.kit.worker import Subscription


def make_subscriptions(judge: Judge, portal: str) -> list[Subscription]:
    """Return the consumers of this service."""
    return [*make_followers(judge), *make_hearers(judge), make_deliveries(portal)]
