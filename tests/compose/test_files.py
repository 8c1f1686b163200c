"""The files agree with each other and with the code; no daemon is needed."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from helix8.embedded.postgres import SETTINGS
from helix8.errors import StartError
from helix8.given import make_secrets
from helix8.suite import EVERY_SERVICE, SERVICES
from helix8.vault import Sealed
from tests.compose.stack import ROOT

LOCKED = ROOT / "deploy" / "compose" / "locked.py"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def test_every_secret_is_generated_and_every_generated_secret_is_used(
    document: dict[str, Any], tmp_path: Path
) -> None:
    services = document["services"].values()
    used = {name for service in services for name in service.get("secrets", [])}
    made = make_secrets(tmp_path / "secrets")
    assert used == set(document["secrets"]) == set(made)
    assert make_secrets(tmp_path / "secrets") == []


def test_secrets_are_for_containers_and_for_nobody_else_on_the_machine(tmp_path: Path) -> None:
    make_secrets(tmp_path / "secrets")
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    modes = {file.stat().st_mode & 0o777 for file in (tmp_path / "secrets").iterdir()}
    assert modes == {0o444}


def test_a_secret_that_is_absent_or_empty_is_named(tmp_path: Path) -> None:
    (tmp_path / "nats-admin").touch()
    for name in ("nats-admin", "postgres"):
        with pytest.raises(StartError, match=rf"no secret in {tmp_path / name}"):
            Sealed(tmp_path).read(name)


def test_no_secret_reaches_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    # The last rule that fits decides.
    assert rules.index("deploy/secrets") > rules.index("!deploy")


def test_postgresql_has_the_settings_of_the_embedded_server() -> None:
    text = (ROOT / "deploy/postgres/postgresql.conf").read_text(encoding="utf-8")
    settings = dict(re.findall(r"^(\w+) = (.*)$", text, re.MULTILINE))
    assert settings == SETTINGS | {"listen_addresses": "'*'"}


def test_each_service_may_enter_its_own_database_and_no_other() -> None:
    text = (ROOT / "deploy/postgres/pg_hba.conf").read_text(encoding="utf-8")
    rules = [line.split() for line in text.splitlines() if line.startswith("host")]
    expected = [["host", "all", "postgres", "samenet", "scram-sha-256"]] + [
        ["host", each.name, f"{each.name},{each.owner}", "samenet", "scram-sha-256"]
        for each in EVERY_SERVICE
    ]
    assert rules == expected


def test_the_six_services_are_checked_and_only_the_gateway_is_published(
    document: dict[str, Any],
) -> None:
    services = document["services"]
    for each in EVERY_SERVICE:
        assert "healthy.py" in str(services[each.name]["healthcheck"]["test"])
        assert f"FROM runtime AS {services[each.name]['build']['target']}\n" in (
            ROOT / "Dockerfile"
        ).read_text(encoding="utf-8")
    assert [name for name, service in services.items() if "ports" in service] == ["gateway"]
    hub, keeper = services["datahub"], services["nats-accounts"]
    assert hub["environment"]["DATAHUB_ACCOUNTS"] == "/accounts/accounts.json"
    assert "/accounts/accounts.json" in keeper["command"]
    assert [each for each in hub["volumes"] if "nats-config" in each] == []
    assert "nats-accounts:/accounts:ro" in keeper["volumes"]
    assert {each.name for each in SERVICES} | {"gateway", "prepare", "nats-config"} == {
        name for name, service in services.items() if "build" in service
    }


def locked(*wanted: str) -> str:
    """Return what `locked.py` prints of the lock."""
    done = subprocess.run(
        [sys.executable, str(LOCKED), "requirements.lock", *wanted],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return done.stdout


def packages(*wanted: str) -> set[str]:
    """Return the names of the packages that `locked.py` prints."""
    return set(re.findall(r"^([a-z][\w.-]*)==", locked(*wanted), re.MULTILINE))


def test_a_package_that_is_locked_for_several_pythons_comes_in_each_version() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    numpy = re.compile(r"^numpy==\S+", re.MULTILINE)

    assert numpy.findall(locked("datahub")) == numpy.findall(lock) != []


def test_images_hold_what_their_service_needs_and_no_tool_of_development() -> None:
    assert {"sqlalchemy", "nats-py", "uvicorn", "greenlet"} <= packages("shared")
    assert "polars" in packages("datahub")
    assert packages("target-service") >= packages("shared")
    everything = packages(*(folder_package(each.package) for each in EVERY_SERVICE), "helix8")
    assert not everything & {"pytest", "ruff", "mypy", "hypothesis", "testcontainers", "deptry"}


def folder_package(package: str) -> str:
    return package.replace("_", "-")
