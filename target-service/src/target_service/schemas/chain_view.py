"""Answers about the tree of goals, and how goals stand in it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.contracts.vocabulary import PeriodKey, ScopeKey, State
from target_service.domain.limits import read_number
from target_service.domain.weights import Aggregation, Allocation
from target_service.schemas.common import Key, Numbers, Spelled, View


class GoalStanding(View):
    """How a goal stands on its parts: its own bindings, and its child goals."""

    state: State = State.NO_DATA
    thin: bool = False
    """Less of its weight has data than the minimum coverage: it cannot meet its target."""

    attainment: Spelled = None
    """Σ w·a ÷ Σ w over the parts with data; None without any."""

    coverage: Spelled = None
    """Weight with data ÷ weight of all."""

    value: Spelled = None
    numerator: Spelled = None
    denominator: Spelled = None
    judged_at: datetime | None = None
    seq: int = 0


class ChainNode(GoalStanding):
    """A goal in a level of the tree."""

    key: str
    version: int
    title: str
    scope: str
    period: str
    indicator: str | None
    owner: str
    deadline: date | None
    parent: str | None
    weight: str
    aggregation: Aggregation
    allocation: Allocation
    has_children: bool
    """There is a level below it."""


class CostlyPart(BaseModel):
    """What a part costs its goal: the weight among the parts with data, times what it lacks."""

    id: str
    """Of the child goal, or of the binding."""

    kind: str
    """``goal`` or ``binding``."""

    title: str
    weight: Spelled
    """Share of all parts, 0 to 1."""

    attainment: Spelled
    """What it counts: 0 where a floor is broken; None without data, which costs nothing."""

    loss: Spelled
    """By the goal's own arithmetic: all of them make 1 − A. Below 0 where a part of a pooled ratio
    or of a sum makes up for others; where one part decides, it alone loses."""


class JudgedAt(GoalStanding):
    """A judgement of the history, with the versions that it used."""

    key: str
    """Of the binding, or ``goal/<key>``."""

    at: datetime
    standard_version: int | None
    formula_version: int | None
    goal: str | None
    goal_version: int | None
    binding_version: int | None


def _one_number(text: str) -> str:
    read_number(text)
    return text


Number = Annotated[Numbers, AfterValidator(_one_number)]


class WhatIf(BaseModel):
    """Other values or weights than there are: what would follow? Nothing is stored."""

    model_config = ConfigDict(extra="forbid")

    values: Annotated[dict[Key, Number | None], Field(max_length=200)] = {}
    """Value by binding; null: as if it had not been measured."""

    weights: Annotated[
        dict[Key, Annotated[Decimal, Field(gt=0, le=1, decimal_places=6)]],
        Field(max_length=200),
    ] = {}
    """Weight by goal, a ratio in (0, 1]; it counts where the parent divides by weight."""


class WouldStand(BaseModel):
    """A goal as it stands, and as it would."""

    key: str
    parent: str | None
    scope: ScopeKey
    period: PeriodKey
    before: GoalStanding
    after: GoalStanding


class WhatIfAnswer(BaseModel):
    """What would follow; nothing was stored."""

    changed: list[WouldStand]
    """The goals of the tree that would stand otherwise, the deepest first; the goal itself last,
    changed or not."""


class Trend(View):
    """Where a straight line by least squares arrives, and between which values 95 of 100 lie."""

    value: Spelled
    low: Spelled
    high: Spelled


class ForecastView(BaseModel):
    """What may be there at the deadline: of a binding its value, of a goal its attainment."""

    key: str
    on: date
    """The last day of the goal, else of the period."""

    points: int
    """Days with a value; of each the last counts."""

    pace: Spelled
    """If the rest of the time is like the time so far; None before the first day is over, and where
    no baseline tells where it began."""

    trend: Trend | None
    """None with too few points."""

    reason: str | None
    """``too-few-points``: a trend needs three days with a value."""
