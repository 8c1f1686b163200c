"""What the alert service can do: one function, one transaction.

Use cases decide nothing. They load, ask ``domain``, store and tell.
"""

from alert_service.usecases.acting import (
    Act,
    Acted,
    Precondition,
    acknowledge,
    assign,
    carry_over,
    dismiss,
    follow_calendar,
)
from alert_service.usecases.following import (
    follow_corrections,
    follow_target,
    follow_tasks,
    learn_scopes,
    learn_units,
)
from alert_service.usecases.telling import hand_over_page

__all__ = [
    "Act",
    "Acted",
    "Precondition",
    "acknowledge",
    "assign",
    "carry_over",
    "dismiss",
    "follow_calendar",
    "follow_corrections",
    "follow_target",
    "follow_tasks",
    "hand_over_page",
    "learn_scopes",
    "learn_units",
]
