"""Settings, from the environment: ``GATEWAY_…`` or ``GATEWAY_…_FILE``."""

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from shared.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """What the gateway needs to run."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", extra="ignore")

    datahub_url: str
    target_url: str
    spiral_url: str
    alert_url: str
    report_url: str

    signing_key: SecretStr
    """JWK set with private EC P-256 keys, newest first; usually ``GATEWAY_SIGNING_KEY_FILE``."""

    public_url: str = ""
    """Address that browsers use, when a proxy with TLS stands before the gateway.

    With ``https:`` the session cookie becomes ``__Host-`` and ``Secure``. Empty: plain HTTP.
    """

    demo_password: SecretStr | None = None
    """Creates the account ``demo``; absent outside demonstrations: there is no default."""

    demo_key: SecretStr | None = None
    """``h8k_…``: an API key for the simulators of the demonstration."""

    def services(self) -> dict[str, str]:
        """Return the address of each service by its name in paths."""
        return {
            "datahub": self.datahub_url,
            "target": self.target_url,
            "spiral": self.spiral_url,
            "alert": self.alert_url,
            "report": self.report_url,
        }
