"""Alerts as they are asked for and answered. Numbers in answers are decimal strings."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from alert_service.schemas.common import Indicator, Spelled
from shared.contracts.vocabulary import Level, LineKind, Operator, ScopeKey, Severity, State


class AcknowledgementBody(BaseModel):
    """I have seen this alert (签收). A second one changes nothing, and answers who was first."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(max_length=2000)] = ""


class AlertFilter(BaseModel):
    """Which alerts are wanted, and in which order; what is not given does not restrict."""

    state: Literal["open", "settled"] | None = None
    scope: ScopeKey | None = None
    severity: Severity | None = None
    """Present colour; the last one it had, when it is settled."""

    worst: Severity | None = None
    """The gravest colour it ever had (曾达等级)."""

    level: Level | None = None
    indicator: Indicator | None = None
    sort: Literal["gravest", "newest", "due"] = "gravest"
    """Order, which does not restrict: gravest (open ones by their colour, settled ones by the
    gravest they ever had), newest, or what must be acknowledged first."""


class AlertMay(BaseModel):
    """What the caller may do with an alert now."""

    acknowledge: bool


class CrossedView(BaseModel):
    """The line that a value crossed, for programs and in words."""

    line: LineKind
    op: Operator
    value: str
    upper: str | None

    name_zh: str
    """底线、标准、预警值 or 目标值."""

    words: str
    """Operator and value as people read them, in the indicator's unit: ``≥ 85%``; a warning says
    when to warn."""

    words_en: str


class WorstView(BaseModel):
    """The worst moment of an alert (曾达): its gravest colour, and the worst value in it."""

    severity: Severity
    value: str | None
    crossed: CrossedView | None
    at: datetime


class AlertView(BaseModel):
    """An alert as lists show it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    version: int
    state: Literal["open", "settled"]
    rule: str
    family: str
    """``indicator``, or ``task``: one that is overdue."""

    indicator: str | None
    binding: str
    """Of a task ``/tasks/<key>``."""

    scope: str
    scope_name: str | None
    """Chinese name of the scope; None while this service has not heard of it."""

    scope_name_en: str | None
    level: Level
    period: str
    severity: Severity
    """Present colour (现级别); the last one it had, when it is settled."""

    title: str
    standing: State
    """How the value stands against its binding."""

    value: Spelled
    """Present value (现值) while open; once settled the value at settling (销号时的值), which
    moves no more."""

    value_before: Spelled
    """The value that raised the alert (发生时的值)."""

    unit: str | None
    """Unit of the values: ``ratio`` (0–1), ``percent``, ``count``, …; None while this service has
    not heard of the indicator."""

    crossed: CrossedView | None
    """The line it was raised on: floor, standard, warning or target."""

    worst: WorstView
    """The gravest colour it ever had (曾达), with the value, line and instant of that moment."""

    owner: str
    hold_reason: str | None
    """Why nothing is decided for now: no-data, thin, stale, or verification: the value is back,
    and its correction is to be verified."""

    raised_at: datetime
    due_at: datetime
    """Until when it must be acknowledged (签收时限): the hours of its colour from the instant at
    which it reached that colour, never later than the milder colour before allowed."""

    acknowledged_by: str | None
    """Who acknowledged it first in its present colour or a graver one (签收人); None while nobody
    has: what grows graver must be acknowledged anew."""

    acknowledged_at: datetime | None
    note: str | None
    in_hand: bool
    """Work on its correction has begun (整改中): it is settled when that is verified."""

    reopened: int
    """How often its correction had no effect: so many colours it stands above its value's."""

    how: str | None
    """How it was settled: recovered, corrected, line-changed (标准已调整; of a task: its deadline),
    or withdrawn (绑定已撤回; of a task: it was cancelled)."""

    settled_at: datetime | None
    effect: Spelled
    """Value after minus value before; None while it is open, and where the line was changed."""

    changed_at: datetime
    may: AlertMay


class StepView(BaseModel):
    """One step in the life of an alert."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    step: str
    at: datetime
    severity: Severity
    standing: State
    value: Spelled
    crossed: CrossedView | None
    owner: str
    hold_reason: str | None
    by: str | None
    note: str | None
    how: str | None
    effect: Spelled


class AlertDetail(AlertView):
    """An alert with its whole history, oldest first."""

    history: list[StepView]


class AlertSummary(BaseModel):
    """Open alerts counted, for the overview cards."""

    open: int
    held: int
    unacknowledged: int
    overdue: int
    """Not acknowledged in time."""

    severities: dict[str, int]
    levels: dict[str, dict[str, int]]
    """Count by level and colour."""
