"""Human steps: somebody has to do something, somewhere. The work list is built from these alone.

Every service but the gateway states its own steps.
"""

from typing import ClassVar, Final, Literal

from pydantic import AwareDatetime

from shared.contracts.base import Event
from shared.contracts.vocabulary import PeriodKey, ScopeKey

StepKind = Literal[
    "approval",
    "acceptance",
    "signature",
    "answer",
    "assignment",
    "plan",
    "evidence",
    "verification",
    "form",
    "move",
    "review",
]
StepHow = Literal[
    "approved",
    "rejected",
    "withdrawn",
    "replaced",
    "accepted",
    "negotiated",
    "answered",
    "signed",
    "assigned",
    "planned",
    "evidenced",
    "verified",
    "reopened",
    "joined",
    "moved",
    "voted",
]


CYCLE_STEP: Final = "spiral/cycle/"
"""Ids of the steps of cycles begin so: of a cycle, one after the other."""


class StepFact(Event):
    """What every fact about a human step carries."""

    step: str
    """Id of the step, unlike that of any other; its facts keep their order."""

    kind: StepKind
    """``approval``: what somebody entered waits for another person; ``acceptance``: what was handed
    to him; ``answer``: what somebody asked of it; ``signature``: what its owner accepted. Of a
    correction, ``assignment``: of its owner; ``plan``: its cause and measure; ``evidence``: that it
    was carried out; ``verification``: of its effect. Of a cycle, ``form``: its step asks for
    one, and ``move``: its step is to be left. ``review``: a vote of a member of a committee."""

    scope: ScopeKey
    link: str
    """Page of the portal where it is done."""


class StepOpened(StepFact):
    """A human step waits for somebody."""

    title_zh: str
    title_en: str
    period: PeriodKey | None
    role: Literal["leader", "owner"]
    """``leader``: whoever answers for the scope, or for one above it, in one of the roles
    ``LEADING_ROLES`` of ``shared.contracts.vocabulary``; and whoever is bound to no scope
    (permission ``datahub:every-scope``). ``owner``: those whom ``owners`` names."""

    permission: str
    """What doing it takes besides: ``datahub:approve``, ``target:approve``."""

    not_by: str
    """Who may not do it, ``person/T001``: nobody decides on what he entered."""

    owners: tuple[str, ...] = ()
    """Persons and units whose step it is, ``teacher/T001``, ``unit/U1``; none for leaders."""

    opened_at: AwareDatetime
    due_at: AwareDatetime


class StepClosed(StepFact):
    """A human step waits no more; it does not open again."""

    how: StepHow
    by: str
    period: PeriodKey | None = None
    """Of a cycle its period; None of what does not say it."""


class HubStepOpened(StepOpened):
    """A step of the hub waits for somebody."""

    type: ClassVar[str] = "qa.datahub.step.opened.v1"


class HubStepClosed(StepClosed):
    """A step of the hub waits no more; it does not open again."""

    type: ClassVar[str] = "qa.datahub.step.closed.v1"


class TargetStepOpened(StepOpened):
    """A step of the target service waits for somebody: a standard, plan, goal or task."""

    type: ClassVar[str] = "qa.target.step.opened.v1"


class TargetStepClosed(StepClosed):
    """A step of the target service waits no more; it does not open again."""

    type: ClassVar[str] = "qa.target.step.closed.v1"


class SpiralStepOpened(StepOpened):
    """A step of the spiral waits for somebody: of a correction, a cycle or a review."""

    type: ClassVar[str] = "qa.spiral.step.opened.v1"


class SpiralStepClosed(StepClosed):
    """A step of the spiral waits no more; it does not open again."""

    type: ClassVar[str] = "qa.spiral.step.closed.v1"


class ReportStepOpened(StepOpened):
    """A step of the report service waits for somebody: a draft, or the review of a report."""

    type: ClassVar[str] = "qa.report.step.opened.v1"


class ReportStepClosed(StepClosed):
    """A step of the report service waits no more; it does not open again."""

    type: ClassVar[str] = "qa.report.step.closed.v1"


class AlertStepOpened(StepOpened):
    """A step of the alert service waits for somebody: an alert that nobody has acknowledged."""

    type: ClassVar[str] = "qa.alert.step.opened.v1"


class AlertStepClosed(StepClosed):
    """A step of the alert service waits no more; it does not open again."""

    type: ClassVar[str] = "qa.alert.step.closed.v1"
