"""Settings that every service reads, and the ``*_FILE`` convention for secrets."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)
from sqlalchemy.engine import make_url
from typing_extensions import override

from shared.kit.validation import words


class FileSource(PydanticBaseSettingsSource):
    """Reads ``<NAME>_FILE``: the path of a file that holds the value of ``<NAME>``."""

    @override
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        prefix = self.config.get("env_prefix", "")
        name = f"{prefix}{field_name}_FILE".upper()
        path = os.environ.get(name)  # noqa: TID251
        try:
            value = Path(path).read_text(encoding="utf-8").strip() if path else None
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name}: 读不出文件 (the file cannot be read): {error}") from error
        return value, field_name, False

    @override
    def __call__(self) -> dict[str, Any]:
        values = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in values.items() if value is not None}


class ServiceSettings(BaseSettings):
    """What a service needs to run; a subclass sets ``env_prefix`` and adds its own.

    Every variable may also be given as ``<NAME>_FILE``, the path of a file with its value.
    """

    model_config = SettingsConfigDict(extra="ignore")

    host: str = "127.0.0.1"
    port: int = 0
    """TCP port; 0 lets the system choose."""

    database_url: str
    """SQLAlchemy URL with the ``postgresql+asyncpg`` driver."""

    database_password: SecretStr | None = None
    nats_url: str = ""
    nats_user: str = ""
    nats_password: SecretStr | None = None
    jwks_url: str = ""
    """Where the public keys of the gateway's internal token are: ``http:`` or ``file:``."""

    stalled_seconds: PositiveFloat = 30
    """Not ready, when messages wait this long without one being done, or an event to be sent."""

    idempotency_hours: PositiveInt = 24
    """So long the answer to an ``Idempotency-Key`` is kept. Source: our default."""

    audit_years: Annotated[int, Field(ge=3)] = 3
    """So long entries of the audit are kept. Source: our default; 个人信息保护法 §56 asks for three
    years of what concerns persons, 网络安全法 §21 for six months of logs."""

    log_json: bool = True

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, FileSource(settings_cls)

    @classmethod
    def read(cls) -> Self:
        """Read the environment; what is wrong there ends the process, variable by variable."""
        try:
            return cls()
        except ValidationError as error:
            prefix = cls.model_config.get("env_prefix", "")
            told = [
                f"{prefix}{'_'.join(map(str, each['loc']))}".upper() + f": {_in_both({**each})}"
                for each in error.errors()
            ]
            raise SystemExit("\n".join(told)) from None
        except SettingsError as error:
            raise SystemExit(_unreadable(cls, error)) from None

    def dsn(self) -> str:
        """Return the database URL with its password."""
        return with_password(self.database_url, self.database_password)


def _in_both(error: Mapping[str, Any]) -> str:
    """Say in both languages what is wrong; what we say ourselves is in both already."""
    zh, en = words(error, english=False), words(error, english=True)
    return zh if zh == en else f"{zh} ({en})"


def _unreadable(settings: type[BaseSettings], error: SettingsError) -> str:
    """Name the variable whose value is no JSON."""
    field = re.search('field "([a-z_]+)"', str(error))
    if field is None:
        return str(error)
    name = f"{settings.model_config.get('env_prefix', '')}{field[1]}".upper()
    return f'{name}: 须为 JSON，如 {{"red": 4}} (must be JSON)'


def with_password(url: str, password: SecretStr | None) -> str:
    """Return ``url`` with ``password`` in it; the URL's own one stands where none is given."""
    if password is None:
        return url
    full = make_url(url).set(password=password.get_secret_value())
    return full.render_as_string(hide_password=False)
