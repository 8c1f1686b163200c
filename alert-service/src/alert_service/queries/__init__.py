"""Read models, one module a subject. One function per screen; SQL in, response out, no rule."""

from alert_service.queries.alerts import get_alert, list_alerts, summarise_alerts

__all__ = ["get_alert", "list_alerts", "summarise_alerts"]
