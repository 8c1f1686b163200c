"""Requests and answers about selectors: one line for all scopes that are chosen."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.vocabulary import AlertFrom, ScopeKey, State
from target_service.schemas import examples
from target_service.schemas.common import (
    Indicator,
    Key,
    LimitBody,
    Owner,
    Spelled,
    Title,
    View,
    WithPeriods,
    WrittenPeriod,
)
from target_service.schemas.lines import TiersBody
from target_service.schemas.standards import Kind, Tag


class SelectorBody(WithPeriods, BaseModel):
    """Bind an indicator to every scope of a kind that all of the conditions choose.

    A binding that was given by hand for the same cell wins; a cell that another selector holds is
    left to it.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.SELECTOR]})

    key: Key
    title: Title
    indicator: Indicator
    period: WrittenPeriod
    kind: Kind
    tags: Annotated[list[Tag], Field(max_length=10)] = []
    """Scopes that carry all of them."""

    units: Annotated[list[ScopeKey], Field(max_length=200)] = []
    """Scopes that are one of these, or lie in one, however deep."""

    scopes: Annotated[list[ScopeKey], Field(max_length=20_000)] = []
    """Only these."""

    excluded: Annotated[list[ScopeKey], Field(max_length=20_000)] = []
    """But not these."""

    standard: Key | None = None
    target: LimitBody | None = None
    tiers: TiersBody = TiersBody()
    warning: LimitBody | None = None
    alert_from: AlertFrom = AlertFrom.EITHER
    max_age_days: Annotated[int | None, Field(ge=1, le=3660)] = None
    owner: Owner = ""
    """Who answers for the values; the owner of each scope when not given."""


class SelectorView(View):
    """A selector as it stands."""

    key: str
    version: int
    title: str
    indicator: str
    period: str
    kind: str
    tags: list[str]
    units: list[str]
    scopes: list[str]
    excluded: list[str]
    standard: str | None
    target: dict[str, Any] | None
    tiers: dict[str, Any]
    warning: dict[str, Any] | None
    alert_from: AlertFrom
    max_age_days: int | None
    owner: str
    updated_at: datetime
    withdrawn_at: datetime | None


class SelectedView(BaseModel):
    """What a selector means for one scope."""

    scope: str
    outcome: str
    """``new changed same``: it is bound by the selector; ``by_hand``: a binding that was given by
    hand stays; ``held``: another selector holds the cell; ``gone``: it is bound no more."""

    binding: str
    object_class: str | None
    state: State
    value: Spelled


class SelectionView(SelectorView):
    """A selector, and what it made of its scopes; of a dry run: what it would make."""

    dry_run: bool
    counts: dict[str, int]
    """Scopes by outcome."""

    selected: list[SelectedView]
    """The first 200 by scope."""
