"""Answers about rates: which share of a group meets its lines."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from shared.contracts.vocabulary import Level, PeriodKey, ScopeKey
from target_service.schemas.attainments import Share
from target_service.schemas.common import Day, Indicator, Key, Spelled


class By(StrEnum):
    """What makes a group."""

    LEVEL = "level"
    SCOPE = "scope"
    PLAN = "plan"
    INDICATOR = "indicator"


class RatesFilter(BaseModel):
    """Of which bindings rates are wanted, and by what; what is not given does not restrict."""

    by: By = By.LEVEL
    level: Level | None = None
    scope: ScopeKey | None = None
    plan: Key | None = None
    """Goals of the plan, and what lies beneath them and names no other plan."""

    indicator: Indicator | None = None
    period: PeriodKey | None = None
    as_of: Annotated[Day | None, Field(alias="asOf")] = None
    """By the judgements that stood at the end of that day; what was not judged by then has no
    value. Which lines a binding has is told as of now."""


class RateView(Share):
    """A share of bindings, and their rate; None of nothing."""

    rate: Spelled


class GroupRates(BaseModel):
    """The rates of a group of bindings; a binding without a value is in none of them."""

    group: str
    """A level, a scope, the key of a plan, or an indicator, as asked by ``by``."""

    objects: int
    """Scopes that are bound."""

    bindings: int
    measured: int
    """Bindings with a value."""

    standard: RateView
    """标准达标率: of the bindings that have a standard (or a floor), those that meet it."""

    target: RateView
    """目标达标率: of the bindings that have a target, those that meet it."""

    standard_90: Share
    """Of the indicators with a standard and a value, those whose own rate is at least 90 %."""

    target_90: Share
    """Of the indicators with a target and a value, those whose own rate is at least 90 %."""

    attained_90: Share
    """Of the bindings with an attainment, those of at least 90 % (达成度 ≥ 90 % 的个数)."""
