"""A task is watched like a binding: its progress, with the whole as its target, at its deadline.

Until the deadline nothing is said of it; then a missed target is red. Done, it has recovered; a
later deadline is another line; cancelled, it is not watched any more.
Source: design "Alerts" 1 and 2 (task overdue; red = deadline passed with the target missed).
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from alert_service.domain.severity import Standing
from alert_service.domain.watch import Line, Watch
from shared.calendar import CAMPUS
from shared.contracts.target_tasks import TaskFact
from shared.contracts.vocabulary import AlertFrom, Operator, State

WHOLE: Final = Line(Operator.GE, "1")
TASKS: Final = "/tasks/"
"""How the keys of what is watched of tasks begin."""

_RUNNING: Final = {"issued", "accepted", "in_progress"}


def watch_of(fact: TaskFact) -> Watch:
    """Return what is watched of a task, as a fact about it tells."""
    return Watch(
        key=_key_of(fact),
        version=fact.version,
        cell=_cell_of(fact),
        indicator=None,
        scope=fact.scope,
        period=period_of(fact),
        title=f"任务逾期：{fact.title}",
        # A unit acknowledges nothing: whoever answers for the scope does.
        owner="" if fact.owner.startswith("unit/") else fact.owner,
        alert_from=AlertFrom.EITHER,
        target=WHOLE,
        withdrawn=fact.state == "cancelled",
    )


def standing_of(fact: TaskFact, progress: Decimal | None) -> Standing:
    """Return how a task stands when a fact about it was stated."""
    is_late = fact.due_at is not None and fact.due_at <= fact.at
    overdue = fact.state in _RUNNING and is_late
    missed = State.BELOW_TARGET if overdue else State.NO_STANDARD
    return Standing(
        binding=_key_of(fact),
        cell=_cell_of(fact),
        seq=fact.version,
        state=State.MET_TARGET if fact.state == "done" else missed,
        overdue=overdue,
        value=progress,
    )


def period_of(fact: TaskFact) -> str:
    """Return the day by which a task should be done."""
    return f"day:{_last_day(fact).isoformat()}"


def _key_of(fact: TaskFact) -> str:
    return f"{TASKS}{fact.id}"


def _cell_of(fact: TaskFact) -> str:
    """Return the one cell of a task: another deadline must find the alert of the one before."""
    return f"{_key_of(fact)}@"


def _last_day(fact: TaskFact) -> date:
    """Return the day by which a task should be done: due at midnight means by the evening before.

    A draft that was cancelled has no deadline, and no alert either.
    """
    until = fact.due_at or fact.at
    return (until.astimezone(CAMPUS) - timedelta(microseconds=1)).date()
