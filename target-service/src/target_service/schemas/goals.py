"""Requests and answers about goals."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.vocabulary import PeriodKey, ScopeKey
from target_service.domain.weights import Aggregation, Allocation
from target_service.schemas.attainments import AttainmentView
from target_service.schemas.chain_view import CostlyPart, GoalStanding
from target_service.schemas.common import Indicator, Key, LimitBody, Numbers, Owner, Title, View


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

    parent: Key | None = None
    """Goal that it is a part of (上级目标); it ends on or before the deadline of that one."""

    aggregation: Aggregation = Aggregation.WEIGHTED_MEAN
    """How its attainment follows from its children's."""

    allocation: Allocation = Allocation.SAME
    """How it is divided among its children."""


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
    parent: str | None
    aggregation: Aggregation
    allocation: Allocation
    updated_at: datetime
    withdrawn_at: datetime | None
    """When it was withdrawn; None while it is in force."""


class GoalDetail(GoalView):
    """A goal, how it stands, what its parts cost it, and the attainments of its bindings."""

    standing: GoalStanding
    parts: list[CostlyPart]
    """The twenty that cost it most, the dearest first; only as of today."""

    attainments: list[AttainmentView]
