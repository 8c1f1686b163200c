"""REST API of the alert service: open the transaction, call one function, answer.

One module a subject.
"""

from typing import Final

from alert_service.api import alerts, rules

ROUTERS: Final = [alerts.router, rules.router]
