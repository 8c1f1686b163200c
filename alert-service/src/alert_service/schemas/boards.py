"""Boards of alerts: how many there are of what, and when they came and went."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from alert_service.schemas.alerts import AlertFilter
from alert_service.schemas.common import Instant
from alert_service.schemas.routing import Strict
from shared.contracts.vocabulary import Level, Severity, State


class CountView(BaseModel):
    """Open alerts of one level, family, owner: in all, by colour, and not acknowledged in time."""

    key: str
    open: int
    severities: dict[str, int]
    overdue: int


class BoardView(BaseModel):
    """Open alerts counted four ways."""

    at: datetime
    levels: list[CountView]
    families: list[CountView]
    severities: list[CountView]
    owners: list[CountView]
    """The hundred with most."""


class TimelineFilter(Strict):
    """Which stretch of time."""

    since: Instant | None = None
    """Default: 30 days before the end."""

    until: Instant | None = None
    """Default: now."""

    step: Literal["day", "week", "month"] = "day"
    level: Level | None = None
    family: Annotated[str, Field(max_length=40)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "TimelineFilter":
        if self.since and self.until and self.since >= self.until:
            raise ValueError("since 须早于 until (since is before until)")
        return self


class MomentView(BaseModel):
    """What came and went in one step of time, in campus days."""

    on: date
    raised: dict[str, int]
    """By the gravest colour they ever had."""

    ended: int
    open: int
    """At the end of it."""


class CellView(BaseModel):
    """A level and a vertical system: the open alerts there."""

    level: Level
    system: str
    system_zh: str
    open: int
    gravest: Severity | None
    severities: dict[str, int]


class HeatMapView(BaseModel):
    """Open alerts over the 5 × 5 matrix (五纵五横)."""

    at: datetime
    cells: list[CellView]


class WatchedView(BaseModel):
    """A core indicator (核心指标): how the scopes that it is bound for stand, and what warns."""

    indicator: str
    name_zh: str
    name_en: str
    bindings: int
    """That watch it; 0: nobody does."""

    states: dict[State, int]
    """Of those that were judged."""

    held: int
    """Judged on data too thin or too old to decide on."""

    open: int
    """Open alerts about it, by rules of the college too."""

    gravest: Severity | None
    severities: dict[Severity, int]


class ExportFilter(AlertFilter):
    """Which alerts are wanted, as a file."""

    format: Literal["csv", "xlsx"] = "csv"
