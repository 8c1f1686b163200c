"""Settings of the alert service: the only module that reads the environment."""

from datetime import timedelta

from pydantic import Field, PositiveFloat, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from shared.addresses import Receivers, parse_receivers
from shared.contracts.vocabulary import Severity
from shared.kit.settings import ServiceSettings
from shared.sealing import Seals

HOURS = {Severity.BLUE: 72.0, Severity.YELLOW: 48.0, Severity.ORANGE: 24.0, Severity.RED: 8.0}
"""Working hours until an alert must be acknowledged, by colour. Source: our default."""


HOSTS = "ALERT_NOTIFY_HOSTS"


class Settings(ServiceSettings):
    """Environment variables ``ALERT_*``."""

    model_config = SettingsConfigDict(env_prefix="ALERT_", extra="ignore")

    due_hours: dict[Severity, PositiveFloat] = Field(default_factory=lambda: dict(HOURS))
    """JSON, ``{"red": 4}``: working hours by colour; colours not named keep theirs."""

    notify_hosts: str = ""
    """Receivers inside of the campus that channels may connect to: names, addresses, networks."""

    portal_url: str = ""
    """Where people open the portal; messages link to it. Empty: they carry no link."""

    secrets_key: SecretStr | None = None
    """Seals the secrets of channels in the database; without it none can be set."""

    @field_validator("notify_hosts")
    @classmethod
    def _readable(cls, given: str) -> str:
        parse_receivers(given, HOSTS)
        return given

    @field_validator("due_hours")
    @classmethod
    def _complete(cls, given: dict[Severity, float]) -> dict[Severity, float]:
        return HOURS | given

    def receivers(self) -> Receivers:
        """Return the receivers inside of the campus that channels may connect to."""
        return parse_receivers(self.notify_hosts, HOSTS)

    def seals(self) -> Seals | None:
        """Return by what the secrets of channels are sealed; None where no key is given."""
        key = self.secrets_key.get_secret_value().strip() if self.secrets_key else ""
        return Seals(key, "channel secrets") if key else None

    def clocks(self) -> dict[Severity, timedelta]:
        """Return how soon an alert of each colour must be acknowledged."""
        return {severity: timedelta(hours=hours) for severity, hours in self.due_hours.items()}
