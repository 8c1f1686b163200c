"""Events about human steps of every service (待办): the spiral service tells them to inboxes."""

from typing import ClassVar

from pydantic import AwareDatetime

from shared.contracts.base import Event, Model
from shared.contracts.steps import StepHow, StepKind
from shared.contracts.vocabulary import PeriodKey, ScopeKey


class WorkItemState(Model):
    """A human step (待办) of some service, and whom it is about."""

    step: str
    kind: StepKind
    title_zh: str
    title_en: str
    scope: ScopeKey
    period: PeriodKey | None
    link: str
    """Page of the portal where it is done."""

    persons: tuple[str, ...]
    """Those who are to be told, ``teacher/T001``; none where nobody answers for it."""

    due_at: AwareDatetime
    overdue_since: AwareDatetime | None = None
    role: str | None = None
    """Of a reminder or an escalation: the role of the definition that is told."""

    rung: int | None = None
    """Of a reminder or an escalation: which rung of the ladder it is, the first is 1."""

    how: StepHow | None = None
    by: str | None = None


class WorkItemFact(Event):
    """What happened to human steps: one message a commit for each partition of their ids."""

    items: tuple[WorkItemState, ...]


class WorkItemAssigned(WorkItemFact):
    """Steps came onto the work lists of persons, for their inboxes."""

    type: ClassVar[str] = "qa.spiral.workitem.assigned.v1"


class WorkItemDone(WorkItemFact):
    """Steps wait no more."""

    type: ClassVar[str] = "qa.spiral.workitem.done.v1"


class WorkItemOverdue(WorkItemFact):
    """The deadline of steps has passed, and they still wait."""

    type: ClassVar[str] = "qa.spiral.workitem.overdue.v1"


class WorkItemReminded(WorkItemFact):
    """Somebody is reminded of a step before it is due."""

    type: ClassVar[str] = "qa.spiral.workitem.reminded.v1"


class WorkItemEscalated(WorkItemFact):
    """Somebody is told of a step that was not done in time (督办)."""

    type: ClassVar[str] = "qa.spiral.workitem.escalated.v1"
