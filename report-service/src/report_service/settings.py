"""Settings of the report service: the only module that reads the environment."""

from pydantic_settings import SettingsConfigDict

from shared.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Environment variables ``REPORT_*``."""

    model_config = SettingsConfigDict(env_prefix="REPORT_", extra="ignore")
