"""What may be there at the deadline, worked out from the history when somebody asks."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from shared.calendar import CAMPUS
from shared.calendar.table import read_calendar
from shared.kit.database import Transaction
from shared.kit.sql import text
from target_service.domain.deadlines import end_of
from target_service.domain.forecast import FEWEST, Point, as_share, forecast
from target_service.queries.history import check_judged
from target_service.repository import goals
from target_service.repository.chain import not_found
from target_service.repository.standing import GOAL
from target_service.schemas import ForecastView, Trend

DAYS: Final = 400
"""So many days of the history a trend looks back on."""


async def forecast_of(tx: Transaction, key: str, at: datetime) -> ForecastView:
    """Return what may be there at the deadline of a binding, or of ``goal/<key>``.

    Raises:
        NotFoundError: nothing has that key.
    """
    await check_judged(tx, key)
    is_goal = key.startswith(GOAL)
    query = _GOAL if is_goal else _BINDING
    row = (await tx.session.execute(query, {"key": key.removeprefix(GOAL)})).one_or_none()
    if row is None:
        raise not_found("达成", "attainment", key)
    course = (await goals.courses_of(tx, [row.goal])).get(row.goal) if row.goal else None
    calendar = await read_calendar(tx)
    end = end_of(row.period, calendar)
    on = row.deadline or end.date() - timedelta(days=1)
    begins = calendar.instants(row.period)
    points = await _points(tx, key, is_goal=is_goal)
    first = begins[0].date() if begins else points[0][0] if points else on
    known = course.start if course and is_goal else course.baseline if course else None
    found = forecast(points, known, first, at.astimezone(CAMPUS).date(), on)
    return ForecastView(
        key=key,
        on=on,
        points=found.points,
        pace=as_share(found.pace) if is_goal else found.pace,
        trend=Trend.model_validate(found.trend) if found.trend else None,
        reason=None if found.points >= FEWEST else "too-few-points",
    )


async def _points(tx: Transaction, key: str, *, is_goal: bool) -> list[Point]:
    """Return the last value of each day, in the order of days."""
    rows = await tx.session.execute(_DAYS, {"key": key, "zone": str(CAMPUS), "days": DAYS})
    points: list[tuple[date, Any]] = [
        (row.day, row.attainment if is_goal else row.value) for row in rows
    ]
    return [(day, value) for day, value in reversed(points) if value is not None]


_BINDING: Final = text(
    "SELECT b.goal, b.period, g.deadline FROM binding b LEFT JOIN goal g ON g.key = b.goal"
    " WHERE b.key = :key"
)
_GOAL: Final = text("SELECT key AS goal, period, deadline FROM goal WHERE key = :key")
_DAYS: Final = text(
    "SELECT DISTINCT ON (day) day, value, attainment FROM (SELECT seq, value, attainment,"
    " CAST(at AT TIME ZONE :zone AS date) AS day FROM attainment_history WHERE key = :key) h"
    " ORDER BY day DESC, seq DESC LIMIT :days"
)
