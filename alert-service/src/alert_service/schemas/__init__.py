"""Requests and responses of the REST API, one module a subject."""

from alert_service.schemas.alerts import (
    AcknowledgementBody,
    AlertDetail,
    AlertFilter,
    AlertMay,
    AlertSummary,
    AlertView,
    AssignmentBody,
    CrossedView,
    DismissalBody,
    StepView,
    WorstView,
)

__all__ = [
    "AcknowledgementBody",
    "AlertDetail",
    "AlertFilter",
    "AlertMay",
    "AlertSummary",
    "AlertView",
    "AssignmentBody",
    "CrossedView",
    "DismissalBody",
    "StepView",
    "WorstView",
]
