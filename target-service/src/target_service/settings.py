"""Settings of the target service: the only module that reads the environment."""

from decimal import Decimal

from pydantic import Field, PositiveInt, field_validator
from pydantic_settings import SettingsConfigDict

from shared.kit.settings import ServiceSettings
from target_service.domain.deadlines import MAX_AGE_DAYS
from target_service.domain.judge import Rules


class Settings(ServiceSettings):
    """Environment variables ``TARGET_*``."""

    model_config = SettingsConfigDict(env_prefix="TARGET_", extra="ignore")

    minimum_coverage: Decimal = Field(default=Decimal("0.6"), ge=0, le=1)
    """Below this share of rows a value is thin and cannot meet its target. Our default."""

    max_age_days: dict[str, PositiveInt] = Field(default_factory=lambda: dict(MAX_AGE_DAYS))
    """JSON, ``{"term": 31}``: days by kind of period; kinds not named keep theirs."""

    papers_and_titles: frozenset[str] = frozenset(
        {"papers", "senior_title_ratio", "research_awards_weighted"}
    )
    """JSON list: indicators that count as papers and titles; goals that rest on them alone are
    flagged (破五唯, M006). Our default."""

    @field_validator("max_age_days")
    @classmethod
    def _complete(cls, given: dict[str, int]) -> dict[str, int]:
        unknown = sorted(given.keys() - MAX_AGE_DAYS.keys())
        if unknown:
            kinds = " ".join(MAX_AGE_DAYS)
            raise ValueError(f"没有周期种类 {' '.join(unknown)}，只有 (only these kinds) {kinds}")
        return MAX_AGE_DAYS | given

    def rules(self) -> Rules:
        """Return what the college decides about judging."""
        return Rules(minimum_coverage=self.minimum_coverage, max_age_days=self.max_age_days)
