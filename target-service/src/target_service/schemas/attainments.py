"""Answers about attainments."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from shared.contracts.vocabulary import PeriodKey, ScopeKey, State
from target_service.schemas.common import Day, Indicator, Spelled, View


class AttainmentView(View):
    """How a binding stands on the newest measured value; no_data before the first."""

    binding: str
    title: str
    goal: str | None
    indicator: str
    scope: str
    period: str
    owner: str
    state: State
    warning: bool = False
    overdue: bool = False
    """The deadline of its goal, or else its period, is over, and the target is not met."""

    thin: bool = False
    stale: bool = False
    """The newest batch behind the value is older than the running period allows."""

    attainment: Spelled = None
    """Ratio of the target that is reached, 0 to 1; None without value or target."""

    coverage: Spelled = None
    value: Spelled = None
    numerator: Spelled = None
    denominator: Spelled = None
    gap: Spelled = None
    relative_gap: Spelled = None
    standard_version: int | None = None
    formula_version: int | None = None
    measured_at: datetime | None = None
    judged_at: datetime | None = None
    seq: int = 0


class AttainmentFilter(BaseModel):
    """Which attainments are wanted; what is not given does not restrict."""

    scope: ScopeKey | None = None
    indicator: Indicator | None = None
    period: PeriodKey | None = None
    state: State | None = None
    """By the judgement that stands now, also with ``asOf``."""

    as_of: Annotated[Day | None, Field(alias="asOf")] = None
    """Tell the judgements that stood at the end of that day."""


class Share(BaseModel):
    """How many of the bindings that have a line, and a value, meet it."""

    of: int
    met: int


class Rates(BaseModel):
    """What the rates of a group of bindings are made of; a binding without a value is in none."""

    standard: Share
    """标准达标率: of the bindings that have a standard (or a floor)."""

    target: Share
    """目标达标率: of the bindings that have a target."""


class PeriodRate(BaseModel):
    """标准达标率 of a period."""

    period: PeriodKey
    standard: Share


class RateChange(BaseModel):
    """How 标准达标率 changed from a period to the next of its kind."""

    newest: PeriodRate
    earlier: PeriodRate
    points: Spelled
    """Percentage points, to one decimal; negative where the rate fell."""


class AttainmentSummary(BaseModel):
    """Bindings by level and state, for the overview cards."""

    total: int
    states: dict[str, int]
    levels: dict[str, dict[str, int]]
    rates: Rates
    level_rates: dict[str, Rates]
    level_changes: dict[str, RateChange | None]
    """Since the period before; null where none is comparable."""
