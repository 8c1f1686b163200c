"""Settings, from the environment: ``GATEWAY_…`` or ``GATEWAY_…_FILE``."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Json, PositiveInt, SecretStr, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from gateway.access.domain.origins import networks_of
from gateway.access.usecases import Surroundings
from gateway.access.usecases.limiting import Limits
from gateway.campus.schemas import Provider
from shared.kit.settings import ServiceSettings


def _no_text(value: Any) -> Any:
    return value or "[]"


class DatabaseSettings(ServiceSettings):
    """What a command needs that only reads the database."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", extra="ignore")


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

    signing_key_file: Path | None = None
    """Where that set was read from: it is followed, so that keys rotate without a restart."""

    public_url: str = ""
    """Address that browsers use, when a proxy with TLS stands before the gateway.

    With ``https:`` the session cookie becomes ``__Host-`` and ``Secure``. Empty: plain HTTP.
    """

    demo_password: SecretStr | None = None
    """Creates the account ``demo``; absent outside demonstrations: there is no default."""

    demo_key: SecretStr | None = None
    """``h8k_…``: an API key for the simulators of the demonstration."""

    providers: Annotated[Json[tuple[Provider, ...]], NoDecode, BeforeValidator(_no_text)] = ()
    """The campus logins, a JSON list; usually ``GATEWAY_PROVIDERS_FILE``: it holds secrets."""

    proxies: str = ""
    """Networks (CIDR, with commas) that a proxy of ours comes from. Only these are believed in
    ``X-Forwarded-For`` and about certificates; none: any peer is believed in the former, where
    `public_url` is set."""

    certificate_header: str = ""
    """Where that proxy puts the client certificate that it verified: ``Client-Cert`` (RFC 9440),
    or PEM, percent-encoded. It must drop what a client sends under that name."""

    totp_key: SecretStr | None = None
    """Seals the secrets of one-time codes in the database; without it nobody can set codes up."""

    key_per_minute: PositiveInt = Limits().key
    person_per_minute: PositiveInt = Limits().person
    address_per_minute: PositiveInt = Limits().address

    route_table: Path | None = None
    """A TOML file with a table for each service that is not as the addresses above say:
    ``addresses`` of its replicas, ``read_seconds`` ``write_seconds`` ``most_bytes``. Followed."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        networks_of(self._networks())
        names = [each.id for each in self.providers]
        if len(names) != len(set(names)):
            raise ValueError("providers 的 id 有重复 (an id of providers twice)")
        if names and not self.public_url:
            raise ValueError(
                "有 providers 时须设 public_url，即浏览器所用的地址"
                " (providers need public_url, the address that browsers use)"
            )
        if self.certificate_header and not self.proxies:
            raise ValueError(
                "certificate_header 须同时给出 proxies，否则谁都能冒充"
                " (certificate_header needs proxies, or anybody could pretend)"
            )
        return self

    def surroundings(self) -> Surroundings:
        """Return what stands before the gateway."""
        return Surroundings(
            public_url=self.public_url,
            proxies=networks_of(self._networks()),
            certificate_header=self.certificate_header.lower(),
        )

    def limits(self) -> Limits:
        """Return how much anybody may ask, where nothing else is said."""
        return Limits(
            key=self.key_per_minute,
            person=self.person_per_minute,
            address=self.address_per_minute,
        )

    def _networks(self) -> list[str]:
        return [each for each in self.proxies.replace(" ", "").split(",") if each]

    def services(self) -> dict[str, str]:
        """Return the address of each service by its name in paths."""
        return {
            "datahub": self.datahub_url,
            "target": self.target_url,
            "spiral": self.spiral_url,
            "alert": self.alert_url,
            "report": self.report_url,
        }
