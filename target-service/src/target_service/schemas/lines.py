"""Lines in requests: tiers, target and warning together."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from target_service.domain.lines import Lines, Tier
from target_service.schemas.common import LimitBody


class TiersBody(BaseModel):
    """The tiers of a standard (底线、合格、良好、标杆)."""

    model_config = ConfigDict(extra="forbid")

    floor: LimitBody | None = None
    qualified: LimitBody | None = None
    good: LimitBody | None = None
    benchmark: LimitBody | None = None

    def to_rule(self) -> dict[Tier, Any]:
        """Return the tiers that are given, as the rules see them."""
        given = {tier: getattr(self, tier.value) for tier in Tier}
        return {tier: limit.to_rule() for tier, limit in given.items() if limit}

    def to_document(self) -> dict[str, Any]:
        """Return the tiers that are given, each in its one stored spelling."""
        given = {tier.value: getattr(self, tier.value) for tier in Tier}
        return {tier: limit.to_document() for tier, limit in given.items() if limit}


class LinesBody(BaseModel):
    """Tiers, with a target and a warning where the college sets them for all."""

    model_config = ConfigDict(extra="forbid")

    tiers: TiersBody
    target: LimitBody | None = None
    warning: LimitBody | None = None

    def lines(self) -> Lines:
        """Return the lines as the rules see them."""
        return Lines(
            tiers=self.tiers.to_rule(),
            target=self.target.to_rule() if self.target else None,
            warning=self.warning.to_rule() if self.warning else None,
        )

    def lines_document(self) -> dict[str, Any]:
        """Return the lines in their one stored spelling."""
        return {
            "tiers": self.tiers.to_document(),
            "target": self.target.to_document() if self.target else None,
            "warning": self.warning.to_document() if self.warning else None,
        }
