"""Requests and answers about plans."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.vocabulary import ScopeKey
from target_service.domain.plans import PlanKind, PlanState, Track
from target_service.schemas import examples
from target_service.schemas.common import (
    Indicator,
    Key,
    Numbers,
    Owner,
    Text,
    Title,
    View,
    WithPeriods,
    WrittenPeriod,
    told,
)

Notes = Annotated[list[Annotated[Text, Field(min_length=1, max_length=2000)]], Field(max_length=50)]


class SwotBody(BaseModel):
    """What a plan finds inside and outside (内外部竞争态势分析)."""

    model_config = ConfigDict(extra="forbid")

    strengths: Notes = []
    weaknesses: Notes = []
    opportunities: Notes = []
    threats: Notes = []


class BenchmarkBody(BaseModel):
    """What a peer has published (标杆对照)."""

    model_config = ConfigDict(extra="forbid")

    peer: Annotated[Text, Field(min_length=1, max_length=200)]
    indicator: Indicator
    period: WrittenPeriod
    value: Numbers
    source: Annotated[Text, Field(min_length=1, max_length=400)]
    """Where it was published."""


class PlanBody(WithPeriods, BaseModel):
    """Draft a plan (规划、计划); again with the same key: change it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.PLAN]})

    key: Key
    kind: PlanKind
    title: Title
    period: WrittenPeriod
    scope: ScopeKey
    owner: Owner = ""
    approver: Owner = ""
    """Who approves it: a person, or whoever leads the scope where none is named."""

    parent: Key | None = None
    """Plan that it is a part of; its period lies inside the period of that one."""

    tracks: Annotated[list[Track], Field(max_length=10)] = []
    """What a personal plan is about; which there are depends on whose it is."""

    swot: SwotBody = SwotBody()
    benchmarks: Annotated[list[BenchmarkBody], Field(max_length=200)] = []
    basis: Annotated[
        list[Annotated[Text, Field(min_length=1, max_length=400)]], Field(max_length=50)
    ] = []


class PlanView(View):
    """A plan as it stands, or as it was."""

    key: str
    version: int
    kind: PlanKind
    title: str
    period: str
    scope: str
    owner: str
    approver: str
    parent: str | None
    tracks: list[Track]
    swot: dict[str, Any]
    benchmarks: list[dict[str, Any]]
    basis: list[str]
    state: PlanState
    changed_by: str
    submitted_by: str
    approved_by: str
    approved_at: datetime | None
    updated_at: datetime
    withdrawn_at: datetime | None
    """When it was withdrawn, by ``changed_by``; None while it is there."""

    withdrawn_reason: str | None = None


class PlanDetail(PlanView):
    """A plan with what can be done to it."""

    may: dict[str, bool]
    blocked_by: Annotated[list[str], Field(serialization_alias="blockedBy")]


class PlanFilter(BaseModel):
    """Which plans are wanted; what is not given does not restrict."""

    kind: PlanKind | None = None
    scope: ScopeKey | None = None
    parent: Key | None = None
    state: PlanState | None = None

    def told(self, name: str) -> str | None:
        """Return what is asked of a field, as it is stored."""
        return told(self, name)
