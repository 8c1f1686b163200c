"""Requests and answers about standards."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from target_service.domain.lines import Tier
from target_service.schemas.common import Indicator, Key, LimitBody, Title, View


class TiersBody(BaseModel):
    """The tiers of a standard (底线、合格、良好、标杆)."""

    model_config = ConfigDict(extra="forbid")

    floor: LimitBody | None = None
    qualified: LimitBody | None = None
    good: LimitBody | None = None
    benchmark: LimitBody | None = None

    def to_document(self) -> dict[str, Any]:
        """Return the tiers that are given, each in its one stored spelling."""
        given = {tier.value: getattr(self, tier.value) for tier in Tier}
        return {tier: limit.to_document() for tier, limit in given.items() if limit}


class StandardBody(BaseModel):
    """Approve a standard (标准); other content under the same key makes the next version."""

    model_config = ConfigDict(extra="forbid")

    key: Key
    title: Title
    indicator: Indicator | None = None
    basis: Annotated[str | None, Field(max_length=400)] = None
    """Where the standard comes from: a clause of a national or own document."""

    tiers: TiersBody
    effective_from: date | None = None
    """First day; today when not given."""


class StandardView(View):
    """A version of a standard."""

    key: str
    version: int
    title: str
    indicator: str | None
    basis: str | None
    tiers: dict[str, Any]
    effective_from: date
    approved_by: str
    approved_at: datetime
    withdrawn_at: datetime | None
    """When it was withdrawn; None while it is not."""
