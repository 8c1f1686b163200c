"""What the hub is told of an alert: a record, from which process indicators are measured.

Source: contract "Process indicators"; entity ``alert`` of the dictionary.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from alert_service.domain.life import Alert
from shared.calendar import Calendar

ENTITY: Final = "alert"
_HUNDREDTH: Final = Decimal("0.01")


def record_of(
    alert: Alert, places: Mapping[str, str | None], calendar: Calendar, *, came_again: bool
) -> dict[str, Any]:
    """Return the record of an alert as it stands.

    Args:
        places: the fields of the records that its scope is or belongs to.
        calendar: whose working hours it was handled in.
        came_again: the same rule warned of the same scope after this one had ended; of an open
            one nothing can be said.
    """
    seen, settled = alert.acknowledged, alert.settled
    return {
        "alert_no": alert.id,
        "family": alert.family,
        "severity": alert.severity,
        "scope": alert.scope,
        **places,
        "raised_at": alert.raised_at,
        "acknowledged_at": seen.at if seen else None,
        "closed_at": settled.at if settled else None,
        "handling_hours": str(hours_of(calendar.between(alert.raised_at, settled.at)))
        if settled
        else None,
        "recurred": came_again if settled else None,
    }


def hours_of(working: timedelta) -> Decimal:
    """Return working time in hours, to a hundredth."""
    return (Decimal(int(working.total_seconds())) / 3600).quantize(_HUNDREDTH)
