"""What items of an assessment take of goals and tasks: how far goals are attained, what was done.

A value of a scope and a period rests on many goals or tasks; each is named in its source.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from shared.calendar import CAMPUS
from shared.contracts.vocabulary import State, ratio
from shared.kit.database import Transaction
from shared.kit.sql import text
from target_service.domain.assessing.found import Part
from target_service.domain.distribution import TAKEN
from target_service.domain.rollup import from_millionths
from target_service.domain.tasks import TaskState
from target_service.repository.assessed_values import Cells, Wanted

_CELL: Final = ("key", "scope", "period")

_GOALS: Final = """
SELECT w.key, g.scope, g.period, g.key AS goal, g.title, g.version,
       coalesce(s.state, :no_data) AS state, s.attained
  FROM unnest(CAST(:keys AS text[])) AS w (key)
  JOIN goal g ON w.key IN ('', g.plan)
  LEFT JOIN goal_attainment s ON s.goal = g.key
 WHERE g.withdrawn_at IS NULL AND g.state = ANY(:taken)
   AND g.scope = ANY(:scopes) AND g.period = ANY(:periods)
   AND NOT EXISTS (SELECT FROM goal p WHERE p.key = g.parent AND p.withdrawn_at IS NULL
       AND p.state = ANY(:taken) AND (p.scope, p.period) = (g.scope, g.period)
       AND w.key IN ('', p.plan))
 ORDER BY w.key, g.scope, g.period, g.key
"""
"""A goal within another of the same scope and period counts there, and not once more."""

_TASKS: Final = """
SELECT w.key, s.scope, p.period, t.key AS task, t.title, t.version, t.state, t.progress,
       t.overdue_since IS NOT NULL AS overdue
  FROM task t
  JOIN unnest(CAST(:scopes AS text[])) AS s (scope) ON s.scope IN (t.scope, t.unit, t.owner)
  JOIN unnest(CAST(:periods AS text[]), CAST(:firsts AS date[]), CAST(:lasts AS date[]))
       AS p (period, first, last)
    ON coalesce(t.ends_on, CAST(t.due_at AT TIME ZONE :zone AS date)) BETWEEN p.first AND p.last
  JOIN unnest(CAST(:keys AS text[])) AS w (key)
    ON w.key = '' OR EXISTS (SELECT FROM goal g WHERE g.key = ANY(t.goals) AND g.plan = w.key)
 WHERE t.state <> ALL(:not_counted)
 ORDER BY w.key, s.scope, p.period, t.key
"""


async def goals_attained(tx: Transaction, wanted: Wanted) -> Cells:
    """Return the mean attainment of the goals of scopes that were taken over; of a plan, or of all.

    A goal without data is named, and counts for nothing; one with a broken floor counts 0, as it
    does in its parent. They count the same among each other. Source: our default.
    """
    told = {"no_data": State.NO_DATA.value, "taken": sorted(TAKEN)}
    rows = await tx.session.execute(text(_GOALS), wanted.bound() | told)
    return _cells(list(rows), _part_of_goals)


async def tasks_done(tx: Transaction, wanted: Wanted) -> Cells:
    """Return the share of the tasks of scopes, due in periods, that are done (任务完成率).

    Drafts and cancelled tasks are not counted.
    """
    periods = sorted(wanted.days)
    told = {
        "periods": periods,
        "firsts": [wanted.days[each][0] for each in periods],
        "lasts": [wanted.days[each][1] for each in periods],
        "zone": str(CAMPUS),
        "not_counted": [TaskState.DRAFT.value, TaskState.CANCELLED.value],
    }
    rows = await tx.session.execute(text(_TASKS), wanted.bound() | told)
    return _cells(list(rows), _part_of_tasks)


def _cells(rows: Sequence[Any], part_of: Callable[[Sequence[Any]], Part]) -> Cells:
    cell = attrgetter(*_CELL)
    return {key: part_of(list(of)) for key, of in groupby(rows, cell)}


def _part_of_goals(rows: Sequence[Any]) -> Part:
    named = [
        {
            "goal": row.goal,
            "title": row.title,
            "version": row.version,
            "state": row.state,
            "attainment": None if row.attained is None else format(_counts(row), "f"),
        }
        for row in rows
    ]
    known = [_counts(row) for row in rows if row.attained is not None]
    return _part(rows[0], sum(known, Decimal(0)), len(known), {"goals": named})


def _counts(row: Any) -> Decimal:
    return Decimal(0) if row.state == State.BELOW_FLOOR else from_millionths(row.attained)


def _part_of_tasks(rows: Sequence[Any]) -> Part:
    named = [
        {
            "task": row.task,
            "title": row.title,
            "version": row.version,
            "state": row.state,
            "progress": format(row.progress, "f"),
            "overdue": row.overdue,
        }
        for row in rows
    ]
    done = sum(row.state == TaskState.DONE for row in rows)
    return _part(rows[0], Decimal(done), len(rows), {"tasks": named})


def _part(row: Any, numerator: Decimal, count: int, source: dict[str, Any]) -> Part:
    return Part(
        scope=row.scope,
        period=row.period,
        value=ratio(numerator, Decimal(count)) if count else None,
        numerator=numerator if count else None,
        denominator=Decimal(count) if count else None,
        source={"plan": row.key or None, **source},
    )
