"""``tests/mission.toml`` names every item of the plan, and only tests that exist."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NUMBERS = (
    *range(1, 13),  # rules and documents
    *range(20, 26),  # the five vertical systems
    *range(30, 51),  # the five horizontal levels
    *range(60, 75),  # the spirals
    *range(80, 97),  # the engines
    *range(100, 124),  # the platform
    *range(130, 133),  # safeguards
    *range(140, 152),  # bodies and roles
    *range(160, 174),  # outputs
)


@pytest.fixture(scope="module")
def mission() -> dict[str, Any]:
    """The file; a number that stands in it twice cannot be read."""
    return tomllib.loads((ROOT / "tests" / "mission.toml").read_text(encoding="utf-8"))


def test_no_item_of_the_plan_is_missing_or_unknown(mission: dict[str, Any]) -> None:
    assert list(mission["items"]) == [f"M{number:03}" for number in NUMBERS]
    assert all(mission["items"].values())
    assert set(mission["shown"]) <= set(mission["items"])
    assert list(mission["shown"]) == sorted(mission["shown"])
    assert all(mission["shown"].values()), "an item without a test is open: leave it out"


def test_every_test_that_shows_an_item_can_be_run(mission: dict[str, Any]) -> None:
    named = sorted({test for tests in mission["shown"].values() for test in tests})

    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "--quiet", *named],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == 0, found.stdout + found.stderr
    collected = found.stdout.splitlines()
    assert [test for test in named if not any(line.startswith(test) for line in collected)] == []


def test_the_readme_counts_what_the_file_shows(mission: dict[str, Any]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    said = re.search(r"(\d+) / (\d+) items of the plan shown by tests", readme)

    assert said is not None
    assert (int(said[1]), int(said[2])) == (len(mission["shown"]), len(mission["items"]))
