"""The page about indicators tells of every word, and what it shows can be measured."""

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain import document, units
from datahub.indicators.domain.definition import SCOPE_KINDS, Missing, items_of
from datahub.indicators.domain.document import parse_indicator
from datahub.indicators.domain.formula import syntax
from datahub.indicators.domain.formula.parts import take_apart
from datahub.indicators.domain.measured import NOT_HANDED_IN, PARKED
from datahub.indicators.domain.reckoning import NO_ROWS, OUT_OF_RANGE, ZERO_DENOMINATOR
from datahub.indicators.domain.view import MISSING_INPUT

PAGE = (Path(__file__).parents[1] / "INDICATORS.md").read_text("utf-8")
WORDS = {
    *document._KEYS,
    *document.PERIODS,
    *SCOPE_KINDS,
    *syntax.AGGREGATES - {"count_distinct"},
    *syntax.ROW_FUNCTIONS,
    *syntax.SHIFTS,
    *get_args(Missing),
    *units.UNITS,
    *units._ALIASES,
    *(NO_ROWS, OUT_OF_RANGE, ZERO_DENOMINATOR, MISSING_INPUT, NOT_HANDED_IN, PARKED),
}
NAMES = "|".join(sorted(syntax.AGGREGATES | syntax.SHIFTS))
FORMULAS = sorted(set(re.findall(rf"`((?:{NAMES})\([^`…]*\))`", PAGE)))


@pytest.mark.parametrize("word", sorted(WORDS))
def test_every_word_is_explained(word: str) -> None:
    assert re.search(rf"`[^`\n]*(?<![a-z_-]){re.escape(word)}(?![a-z_-])[^`\n]*`", PAGE), word


def test_the_example_is_a_definition(dictionary: Dictionary) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)

    assert parse_indicator(tomllib.loads(example), dictionary, 1).is_ratio


@pytest.mark.parametrize("formula", FORMULAS)
def test_every_formula_of_the_page_can_be_measured(dictionary: Dictionary, formula: str) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    rate = parse_indicator(tomllib.loads(example), dictionary, 1)

    parts = take_apart(formula, dictionary, {"course_pass_rate": rate, "x": rate, "w": rate})
    assert [*items_of(parts.numerator), *items_of(parts.denominator)]


def test_the_page_shows_formulas() -> None:
    assert len(FORMULAS) >= 17
