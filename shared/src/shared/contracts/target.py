"""Events that the target service publishes."""

from typing import ClassVar

from pydantic import AwareDatetime

from shared.contracts.base import Event, Model
from shared.contracts.vocabulary import AlertFrom, Operator, PeriodKey, ScopeKey, State


class Limit(Model):
    """A value with its own operator (目标值、标准值、预警值), as a decimal string."""

    op: Operator
    value: str
    upper: str | None = None
    """Upper end, for ``between`` only."""


class BindingChanged(Event):
    """An indicator bound to a scope got, or changed, its target, standard or warning."""

    type: ClassVar[str] = "qa.target.binding.changed.v1"

    id: str
    version: int
    indicator: str
    scope: ScopeKey
    period: PeriodKey
    title: str
    target: Limit | None
    tiers: dict[str, Limit]
    """Standard tiers by name: floor, qualified, good, benchmark."""

    warning: Limit | None
    alert_from: AlertFrom
    owner: str
    """Person who answers for the value."""

    standard: str | None = None
    standard_version: int | None = None
    withdrawn: bool = False
    """It judges no more, until the same key is put anew."""


class GoalFact(Event):
    """What every fact about a goal (目标) carries."""

    id: str
    version: int
    scope: ScopeKey
    period: PeriodKey
    title: str
    owner: str
    indicator: str | None
    target: Limit | None
    deadline: str | None
    """Last day of the goal, ISO date."""

    parent: str | None = None
    """Goal that it is a part of."""


class GoalPublished(GoalFact):
    """A goal (目标) came into force."""

    type: ClassVar[str] = "qa.target.goal.published.v1"


class GoalWithdrawn(GoalFact):
    """A goal (目标) that nothing used was withdrawn."""

    type: ClassVar[str] = "qa.target.goal.withdrawn.v1"


class StandardFact(Event):
    """What every fact about a standard (标准) carries."""

    id: str
    version: int
    title: str
    effective_from: str


class StandardApproved(StandardFact):
    """A version of a standard (标准) took effect."""

    type: ClassVar[str] = "qa.target.standard.approved.v1"


class StandardWithdrawn(StandardFact):
    """A standard (标准) that nothing used was withdrawn, with every version up to this one."""

    type: ClassVar[str] = "qa.target.standard.withdrawn.v1"


class Attainment(Model):
    """How a binding stands on its measured value, or a goal on its parts (达成)."""

    id: str
    """The key of the binding; of a goal ``goal/<key>``."""

    binding: str | None
    """None where a goal is meant."""

    goal: str | None = None
    """The goal that is meant, or that the binding carries."""

    indicator: str | None
    """None of a goal that names none."""

    scope: ScopeKey
    period: PeriodKey
    state: State
    warning: bool
    """The warning value was passed."""

    overdue: bool = False
    """The deadline of its goal, or else its period, is over, and the target is not met."""

    thin: bool = False
    """Too small a share of the rows was there; the target cannot be met."""

    stale: bool = False
    """The newest batch behind the value is older than the running period allows."""

    attainment: str | None
    """Ratio of the target that is reached, at most 1; None without data or target."""

    coverage: str | None
    value: str | None
    numerator: str | None = None
    denominator: str | None = None
    gap: str | None
    """|value − standard| when the standard is missed, in the indicator's unit."""

    relative_gap: str | None = None
    """Gap ÷ |standard|; the gap itself where the standard is 0."""

    forecast: str | None = None
    standard_version: int | None = None
    formula_version: int | None = None
    measured_at: AwareDatetime | None = None
    seq: int
    """Grows with every judgement of this binding or goal; a larger one is newer."""


class AttainmentChanged(Event):
    """Judgements that differ from the ones before."""

    type: ClassVar[str] = "qa.target.attainment.changed.v1"

    items: tuple[Attainment, ...]
