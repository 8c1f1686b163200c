"""What pace gives for the deadlines of what is told: of a binding its value, of a goal how far.

It is reckoned with what is told of, and never alone: `GET /attainments/{key}/forecast` tells that
of today.
"""

from datetime import date, datetime
from decimal import Decimal
from functools import cache, partial

from shared.calendar import CAMPUS, Calendar
from target_service.domain.forecast import pace, pace_of_attainment
from target_service.domain.limits import read_number
from target_service.domain.periods import days_of
from target_service.domain.rollup import from_millionths
from target_service.repository.goals import Course
from target_service.repository.measured import Attained, Case
from target_service.repository.standing import Node


class Pacing:
    """Where goals and bindings arrive, if the rest of their time is like the time so far."""

    def __init__(self, calendar: Calendar, at: datetime) -> None:
        self._today = at.astimezone(CAMPUS).date()
        # Thousands of goals have a few periods.
        self._days = cache(partial(days_of, calendar=calendar))

    def of_binding(self, case: Case, attained: Attained) -> Decimal | None:
        """Return which value a binding arrives at; None where no goal tells where it began."""
        value = attained.kept.value
        if case.baseline is None or value is None:
            return None
        stretch = self._stretch(case.period, case.last_day)
        return pace(value, read_number(case.baseline), *stretch)

    def of_goal(self, node: Node) -> Decimal | None:
        """Return how far a goal arrives; None where it does not tell where it began."""
        attained = node.standing.attained
        if node.baseline is None or attained is None:
            return None
        course = Course(node.deadline, read_number(node.baseline), node.target)
        stretch = self._stretch(node.period, course.deadline)
        return pace_of_attainment(from_millionths(attained), course.start, *stretch)

    def _stretch(self, period: str, deadline: date | None) -> tuple[date, date, date]:
        first, last = self._days(period)
        return first, self._today, deadline or last
