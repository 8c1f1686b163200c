"""Metrics for Prometheus, and traces by the OpenTelemetry API (silent until an SDK is set)."""

from opentelemetry import propagate
from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Histogram(
    "helix8_http_request_seconds", "Duration of HTTP requests", ["method", "route", "status"]
)
MESSAGES = Counter("helix8_messages_total", "Messages handled", ["consumer", "outcome"])
DEAD_LETTERS = Counter("helix8_dead_letters_total", "Messages put aside", ["consumer", "reason"])
CONSUMER_LAG = Gauge("helix8_consumer_lag", "Messages that wait for a consumer", ["consumer"])
OUTBOX_AGE = Gauge("helix8_outbox_age_seconds", "Age of the oldest event not yet sent")
TASK_FAILURES = Counter("helix8_task_failures_total", "Restarts of background tasks", ["task"])


def current_traceparent() -> str | None:
    """Return the W3C ``traceparent`` of the present span; None while tracing is off."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent")
