"""Settings come from variables or from files, and passwords stay out of sight."""

from pathlib import Path

import pytest
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from shared.kit.migrations import prefix_of
from shared.kit.settings import ServiceSettings, with_password


class Settings(ServiceSettings):
    """Settings of these tests."""

    model_config = SettingsConfigDict(env_prefix="KITTEST_", extra="ignore")


def test_a_value_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("p@ss word\n", encoding="utf-8")
    monkeypatch.setenv("KITTEST_DATABASE_URL", "postgresql+asyncpg://target@db:5432/target")
    monkeypatch.setenv("KITTEST_DATABASE_PASSWORD_FILE", str(secret))

    settings = Settings()  # type: ignore[call-arg]

    assert settings.dsn() == "postgresql+asyncpg://target:p%40ss word@db:5432/target"
    assert "p@ss" not in repr(settings)


def test_a_variable_goes_before_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    port = tmp_path / "port"
    port.write_text("1", encoding="utf-8")
    monkeypatch.setenv("KITTEST_DATABASE_URL", "postgresql+asyncpg://x/y")
    monkeypatch.setenv("KITTEST_PORT", "2")
    monkeypatch.setenv("KITTEST_PORT_FILE", str(port))

    assert Settings().port == 2  # type: ignore[call-arg]


def test_without_a_database_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KITTEST_DATABASE_URL", raising=False)

    with pytest.raises(ValidationError, match="database_url"):
        Settings()  # type: ignore[call-arg]


def test_a_url_keeps_its_own_password_where_none_is_given() -> None:
    url = "postgresql+asyncpg://u:own@/db?host=%2Fsocket"

    assert with_password(url, None) == url
    assert "new" in with_password(url, SecretStr("new"))


def test_a_package_has_a_prefix() -> None:
    assert [prefix_of(name) for name in ("target_service", "datahub")] == ["TARGET_", "DATAHUB_"]


def test_a_wrong_variable_ends_the_process_with_its_name_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KITTEST_DATABASE_URL", "postgresql+asyncpg://x/y")
    monkeypatch.setenv("KITTEST_STALLED_SECONDS", "0")

    with pytest.raises(SystemExit) as ended:
        Settings.read()

    assert (
        ended.value.code == "KITTEST_STALLED_SECONDS: 须大于 0.0 (Input should be greater than 0)"
    )


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("KITTEST_HOURS", "4h", 'KITTEST_HOURS: 须为 JSON，如 {"red": 4} (must be JSON)'),
        ("KITTEST_NATS_PASSWORD_FILE", "/none", "KITTEST_NATS_PASSWORD_FILE: 读不出文件"),
    ],
)
def test_a_value_that_cannot_be_read_is_told_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    class Hours(Settings):
        hours: dict[str, float] = Field(default_factory=dict)

    monkeypatch.setenv("KITTEST_DATABASE_URL", "postgresql+asyncpg://x/y")
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit) as ended:
        Hours.read()

    assert str(ended.value.code).startswith(told)
