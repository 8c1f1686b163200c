"""What the portal reads of the services' answers. Fields it does not show are passed over."""

from collections import defaultdict
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from shared.contracts.vocabulary import (
    ClosedHow,
    DismissedHow,
    Level,
    LineKind,
    Operator,
    PeriodKey,
    ScopeKey,
    SettledHow,
    Severity,
    State,
    level_of,
)


class Read(BaseModel):
    """A part of somebody else's answer: more fields may come, none of these may go."""

    model_config = ConfigDict(extra="ignore", frozen=True)


Number = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$")]
"""A decimal string."""


May = Annotated[dict[str, bool], AfterValidator(lambda said: defaultdict(bool, said))]
"""What the visitor may do; what a service does not name he may not."""


class CrossedLine(Read):
    """The line that a value crossed."""

    line: LineKind
    op: Operator
    value: str
    upper: str | None = None


class Worst(Read):
    """The gravest that an alert ever was."""

    severity: Severity
    value: Number | None
    at: AwareDatetime


class AlertMay(Read):
    """What the visitor may do with an alert."""

    acknowledge: bool = False


class Answered(Read):
    """Who acknowledged an alert, and what it was before it eased."""

    severity: Severity
    worst: Worst | None = None
    acknowledged_by: str | None = None
    acknowledged_at: AwareDatetime | None = None
    may: AlertMay = AlertMay()

    @property
    def was(self) -> Worst | None:
        """The gravest it ever was; None where it is that now."""
        return self.worst if self.worst and self.worst.severity is not self.severity else None


class Alert(Answered):
    """An alert of alert-service."""

    id: str
    scope: ScopeKey
    scope_name: str | None = None
    scope_name_en: str | None = None
    period: PeriodKey
    title: str
    value: Number | None
    unit: str | None = None
    crossed: CrossedLine | None
    indicator: str | None = None
    owner: str | None
    raised_at: AwareDatetime
    due_at: AwareDatetime | None
    settled_at: AwareDatetime | None = None
    how: SettledHow | DismissedHow | None = None
    note: str | None = None
    """What whoever acknowledged it said."""

    hold_reason: str | None = None
    """Why nothing is decided for now; None while it is decided."""

    @property
    def level(self) -> Level:
        """Level of the object."""
        return level_of(self.scope)


class AlertSummary(Read):
    """Open alerts by level and colour."""

    levels: dict[Level, dict[Severity, int]]


class Watched(Read):
    """A core indicator: how many bindings watch it, how they stand, and what warns."""

    indicator: str
    name_zh: str
    name_en: str
    bindings: int
    states: dict[str, int]
    severities: dict[Severity, int]

    @property
    def below(self) -> int:
        """Bindings below any of their lines."""
        return sum(n for state, n in self.states.items() if state.startswith("below"))


class Share(Read):
    """How many bindings that have a line meet it."""

    of: int
    met: int


class Rates(Read):
    """Of a level: of the bindings that have a standard, and of those that have a target."""

    standard: Share
    target: Share


class PeriodRate(Read):
    """How many bindings of a period have a standard, and meet it."""

    period: PeriodKey
    standard: Share


class RateChange(Read):
    """How the rate of a level changed since the period before."""

    newest: PeriodRate
    earlier: PeriodRate
    points: Number

    @property
    def way(self) -> str:
        """Return whether the rate rose, fell, or is the same to one decimal."""
        if not Decimal(self.points):
            return "same"
        return "fell" if self.points.startswith("-") else "rose"


class AttainmentSummary(Read):
    """Judged bindings by level and state, and what their rates are made of."""

    levels: dict[Level, dict[State, int]]
    level_rates: dict[Level, Rates]
    level_changes: dict[Level, RateChange | None] = {}


class ReportLink(Read):
    """A report that was made."""

    id: UUID
    scope: str
    period: str


class OpenCycle(Read):
    """A cycle of spiral-service."""

    key: str
    scope: ScopeKey
    scope_name: str | None = None
    period: PeriodKey
    step: str
    state: str
    open_corrections: int = 0


