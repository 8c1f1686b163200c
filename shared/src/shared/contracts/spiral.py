"""Events that the spiral service publishes."""

from typing import ClassVar

from pydantic import AwareDatetime

from shared.contracts.base import Event
from shared.contracts.vocabulary import (
    ClosedHow,
    CrossedLine,
    PeriodKey,
    ScopeKey,
    Severity,
    Worst,
)


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
    """Present colour of its alert; the last one it had, when it is closed."""

    indicator: str | None = None
    title: str
    owner: str
    crossed: CrossedLine | None = None
    """The line that is crossed now."""

    worst: Worst | None = None
    """The gravest colour its alert ever had, with the worst value in it, its line and instant."""

    value_before: str | None
    """The value that raised its alert."""

    value: str | None = None
    """The present value; the value at settling, when it is closed."""

    opened_at: AwareDatetime
    due_at: AwareDatetime | None
    """Until when its alert must be acknowledged (签收时限)."""

    acknowledged_by: str | None = None
    """Who has seen its alert in its present colour or a graver one (签收); None: nobody has."""

    acknowledged_at: AwareDatetime | None = None
    at: AwareDatetime


class CorrectionOpened(CorrectionFact):
    """An alert opened a correction in the routine loop of its scope's cycle."""

    type: ClassVar[str] = "qa.spiral.correction.opened.v1"


class CorrectionChanged(CorrectionFact):
    """An open correction followed its alert (colour, value, line, date), or found its cycle."""

    type: ClassVar[str] = "qa.spiral.correction.changed.v1"


class CorrectionClosed(CorrectionFact):
    """The correction is closed."""

    type: ClassVar[str] = "qa.spiral.correction.closed.v1"

    how: ClosedHow
    """``line-changed``: the line of its alert was changed, ``withdrawn``: its binding was
    withdrawn; the value did not come back."""

    value_after: str | None
    effect: str | None
    """Value after minus value before; None where the line was changed or withdrawn."""
