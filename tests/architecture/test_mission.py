"""``tests/mission.toml`` names every item of the plan, and only tests that exist."""

import ast
import re
import tomllib
from functools import cache
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


def test_every_test_that_shows_an_item_stands_where_it_is_named(mission: dict[str, Any]) -> None:
    named = {test for tests in mission["shown"].values() for test in tests}

    absent = [test for test in named if _function_of(test) not in _functions_in(_file_of(test))]

    assert sorted(absent) == []


def _function_of(test: str) -> str:
    return test.partition("::")[2].partition("[")[0]


def _file_of(test: str) -> str:
    return test.partition("::")[0]


@cache
def _functions_in(file: str) -> frozenset[str]:
    """Return the tests of a file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    made = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in made if node.name.startswith("test_"))


def test_the_readme_counts_what_the_file_shows(mission: dict[str, Any]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    [chinese] = re.findall(r"共 (\d+) 项，已由测试展示 (\d+) 项", readme)
    [english] = re.findall(r"(\d+) / (\d+) items of the plan shown by tests", readme)

    counted = (str(len(mission["shown"])), str(len(mission["items"])))
    assert english == counted
    assert chinese == counted[::-1]
