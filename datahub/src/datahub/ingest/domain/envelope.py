"""What a Caliper sensor sends: one envelope around several events. Source: Caliper 1.1."""

from typing import Any, TypeGuard


def is_envelope(record: object) -> TypeGuard[dict[str, Any]]:
    """Whether it is ``{sensor, sendTime, dataVersion, data: […]}``."""
    return isinstance(record, dict) and "sensor" in record and isinstance(record.get("data"), list)
