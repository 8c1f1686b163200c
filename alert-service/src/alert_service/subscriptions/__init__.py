"""Events in, one module a subject: open the transaction, call one use case."""

from alert_service.subscriptions.following import make_subscriptions

__all__ = ["make_subscriptions"]
