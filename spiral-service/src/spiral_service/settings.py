"""Settings of the spiral service: the only module that reads the environment."""

from pydantic_settings import SettingsConfigDict

from shared.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Environment variables ``SPIRAL_*``."""

    model_config = SettingsConfigDict(env_prefix="SPIRAL_", extra="ignore")
