"""Requests and responses of the REST API.

Numbers are decimal strings in answers; requests may also write them as JSON numbers.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from shared.contracts.vocabulary import AlertFrom, Operator, PeriodKey, ScopeKey, State
from target_service.domain.limits import Limit, read_limit, read_number, write_limit
from target_service.domain.lines import Tier


def _as_text(value: object) -> object:
    """Take JSON numbers as what they were written as; the framework would refuse them."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _check_numbers(text: str) -> str:
    for part in text.split(","):
        read_number(part)
    return text


def _spell(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


Numbers = Annotated[
    str, BeforeValidator(_as_text), AfterValidator(_check_numbers), Field(max_length=400)
]
"""A decimal string; for the operator ``in`` several, joined with commas."""

Spelled = Annotated[Decimal | None, PlainSerializer(_spell, return_type=str | None)]
"""A number in an answer: a decimal string without exponent."""

Key = Annotated[
    str,
    Field(
        pattern=r"^\w[\w.:@+/-]*$",
        max_length=400,
        examples=["course_pass_rate@course/C0001@term:2026-2027-1"],
    ),
]
Indicator = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_.-]*$", max_length=80, examples=["course_pass_rate"])
]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Owner = Annotated[str, Field(max_length=200, examples=["teacher/T001"])]


class LimitBody(BaseModel):
    """A value with its own operator."""

    model_config = ConfigDict(extra="forbid")

    op: Operator
    value: Numbers
    upper: Numbers | None = None
    """Upper end, for ``between`` only."""

    @model_validator(mode="after")
    def _fits(self) -> "LimitBody":
        self.to_rule()
        return self

    def to_rule(self) -> Limit:
        """Return the limit as the rules see it."""
        return read_limit({"op": self.op, "value": self.value, "upper": self.upper})

    def to_document(self) -> dict[str, Any]:
        """Return the limit in its one stored spelling."""
        return write_limit(self.to_rule())


class TiersBody(BaseModel):
    """The tiers of a standard (底线、合格、良好、标杆)."""

    model_config = ConfigDict(extra="forbid")

    floor: LimitBody | None = None
    qualified: LimitBody | None = None
    good: LimitBody | None = None
    benchmark: LimitBody | None = None

    def to_document(self) -> dict[str, Any]:
        """Return the tiers that are given, each in its one stored spelling."""
        given = {tier.value: getattr(self, tier.value) for tier in Tier}
        return {tier: limit.to_document() for tier, limit in given.items() if limit}


class GoalBody(BaseModel):
    """State a goal (目标); again with the same key: change it."""

    model_config = ConfigDict(extra="forbid")

    key: Key
    title: Title
    scope: ScopeKey
    period: PeriodKey
    indicator: Indicator | None = None
    baseline: Annotated[Numbers | None, Field(description="Value at the start 基期值")] = None
    target: LimitBody | None = None
    weight: Annotated[Decimal, Field(gt=0, le=1, decimal_places=6)] = Decimal(1)
    """Share of the parent's attainment, a ratio in (0, 1]."""

    owner: Owner = ""
    deadline: Annotated[date | None, Field(le=date(2199, 12, 31))] = None
    """Last day of the goal: from the next day on a missed target is overdue."""


class StandardBody(BaseModel):
    """Approve a standard (标准); other content under the same key makes the next version."""

    model_config = ConfigDict(extra="forbid")

    key: Key
    title: Title
    indicator: Indicator | None = None
    basis: Annotated[str | None, Field(max_length=400)] = None
    """Where the standard comes from: a clause of a national or own document."""

    tiers: TiersBody
    effective_from: date | None = None
    """First day; today when not given."""


class BindingBody(BaseModel):
    """Bind an indicator to a scope and a period with its lines."""

    model_config = ConfigDict(extra="forbid")

    key: Key | None = None
    """Natural key; ``<indicator>@<scope>@<period>`` when not given."""

    indicator: Indicator
    scope: ScopeKey
    period: PeriodKey
    title: Title
    goal: Key | None = None
    """Its target holds where the binding gives none."""

    standard: Key | None = None
    """Its tiers hold where the binding gives none of that name."""

    target: LimitBody | None = None
    tiers: TiersBody = TiersBody()
    warning: LimitBody | None = None
    """When to warn: ``> 16`` warns above 16."""

    alert_from: AlertFrom = AlertFrom.EITHER
    max_age_days: Annotated[int | None, Field(ge=1, le=3660)] = None
    """Days that the newest batch behind a value may be old while the period runs, before it is
    stale; those of its kind of period when not given."""

    owner: Owner = ""
    """Who answers for the value; the owner of the scope when not given.

    One written as a scope (``teacher/T001``, ``unit/U1``) must exist. Another key (``T001``,
    ``person/T001``, ``role/qa``, an account) is taken as it stands.
    """

    def natural_key(self) -> str:
        """Return the key, made of the cell where none is given."""
        return self.key or f"{self.indicator}@{self.scope}@{self.period}"


class View(BaseModel):
    """An answer that is read off a row."""

    model_config = ConfigDict(from_attributes=True)


class GoalView(View):
    """A goal as it stands."""

    key: str
    version: int
    title: str
    scope: str
    period: str
    indicator: str | None
    baseline: str | None
    target: dict[str, Any] | None
    weight: str
    owner: str
    deadline: date | None
    updated_at: datetime
    withdrawn_at: datetime | None
    """When it was withdrawn; None while it is in force."""


class StandardView(View):
    """A version of a standard."""

    key: str
    version: int
    title: str
    indicator: str | None
    basis: str | None
    tiers: dict[str, Any]
    effective_from: date
    approved_by: str
    approved_at: datetime
    withdrawn_at: datetime | None
    """When it was withdrawn; None while it is not."""


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


class BindingView(View):
    """A binding: what it says itself, and the lines in force with what it inherits."""

    key: str
    version: int
    indicator: str
    scope: str
    period: str
    title: str
    goal: str | None
    standard: str | None
    standard_version: int | None
    target: dict[str, Any] | None
    tiers: dict[str, Any]
    warning: dict[str, Any] | None
    alert_from: AlertFrom
    max_age_days: int | None
    owner: str
    target_in_force: dict[str, Any] | None
    tiers_in_force: dict[str, Any]
    direction: str | None
    updated_at: datetime
    withdrawn_at: datetime | None
    """When it was withdrawn; None while it judges."""


class BindingDetail(BindingView):
    """A binding with its attainment."""

    attainment: AttainmentView | None
    """None while nothing was measured since it exists."""


class GoalDetail(GoalView):
    """A goal with the attainments of the bindings that carry it."""

    attainments: list[AttainmentView]


class AttainmentFilter(BaseModel):
    """Which attainments are wanted; what is not given does not restrict."""

    scope: ScopeKey | None = None
    indicator: Indicator | None = None
    period: PeriodKey | None = None
    state: State | None = None


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


class AttainmentSummary(BaseModel):
    """Bindings by level and state, for the overview cards."""

    total: int
    states: dict[str, int]
    levels: dict[str, dict[str, int]]
    rates: Rates
    level_rates: dict[str, Rates]
