"""A row of the quarantine as it should have come: a form with its columns, mended.

Source: contract of the data hub (``PUT /quarantine/{entry}/record``); the form is our default.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

COLUMN: Final = "column."


def shown(raw: Any) -> list[tuple[str, str]]:
    """Return the columns of a row with their texts; none of a row that has no columns."""
    if not isinstance(raw, Mapping):
        return []
    return [(str(name), _text(value)) for name, value in raw.items()]


def mended(raw: Any, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the row with what a form says of it; what was not touched stays what it was."""
    record: dict[str, Any] = dict(raw) if isinstance(raw, Mapping) else {}
    for name, value in record.items():
        said = given.get(COLUMN + str(name), "")
        if said != _text(value).strip():
            record[name] = said or None
    return record


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
