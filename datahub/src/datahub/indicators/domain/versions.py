"""What one document says otherwise than another. Source: design "Indicators" 1."""

from collections.abc import Mapping
from typing import Any


def changed_keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each key that differs, with both sides; null where a document does not have it."""
    return [
        {"key": key, "before": before.get(key), "after": after.get(key)}
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]
