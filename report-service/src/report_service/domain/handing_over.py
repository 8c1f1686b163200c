"""What the hub is told of a report: a record, from which process indicators are measured.

A report is due on the last day of its period, and was submitted on the day on which it was first
made; made again from newer facts it was submitted before. Source: our default, as long as reports
are neither ordered for a day nor issued; entity ``report`` of the dictionary.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from shared.calendar import CAMPUS, Calendar

ENTITY: Final = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The first report of a scope, a period and a template."""

    id: UUID
    scope: str
    period: str
    template: str
    title: str
    created_at: datetime


def record_of(
    report: Made, places: Mapping[str, str | None], calendar: Calendar
) -> dict[str, Any] | None:
    """Return the record of a report; None where the calendar does not know when its period ends.

    Args:
        places: the fields of the records that its scope is or belongs to.
    """
    bounds = calendar.bounds(report.period)
    if bounds is None:
        return None
    return {
        "report_no": report.id,
        "title": report.title,
        "kind": report.template,
        "scope": report.scope,
        **places,
        "due_on": bounds[1] - timedelta(days=1),
        "submitted_on": report.created_at.astimezone(CAMPUS).date(),
    }
