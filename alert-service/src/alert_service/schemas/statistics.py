"""Figures of alerts: what they were worth."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from alert_service.schemas.common import Instant, Spelled
from shared.contracts.vocabulary import Level


class StatisticsFilter(BaseModel):
    """Which alerts are counted: those that were raised in a stretch of time, half-open."""

    model_config = ConfigDict(extra="forbid")

    by: Literal["rule", "family", "severity", "level", "owner"] = "rule"
    since: Instant | None = None
    """180 days ago where none is given."""

    until: Instant | None = None
    family: Annotated[str, Field(max_length=40)] | None = None
    level: Level | None = None


class AlertFigures(BaseModel):
    """Alerts of one rule, family, colour, level or owner."""

    name: str
    raised: int
    open: int
    recovered: int
    corrected: int
    false_alarms: int
    accepted: int
    carried: int
    other: int
    """Ended with their line, binding or rule."""

    escalated: int
    reopened: int
    precision: float | None
    """Share of those that people or values ended that were no false alarm (查准率); None while
    none ended so."""

    mean_effect: Spelled
    """Mean of value after minus before, in the unit of the indicator; None where there is none."""

    improved: float | None
    """Share of corrected ones among those that a correction ended or reopened."""

    acknowledge_hours: float | None
    """Median working hours until they were acknowledged."""

    handling_hours: float | None
    """Median working hours until they ended."""

    in_time: float | None
    """Share of those that had to be acknowledged by now that were, before their time was over."""

    recurrence: float | None
    """Share of ended ones after which the same rule warned of the scope again (复发率)."""


class Statistics(BaseModel):
    """What alerts were worth in a stretch of time."""

    since: datetime
    until: datetime
    total: AlertFigures
    groups: list[AlertFigures]
    """The most frequent first, at most 500."""
