"""Settings of the target service: the only module that reads the environment."""

from decimal import Decimal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Environment variables ``TARGET_*``."""

    model_config = SettingsConfigDict(env_prefix="TARGET_", extra="ignore")

    minimum_coverage: Decimal = Field(default=Decimal("0.6"), ge=0, le=1)
    """Below this share of rows a value is thin and cannot meet its target. Our default."""
