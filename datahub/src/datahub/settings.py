"""Settings of the data hub: the only module that reads its environment."""

from pydantic_settings import SettingsConfigDict

from shared.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Environment variables ``DATAHUB_*``."""

    model_config = SettingsConfigDict(env_prefix="DATAHUB_", extra="ignore")