class Correction(Answered):
    """A correction of spiral-service."""

    id: str
    scope: ScopeKey
    scope_name: str | None = None
    scope_name_en: str | None = None
    title: str
    owner: str | None
    value_before: Number | None
    value: Number | None = None
    indicator: str | None = None
    crossed: CrossedLine | None = None
    opened_at: AwareDatetime
    due_at: AwareDatetime | None
    closed_at: AwareDatetime | None = None
    how: ClosedHow | None = None

    @property
    def level(self) -> Level:
        """Level of the object."""
        return level_of(self.scope)

    @property
    def unit(self) -> str | None:
        """Unit of its values where no indicator has one: without any, progress has a target."""
        is_progress = self.crossed is not None and self.crossed.line is LineKind.TARGET
        return "ratio" if is_progress and self.indicator is None else None


class Batch(Read):
    """A batch of the datahub."""

    source: str
    entity: str
    received: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None


class PutAside(Read):
    """Rows put aside for one cause."""

    verdict: str
    leading: int
    """Of which it is the first reason: over all causes, the number of rows."""


class EvidenceFile(Read):
    """A file of evidence."""

    digest: str
    name: str


class Named(Read):
    """A scope of the datahub with its name."""

    scope: str
    name: str


class Grain(Read):
    """For what kind of scope an indicator is measured, and in what kind of period."""

    kind: str
    period: str | dict[str, Any]

    @property
    def period_kind(self) -> str:
        """Return the kind of period, which may be told with where it comes from."""
        return self.period if isinstance(self.period, str) else str(self.period["kind"])


class Measure(Read):
    """What an indicator says of itself and its values."""

    zh: str | None = None
    en: str | None = None
    unit: str | None = None
    manual: bool = False
    scopes: list[Grain] = []


class Indicator(Read):
    """An indicator of the datahub."""

    indicator: str
    document: Measure


class MadeReport(Read):
    """A report just made."""

    id: str | int


class Acknowledged(Read):
    """Who acknowledged an alert first."""

    acknowledged_by: str
    acknowledged_at: AwareDatetime


class AcknowledgementForm(BaseModel):
    """The form that acknowledges an alert."""

    model_config = ConfigDict(extra="forbid")

    next: str = "/alerts"
    """Where to go back to."""

    note: Annotated[str, Field(max_length=2000)] = ""


class WorkItem(Read):
    """Something that the visitor has to do, of the spiral service."""

    title_zh: str
    title_en: str
    scope: str
    scope_name: str
    scope_name_en: str | None
    period: str | None
    link: str
    opened_at: AwareDatetime
    due_at: AwareDatetime
    called: tuple[str, ...] = ()
    """Whom the ladder called because it was not done in time."""


class ReportWish(BaseModel):
    """The form that asks for a report."""

    model_config = ConfigDict(extra="forbid")

    scope: ScopeKey
    period: PeriodKey


class AnyForm(BaseModel):
    """A form whose service says what is wrong with it; blanks around a value are nobody's wish."""

    model_config = ConfigDict(extra="allow")

    @property
    def fields(self) -> dict[str, str]:
        """Return what was filled in, by field; what was left empty is left out."""
        said = {name: str(value).strip() for name, value in (self.model_extra or {}).items()}
        return {name: value for name, value in said.items() if value}


class SignInForm(BaseModel):
    """The form of the login page."""

    model_config = ConfigDict(extra="ignore")

    login: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=200)
    code: str = Field(default="", max_length=40)
    next: str = "/"


class RoleForm(BaseModel):
    """The form that chooses the role to act in; without one, all."""

    model_config = ConfigDict(extra="ignore")

    role: str = Field(default="", max_length=40)
    scope: str = Field(default="", max_length=200)


class SessionForm(BaseModel):
    """The form that ends one session."""

    model_config = ConfigDict(extra="ignore")

    session: UUID
