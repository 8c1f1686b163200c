"""Alerts as they are asked for and answered. Numbers in answers are decimal strings."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from alert_service.schemas.common import Indicator, Instant, Spelled
from shared.contracts.vocabulary import (
    DismissedHow,
    Level,
    LineKind,
    Operator,
    ScopeKey,
    Severity,
    State,
)


class AcknowledgementBody(BaseModel):
    """I have seen this alert (签收). A second one changes nothing, and answers who was first."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(max_length=2000)] = ""


Party = Annotated[
    str,
    Field(
        pattern=r"^(role|person|teacher|unit|body)/[^\s\x00][^\x00]{0,119}$",
        examples=["person/T001"],
    ),
]


class AssignmentBody(BaseModel):
    """Somebody else answers for this alert from now on (指派); he must acknowledge it."""

    model_config = ConfigDict(extra="forbid")

    owner: Party
    note: Annotated[str, Field(max_length=2000)] = ""


class DismissalBody(BaseModel):
    """The alert is over although its value did not come back (撤销).

    It does not warn again: of an accepted deviation until its day, of the others until the value
    was back in order; a graver colour warns anew.
    """

    model_config = ConfigDict(extra="forbid")

    how: DismissedHow
    reason: Annotated[str, Field(min_length=2, max_length=2000, examples=["数据录入有误，已更正"])]
    until: Instant | None = None
    """Until when a deviation is accepted; of nothing else."""


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
    rule: Annotated[str, Field(max_length=120, examples=["rule/attendance-low"])] | None = None
    family: Annotated[str, Field(max_length=40, examples=["attendance"])] | None = None
    owner: Party | None = None
    mine: bool | None = None
    """True: those that the caller or a role of his answers for or oversees."""

    overdue: bool | None = None
    """True: open ones that were not acknowledged in time."""

    sort: Literal["gravest", "newest", "due"] = "gravest"
    """Order, which does not restrict: gravest (open ones by their colour, settled ones by the
    gravest they ever had), newest, or what must be acknowledged first."""


class AlertMay(BaseModel):
    """What the caller may do with an alert now."""

    acknowledge: bool
    assign: bool
    dismiss: bool


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
    """``indicator``, ``task``: one that is overdue, or what a rule of the college is about."""

    indicator: str | None
    binding: str
    """Of a task ``/tasks/<key>``, of a rule ``/rules/<key>``."""

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
    """Why nothing is decided for now: no-data, thin, stale, error, or verification: the value is
    back, and its correction is to be verified."""

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

    assigned_by: str | None
    """Who named its owner (指派); None while that is whoever answers for the scope."""

    escalated: int
    """How often it was not acknowledged in time (督办); at least orange since the first."""

    supervisor: str | None
    """Who sees to it that it is answered, once it was escalated."""

    how: str | None
    """How it was settled: recovered, corrected, line-changed (标准已调整; of a task: its deadline),
    withdrawn (绑定已撤回; of a task: it was cancelled), or dismissed: false-alarm (误报), accepted
    (接受偏差), carried (转入阶段改进)."""

    settled_at: datetime | None
    effect: Spelled
    """Value after minus value before; None while it is open, and where the line was changed."""

    dismissed_by: str | None
    dismissed_reason: str | None
    accepted_until: datetime | None
    """Until when its deviation is accepted."""

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
