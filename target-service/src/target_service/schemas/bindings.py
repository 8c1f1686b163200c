"""Requests and answers about bindings."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.contracts.vocabulary import AlertFrom, PeriodKey, ScopeKey
from target_service.schemas.attainments import AttainmentView
from target_service.schemas.common import (
    Indicator,
    Key,
    LimitBody,
    Owner,
    Scoring,
    Title,
    View,
    WithPeriods,
    WrittenPeriod,
)
from target_service.schemas.lines import TiersBody


def _check_key(key: str) -> str:
    if key.startswith("goal/"):
        raise ValueError("goal/ 开头的编号留给目标 (keys that begin with goal/ are those of goals)")
    return key


BindingKey = Annotated[Key, AfterValidator(_check_key)]


class BindingBody(WithPeriods, BaseModel):
    """Bind an indicator to a scope and a period with its lines."""

    model_config = ConfigDict(extra="forbid")

    key: BindingKey | None = None
    """Natural key; ``<indicator>@<scope>@<period>`` when not given."""

    indicator: Indicator
    scope: ScopeKey
    period: WrittenPeriod
    title: Title
    goal: Key | None = None
    """Its target holds where the binding gives none."""

    standard: Key | None = None
    """Its tiers hold where the binding gives none of that name."""

    target: LimitBody | None = None
    tiers: TiersBody = TiersBody()
    warning: LimitBody | None = None
    """When to warn: ``> 16`` warns above 16."""

    scoring: Scoring | None = None
    """Which of the nine scoring rules makes an attainment of the value, with its parameters; when
    not given, that of its criterion, else the ratio to the target, capped."""

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
    selector: str | None
    """What made it; None of one that was given by hand."""

    target: dict[str, Any] | None
    tiers: dict[str, Any]
    warning: dict[str, Any] | None
    scoring: dict[str, Any] | None
    alert_from: AlertFrom
    max_age_days: int | None
    owner: str
    target_in_force: dict[str, Any] | None
    tiers_in_force: dict[str, Any]
    warning_in_force: dict[str, Any] | None
    scoring_in_force: dict[str, Any] | None
    object_class: str | None
    """The tag of its scope by which it has the lines of its standard; None: those of all."""

    direction: str | None
    updated_at: datetime
    withdrawn_at: datetime | None
    """When it was withdrawn; None while it judges."""


class BindingFilter(BaseModel):
    """Which bindings are wanted; what is not given does not restrict."""

    scope: ScopeKey | None = None
    indicator: Indicator | None = None
    period: PeriodKey | None = None
    goal: Key | None = None
    standard: Key | None = None
    """Those whose lines, or some of them, are of that standard."""

    selector: Key | None = None
    """Those that it made."""


class BindingDetail(BindingView):
    """A binding with its attainment."""

    attainment: AttainmentView | None
    """None while nothing was measured since it exists."""
