"""Each import contract breaks on a planted violation: a contract that matches nothing passes."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "shared": "shared",
    "datahub": "datahub",
    "target-service": "target_service",
    "spiral-service": "spiral_service",
    "alert-service": "alert_service",
    "report-service": "report_service",
    "gateway": "gateway",
    "deploy": "helix8",
}
PLANTED = {
    "services-are-strangers": ("target_service/tables/base.py", "import alert_service.schemas"),
    "inside-a-service": ("spiral_service/repository/cycles.py", "import spiral_service.usecases"),
    "inside-the-hub": ("datahub/ingest/repository/feeds.py", "import datahub.ingest.usecases"),
    "parts-of-the-hub": (
        "datahub/ingest/usecases/deliveries.py",
        "import datahub.indicators.usecases",
    ),
    "inside-the-gateway": (
        "gateway/identity/repository/keys.py",
        "import gateway.identity.usecases.keys",
    ),
    "parts-of-the-gateway": (
        "gateway/access/usecases/limiting.py",
        "import gateway.proxy.upstream",
    ),
    "pure-domain": ("datahub/ingest/domain/ledger.py", "import sqlalchemy"),
    "http-at-the-edge": ("datahub/ingest/usecases/deliveries.py", "import fastapi"),
    "sql-in-storage": ("datahub/ingest/usecases/deliveries.py", "import sqlalchemy"),
    "inside-shared": ("shared/contracts/base.py", "import shared.kit.clock"),
    "plumbing-knows-no-meaning": ("shared/kit/bus.py", "import shared.contracts.datahub"),
    "settings-at-the-wiring": ("datahub/ingest/usecases/deliveries.py", "import datahub.settings"),
    "tests-stay-in-tests": ("datahub/ingest/usecases/deliveries.py", "import shared.testing"),
    "no-cycles": ("datahub/ingest/domain/ledger.py", "import datahub.ingest.domain.verdicts"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of every package's sources, with the contracts beside it."""
    folder = tmp_path_factory.mktemp("packages")
    for place, package in PACKAGES.items():
        ignore = shutil.ignore_patterns("__pycache__", "*.csv", "*.gz", "*.json")
        shutil.copytree(ROOT / place / "src" / package, folder / package, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache", *chosen],
        cwd=folder,
        # The copy goes before the installed packages.
        env={**os.environ, "PYTHONPATH": str(folder)},  # noqa: TID251
        capture_output=True,
        text=True,
        check=False,
    )


def contracts() -> set[str]:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {each["id"] for each in document["tool"]["importlinter"]["contracts"]}


def test_every_contract_has_a_violation_that_breaks_it() -> None:
    assert set(PLANTED) == contracts()


def test_the_suite_as_it_is_keeps_every_contract(copy: Path) -> None:
    answer = lint(copy)

    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"{len(PLANTED)} kept, 0 broken" in answer.stdout


@pytest.mark.parametrize("contract", list(PLANTED))
def test_a_planted_violation_breaks_its_contract(copy: Path, contract: str) -> None:
    name, line = PLANTED[contract]
    path = copy / name
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        answer = lint(copy, contract)
    finally:
        path.write_text(before, encoding="utf-8")

    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "0 kept, 1 broken" in answer.stdout
