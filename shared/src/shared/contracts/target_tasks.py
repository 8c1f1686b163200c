"""Events of tasks (任务), which the target service publishes."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.contracts.base import Event
from shared.contracts.vocabulary import ScopeKey


class TaskFact(Event):
    """What every fact about a task (任务) carries: how it stands then."""

    id: str
    version: int
    state: Literal["draft", "issued", "accepted", "in_progress", "done", "cancelled"]
    title: str
    kind: Literal["plan", "key", "ad_hoc", "routine"]
    system: Literal["decision", "generation", "resources", "support", "supervision"]
    scope: ScopeKey
    unit: str | None
    owner: str
    goals: tuple[str, ...]
    starts_on: str | None
    ends_on: str | None
    due_at: AwareDatetime | None
    """From then on it is overdue."""

    resourced: bool = False
    """It says which people, money or things it needs."""

    progress: str
    """Approved share of the whole, a ratio as a decimal string."""

    executed: str | None = None
    """Approved spending ÷ budget, beyond 1 where more was spent; null without a budget."""

    at: AwareDatetime


class TaskIssued(TaskFact):
    """A task was issued (下达), or what it says changed since."""

    type: ClassVar[str] = "qa.target.task.issued.v1"

    reason: str | None = None
    """Why it changed; None when it is issued."""


class TaskAccepted(TaskFact):
    """Its owner took a task on."""

    type: ClassVar[str] = "qa.target.task.accepted.v1"

    by: str


class TaskProgressed(TaskFact):
    """A report of progress was approved."""

    type: ClassVar[str] = "qa.target.task.progressed.v1"

    planned: str
    """Share of its days that were over then."""

    budget: str | None
    spent: str
    light: Literal["green", "yellow", "red"] | None
    reported_by: str
    approved_by: str
    done_on: str | None = None
    """Of a report of the whole; `TaskDone` of the same version follows."""


class TaskOverdue(TaskFact):
    """The deadline of a task passed before it was done."""

    type: ClassVar[str] = "qa.target.task.overdue.v1"


class TaskDone(TaskFact):
    """A report of the whole of a task was approved."""

    type: ClassVar[str] = "qa.target.task.done.v1"

    done_on: str


class TaskCancelled(TaskFact):
    """A task is not to be done any more."""

    type: ClassVar[str] = "qa.target.task.cancelled.v1"

    reason: str
