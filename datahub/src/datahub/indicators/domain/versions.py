"""What one document says otherwise than another. Source: design "Indicators" 1."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

Document = Mapping[str, Any]


def changed_keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each key that differs, with both sides; null where a document does not have it."""
    return [
        {"key": key, "before": before.get(key), "after": after.get(key)}
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]


def in_force(begins: Iterable[str | None]) -> list[dict[str, Any]]:
    """Return of each version whether it is in force, and from which day until before which.

    Args:
        begins: on which day each takes effect, the newest first; None is from always.
    """
    found: list[dict[str, Any]] = []
    until, is_over = None, False
    for begin in begins:
        is_used = not is_over and (until is None or begin is None or begin < until)
        found.append(
            {
                "in_force": is_used,
                "effective_from": begin,
                "until": until if is_used else None,
            }
        )
        if is_used:
            until, is_over = begin, begin is None
    return found


def is_left(departs_from: Document | None, shipped: Document | None) -> bool:
    """Return whether a shipped definition has changed since the college put its own in its place.

    Args:
        departs_from: what was shipped then; None where nothing was, or nobody noted it.
        shipped: what is shipped now; None where nothing is.
    """
    return departs_from is not None and shipped is not None and departs_from != shipped


def hash_of(document: Document) -> str:
    """Identify a definition by what it says."""
    told = json.dumps(document, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()
