"""What the hub is told of a correction: a record, from which process indicators are measured.

Source: contract "Process indicators"; entity ``correction`` of the dictionary.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.contracts.vocabulary import ClosedHow
from spiral_service.domain.correction import Correction

ENTITY: Final = "correction"

_EFFECTIVE: Final[Mapping[ClosedHow, bool]] = {"recovered": True, "verified": True}
"""In the other ends the value was not measured against its line again: nothing is said."""


def record_of(correction: Correction, places: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the record of a correction as it stands.

    Args:
        places: the fields of the records that its scope is or belongs to.
    """
    how = correction.how
    return {
        "correction_no": correction.id,
        "alert_no": correction.alert,
        "scope": correction.scope,
        **places,
        "opened_at": correction.opened_at,
        "closed_at": correction.closed_at,
        "effective": _EFFECTIVE.get(how) if how else None,
    }
