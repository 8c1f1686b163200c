"""Human steps: somebody has to do something, somewhere. The work list is built from these alone.

Every service states its own steps; so far the hub and the target service do.
"""

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.contracts.base import Event
from shared.contracts.vocabulary import PeriodKey, ScopeKey


class StepFact(Event):
    """What every fact about a human step carries."""

    step: str
    """Id of the step, unlike that of any other; its facts keep their order."""

    kind: Literal["approval"]
    """``approval``: what somebody entered waits for another person."""

    scope: ScopeKey
    link: str
    """Page of the portal where it is done."""


class StepOpened(StepFact):
    """A human step waits for somebody."""

    title_zh: str
    title_en: str
    period: PeriodKey | None
    role: Literal["leader"]
    """``leader``: whoever answers for the scope, or for one above it, in one of the roles
    ``LEADING_ROLES`` of ``shared.contracts.vocabulary``; and whoever is bound to no scope
    (permission ``datahub:every-scope``)."""

    permission: str
    """What doing it takes besides: ``datahub:approve``, ``target:approve``."""

    not_by: str
    """Who may not do it, ``person/T001``: nobody decides on what he entered."""

    opened_at: AwareDatetime
    due_at: AwareDatetime


class StepClosed(StepFact):
    """A human step waits no more; it does not open again."""

    how: Literal["approved", "rejected", "withdrawn", "replaced"]
    by: str


class HubStepOpened(StepOpened):
    """A step of the hub waits for somebody."""

    type: ClassVar[str] = "qa.datahub.step.opened.v1"


class HubStepClosed(StepClosed):
    """A step of the hub waits no more; it does not open again."""

    type: ClassVar[str] = "qa.datahub.step.closed.v1"


class TargetStepOpened(StepOpened):
    """A step of the target service waits for somebody: a draft of a standard."""

    type: ClassVar[str] = "qa.target.step.opened.v1"


class TargetStepClosed(StepClosed):
    """A step of the target service waits no more; it does not open again."""

    type: ClassVar[str] = "qa.target.step.closed.v1"
