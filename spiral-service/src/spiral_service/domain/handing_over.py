"""What the hub is told of a correction: a record, from which process indicators are measured.

Source: contract "Process indicators"; entity ``correction`` of the dictionary.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from spiral_service.domain.correction import Correction

ENTITY: Final = "correction"

_GAINED: Final = {"recovered", "verified"}
"""Ends in which the value is back within its line."""

_DAY: Final = Decimal(86_400)
_HUNDREDTH: Final = Decimal("0.01")


def record_of(correction: Correction, places: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the record of a correction as it stands.

    Args:
        places: the fields of the records that its scope is or belongs to.
    """
    return {
        "correction_no": correction.id,
        "alert_no": correction.alert,
        "scope": correction.scope,
        **places,
        "opened_at": correction.opened_at,
        "closed_at": correction.closed_at,
        "days_to_close": _days(correction),
        "cause": correction.cause,
        "reopened": correction.reopened,
        "effective": _effective(correction),
    }


def _effective(correction: Correction) -> bool | None:
    """Return whether the value came back; None while open, and where nobody worked on it."""
    if correction.state == "open":
        return None
    if correction.how in _GAINED:
        return True
    # Its line went, or it was dismissed: what was done before had no effect, or nothing was done.
    return False if correction.reopened else None


def _days(correction: Correction) -> str | None:
    if correction.closed_at is None:
        return None
    seconds = Decimal(int((correction.closed_at - correction.opened_at).total_seconds()))
    return str((seconds / _DAY).quantize(_HUNDREDTH))
