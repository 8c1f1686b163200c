"""Whom a correction waits for: one human step at a time.

Source: contract "step.opened step.closed"; times are our default.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from shared.calendar import CAMPUS
from spiral_service.domain.correcting import Group

TIME: Final = timedelta(days=7)
"""Until a step without a date of its own should be done. Source: our default."""

Kind = Literal["assignment", "plan", "evidence", "verification"]
_KINDS: Final[dict[str, Kind]] = {
    "opened": "assignment",
    "assigned": "plan",
    "planned": "evidence",
    "evidenced": "verification",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A human step that waits."""

    kind: Kind
    scope: str
    owners: tuple[str, ...]
    """Whose step it is; none for leaders."""

    not_by: str
    """Who may not do it."""

    due_on: date | None
    """Campus date until which it is to be done; None where it has none of its own."""


def waits_for(group: Group) -> Waiting | None:
    """Return what open corrections of one cause wait for; None when all are over."""
    if not group:
        return None
    first = group[0]
    kind = _KINDS[first.stage]
    is_owners = kind in {"plan", "evidence"}
    return Waiting(
        kind=kind,
        scope=first.scope,
        owners=(_named(first.responsible),) if is_owners else (),
        not_by=first.plan.by if first.plan and kind == "verification" else "",
        due_on=first.plan.due_on if first.plan and kind == "evidence" else None,
    )


def _named(responsible: str) -> str:
    """Return an owner as the work list knows him: a number alone is that of a teacher."""
    return responsible if "/" in responsible else f"teacher/{responsible}"


def due_of(waiting: Waiting, at: datetime) -> datetime:
    """Return until when a step should be done that opens now."""
    if waiting.due_on is None:
        return at + TIME
    return datetime.combine(waiting.due_on + timedelta(days=1), time(), CAMPUS)
