"""REST API of the alert service: open the transaction, call one function, answer.

One module a subject.
"""

from typing import Final

from alert_service.api import (
    alertmanager,
    alerts,
    boards,
    inbox,
    notifications,
    persons,
    routing,
    rules,
)

ROUTERS: Final = [
    # Before the alerts, whose ``/alerts/{id}`` would take their paths.
    boards.router,
    alerts.router,
    rules.router,
    routing.router,
    notifications.router,
    inbox.router,
    alertmanager.router,
    persons.router,
]
