"""Events that the spiral service publishes."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.contracts.base import Event
from shared.contracts.vocabulary import CrossedLine, PeriodKey, ScopeKey, Severity


class CycleFact(Event):
    """What every fact about a cycle (诊改周期) carries."""

    cycle: str
    version: int
    scope: ScopeKey
    period: PeriodKey
    definition: str
    step: str
    at: AwareDatetime


class CycleOpened(CycleFact):
    """A cycle began."""

    type: ClassVar[str] = "qa.spiral.cycle.opened.v1"


class CycleMoved(CycleFact):
    """A cycle left a step whose gate was satisfied."""

    type: ClassVar[str] = "qa.spiral.cycle.moved.v1"

    left: str


class CorrectionFact(Event):
    """What every fact about a correction (纠偏) carries."""

    correction: str
    version: int
    cycle: str | None
    """None while no cycle of the scope is open; the correction waits for one."""

    alert: str
    scope: ScopeKey
    period: PeriodKey
    severity: Severity
    indicator: str | None = None
    title: str
    owner: str
    crossed: CrossedLine | None = None
    """The line that its alert was raised on."""

    value_before: str | None
    opened_at: AwareDatetime
    due_at: AwareDatetime | None
    at: AwareDatetime


class CorrectionOpened(CorrectionFact):
    """An alert opened a correction in the routine loop of its scope's cycle."""

    type: ClassVar[str] = "qa.spiral.correction.opened.v1"


class CorrectionClosed(CorrectionFact):
    """The correction is closed."""

    type: ClassVar[str] = "qa.spiral.correction.closed.v1"

    how: Literal["recovered", "verified"]
    value_after: str | None
    effect: str | None
    """Value after minus value before."""
