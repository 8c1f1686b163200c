"""What the portal reads of goals, their bindings, tasks and the series of their values."""

from datetime import date
from typing import Any

from pydantic import AwareDatetime, Field

from gateway.portal.schemas import EvidenceFile, May, Number, Read
from shared.contracts.vocabulary import Level, Operator, PeriodKey, ScopeKey, State


class Limit(Read):
    """A value with its operator."""

    op: Operator
    value: str
    upper: str | None = None


class Standing(Read):
    """How a goal stands."""

    state: State
    thin: bool = False
    attainment: Number | None = None
    coverage: Number | None = None
    value: Number | None = None
    judged_at: AwareDatetime | None = None


class Node(Standing):
    """A goal in a level of the tree, with how it stands."""

    key: str
    title: str
    scope: ScopeKey
    period: PeriodKey
    indicator: str | None = None
    owner: str = ""
    parent: str | None = None
    weight: Number
    allocation: str
    has_children: bool = False


class Waiver(Read):
    """A letter of SMART that a goal need not meet."""

    letter: str


class Goal(Read):
    """A goal as it stands, or as it was."""

    key: str
    version: int
    title: str
    scope: ScopeKey
    period: PeriodKey
    level: Level
    indicator: str | None = None
    baseline: str | None = None
    target: Limit | None = None
    weight: Number
    owner: str = ""
    deadline: date | None = None
    parent: str | None = None
    aggregation: str
    allocation: str
    kind: str
    system: str | None = None
    plan: str | None = None
    aim: str = ""
    budget: str | None = None
    co_owners: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    trajectory: tuple[dict[str, Any], ...] = ()
    history: tuple[dict[str, Any], ...] = ()
    state: str
    waivers: tuple[Waiver, ...] = ()
    changed_by: str = ""
    updated_at: AwareDatetime
    withdrawn_at: AwareDatetime | None = None
    children: int = 0


class Letter(Read):
    """Whether a goal meets one letter of SMART."""

    letter: str
    met: bool
    waived: bool = False
    reason: str = ""
    remedy: str = ""


class Costly(Read):
    """What a part costs its goal."""

    id: str
    kind: str
    title: str
    weight: Number | None = None
    attainment: Number | None = None
    loss: Number | None = None


class Attainment(Standing):
    """How a binding of a goal stands."""

    binding: str
    title: str
    indicator: str
    scope: ScopeKey
    period: PeriodKey
    warning: bool = False
    overdue: bool = False
    stale: bool = False
    measured_at: AwareDatetime | None = None


class GoalWhole(Goal):
    """A goal with how it stands, its SMART check and what can be done."""

    standing: Standing
    parts: tuple[Costly, ...] = ()
    attainments: tuple[Attainment, ...] = ()
    smart: tuple[Letter, ...] = ()
    may: May = Field(default_factory=dict)
    blocked_by: tuple[str, ...] = Field((), alias="blockedBy")


class Part(Read):
    """A child of a goal that was divided."""

    key: str
    title: str
    scope: str
    owner: str = ""
    state: str
    weight: str | None = None
    share: Number | None = None
    target: Limit | None = None


class Decomposition(Read):
    """How a goal is divided."""

    allocation: str
    parts: tuple[Part, ...] = ()
    whole: Number | None = None
    sum: Number | None = None
    residual: Number | None = None


class Binding(Read):
    """The lines in force of a binding."""

    key: str
    goal: str | None = None
    target_in_force: Limit | None = None
    tiers_in_force: dict[str, Limit] = Field(default_factory=dict)
    warning_in_force: Limit | None = None


class Comment(Read):
    """What somebody said."""

    by: str
    text: str
    at: AwareDatetime


class Trend(Read):
    """Where a line through the values arrives."""

    value: Number | None = None
    low: Number | None = None
    high: Number | None = None


class Forecast(Read):
    """What may be there at the deadline."""

    on: date
    pace: Number | None = None
    trend: Trend | None = None


class Judged(Read):
    """A judgement of the history."""

    at: AwareDatetime
    state: State
    value: Number | None = None
    attainment: Number | None = None
    goal_version: int | None = None


class Measured(Read):
    """A value of a period."""

    period: PeriodKey
    value: Number | None = None
    n: int | None = None
    measured_at: AwareDatetime | None = None


class Series(Read):
    """The latest periods of an indicator."""

    periods: tuple[Measured, ...] = ()


class Pace(Read):
    """Progress held against the calendar."""

    planned: Number | None = None
    actual: Number | None = None
    is_behind: bool = False


class NamedParty(Read):
    """Who takes part by name alone, and is not known to the hub."""

    name: str
    role: str


class Task(Read):
    """A task of a one-page sheet."""

    key: str
    version: int
    state: str
    title: str
    scope: ScopeKey
    unit: str | None = None
    owner: str = ""
    named: tuple[NamedParty, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    progress: Number | None = None
    overdue: bool = False
    pace: Pace

    @property
    def leads(self) -> str:
        """Whoever owns it, else the unit, else who the plan says leads it; empty where nobody."""
        called = next((each.name for each in self.named if each.role == "A"), "")
        return self.owner or self.unit or called


class Report(Read):
    """A report on a task."""

    number: int
    version: int
    state: str
    progress: Number | None = None
    said: str
    evidence: tuple[EvidenceFile, ...] = ()
    reason: str | None = None
    by: str
    at: AwareDatetime


class Lack(Read):
    """People, money or things that a task lacks."""

    task: str
    title: str
    what: str
    needed: Number
    available: Number
    unit: str = ""


class Money(Read):
    """What tasks cost, and what they lack."""

    budget: Number | None
    spent: Number | None
    shortages: tuple[Lack, ...]


class TaskWhole(Task):
    """A task with what can be done to it."""

    detail: str = ""
    goals: tuple[str, ...] = ()
    may: May = Field(default_factory=dict)
    blocked_by: tuple[str, ...] = Field((), alias="blockedBy")
    reports: tuple[Report, ...] = ()
