"""When reports are ordered without anybody asking: as a cycle comes to a step, or on dates.

Source: issue of the plan M160–M173 ("Schedules"); what is shipped is our default.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from report_service.domain.kinds.registry import SELF_DIAGNOSIS
from shared.calendar import CAMPUS
from shared.calendar.rhythm import rule_of

SHIPPED: Final[dict[str, dict[str, Any]]] = {
    "cycle-diagnosis": {
        "title": "诊断环节开出自我诊改报告",
        "kind": SELF_DIAGNOSIS,
        "steps": ["diagnose", "draft"],
    }
}
"""By key. One that a college changed, or switched off, stays as it made it."""


def is_meant(document: dict[str, Any], step: str, definition: str, scope: str) -> bool:
    """Return whether a cycle that comes to a step orders a report by a schedule.

    Args:
        definition: name and version, ``figure_eight@1``.
    """
    return (
        step in document.get("steps", ())
        and _among(definition.partition("@")[0], document.get("definitions"))
        and _among(scope.partition("/")[0], document.get("scope_kinds"))
    )


def _among(name: str, chosen: Collection[str] | None) -> bool:
    return not chosen or name in chosen


def next_at(document: dict[str, Any], after: datetime) -> datetime | None:
    """Return when a schedule orders next, after an instant; None: not again, or by cycles."""
    if not document.get("starts_at"):
        return None
    first = datetime.fromisoformat(document["starts_at"])
    if document.get("rule") is None:
        return first if first > after else None
    local = after.astimezone(CAMPUS).replace(tzinfo=None)
    found = rule_of(document["rule"], first).after(local)
    return found.replace(tzinfo=CAMPUS) if found else None
