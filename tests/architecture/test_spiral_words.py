"""The loops of the spiral are the same in its definition, in the drawing and in the glossary."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gateway.portal.domain.figure import BIG_ORDER, ROUTINE, SHARED
from gateway.portal.domain.words import Words

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def definition() -> dict[str, Any]:
    """The shipped definition."""
    [path] = (ROOT / "spiral-service").rglob("figure_eight.1.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_the_drawing_has_the_steps_of_the_definition_in_order(definition: dict[str, Any]) -> None:
    loop = definition["routine_loop"]

    assert [each["step"] for each in definition["steps"]] == list(BIG_ORDER)
    assert [each["step"] for each in loop["steps"]] == list(ROUTINE)
    assert loop["back_to"] == list(SHARED)


def test_every_step_is_called_the_same_in_both_languages(definition: dict[str, Any]) -> None:
    for each in [*definition["steps"], *definition["routine_loop"]["steps"]]:
        for language in ("zh", "en"):
            assert Words(language).step(each["step"]) == each[language]
    loop = definition["routine_loop"]
    assert [Words(each)("small-loop") for each in ("zh", "en")] == [loop["zh"], loop["en"]]


@pytest.mark.parametrize("name", ["stage_loop", "routine_loop"])
def test_the_glossary_names_the_steps_of_a_loop(definition: dict[str, Any], name: str) -> None:
    loop = definition if name == "stage_loop" else definition["routine_loop"]
    glossary = (ROOT / "shared" / "GLOSSARY.md").read_text(encoding="utf-8")
    [line] = [each for each in glossary.splitlines() if f"| `{name}` |" in each]

    told = re.findall(r"(\w+) `(\w+)`", line.rpartition("| `")[2])
    assert told == [(each["zh"], each["step"]) for each in loop["steps"]]
