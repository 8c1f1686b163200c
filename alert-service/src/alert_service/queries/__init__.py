"""Read models, one module a subject. One function per screen; SQL in, response out, no rule."""

from alert_service.queries.alerts import get_alert, list_alerts, summarise_alerts
from alert_service.queries.statistics import get_statistics

__all__ = ["get_alert", "get_statistics", "list_alerts", "summarise_alerts"]
