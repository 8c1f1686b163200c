"""Eight operators, three strategies on each side: PostgreSQL says what a plain reading says."""

from collections.abc import Mapping
from decimal import Decimal
from functools import reduce
from itertools import product
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from datahub.dictionary.domain.entity import Dictionary
from datahub.quality.domain.rule_document import RuleInvalidError, parse_rule
from datahub.quality.repository.row_checks import fails
from datahub.quality.repository.sql import Sql, records_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIELDS = ("hours_total", "hours_practice", "hours_virtual", "credits")
VALUES = (None, 0, 1, -3)
COURSES = {
    f"C{number:03}": dict(zip(FIELDS, values, strict=True))
    for number, values in enumerate(product(VALUES, repeat=len(FIELDS)))
}
OPERATORS = {
    "equal_to": lambda left, right: left == right,
    "not_equal_to": lambda left, right: left != right,
    "greater_than": lambda left, right: left > right,
    "greater_than_or_equal_to": lambda left, right: left >= right,
    "less_than": lambda left, right: left < right,
    "less_than_or_equal_to": lambda left, right: left <= right,
}
PAIRS = ("compulsory_pair", "exclusive_pair")
STRATEGIES = ("skip_if_any_value_missing", "skip_if_all_values_missing", "never_skip")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def courses(hub: Any) -> Any:
    """A hub with a course for each way in which four numbers can be there or missing."""
    for key, values in COURSES.items():
        await hub.sql(
            "INSERT INTO record_course (key, course_code, hours_total, hours_practice,"
            " hours_virtual, credits, version, observed, batch, line)"
            " VALUES (:key, :key, :hours_total, :hours_practice, :hours_virtual, :credits,"
            " 1, 0, 0, 0)",
            key=key,
            **values,
        )
    return hub


async def answered(hub: Any, rule: Any) -> dict[str, bool | None]:
    """Return, by course, whether it fails; None where the rule says nothing about it."""
    sql = Sql(records_of(rule.entity))
    outcome = fails(sql, rule)
    async with hub.database.transaction() as tx:
        rows = await tx.session.execute(
            text(f"SELECT r.key, {outcome} AS x FROM {sql.source()} WHERE {sql.rows.live}"),  # noqa: S608
            sql.values,
        )
        return {row.key: row.x for row in rows}


def items(expression: Any) -> list[str]:
    if isinstance(expression, str):
        return [expression]
    if isinstance(expression, dict):
        return [name for part in next(iter(expression.values())) for name in items(part)]
    return []


ARITHMETIC = {
    "add": lambda left, right: left + right,
    "subtract": lambda left, right: left - right,
    "multiply": lambda left, right: left * right,
    "divide": lambda left, right: left / right if right else None,
}


def value(expression: Any, course: Mapping[str, Any]) -> Decimal | None:
    """Return a value, a missing field being zero; None after a division by zero."""
    if isinstance(expression, str):
        return Decimal(course[expression] or 0)
    if not isinstance(expression, dict):
        return Decimal(str(expression))
    [(op, parts)] = expression.items()
    return reduce(ARITHMETIC[op], (value(part, course) for part in parts))


def side(spec: Mapping[str, Any], course: Mapping[str, Any]) -> Decimal | None:
    names = items(spec["expression"])
    there = [name for name in names if course[name] is not None]
    match spec["missing"]:
        case "skip_if_any_value_missing" if len(there) < len(names):
            return None
        case "skip_if_all_values_missing" if names and not there:
            return None
        case "never_skip" if names:
            return value(spec["expression"], course) or Decimal(0)
        case _:
            return value(spec["expression"], course)


def is_there(spec: Mapping[str, Any], course: Mapping[str, Any]) -> bool:
    names = items(spec["expression"])
    there = [name for name in names if course[name] is not None]
    match spec["missing"]:
        case "never_skip":
            return True
        case "skip_if_all_values_missing":
            return bool(there) or not names
        case _:
            return len(there) == len(names)


def expected(document: Mapping[str, Any], course: Mapping[str, Any]) -> bool | None:
    left, right = document["left"], document["right"]
    match document["operator"]:
        case "compulsory_pair":
            return is_there(left, course) != is_there(right, course)
        case "exclusive_pair":
            return is_there(left, course) and is_there(right, course)
        case operator:
            values = side(left, course), side(right, course)
            return None if None in values else not OPERATORS[operator](*values)


numbers = st.sampled_from([0, 1, -3, 2.5])
names = st.sampled_from(FIELDS)
expressions = st.recursive(
    names | numbers,
    lambda part: st.tuples(
        st.sampled_from(["add", "subtract", "multiply"]), st.lists(part, min_size=2, max_size=3)
    ).map(lambda pair: {pair[0]: pair[1]}),
    max_leaves=5,
)
quotients = st.tuples(names, st.sampled_from(["hours_total", "credits", 2, -0.5])).map(
    lambda parts: {"divide": list(parts)}
)
sides = st.fixed_dictionaries(
    {"expression": expressions | quotients, "missing": st.sampled_from(STRATEGIES)}
)


def document(operator: str, left: Any, right: Any) -> dict[str, Any]:
    return {
        "rule": "r",
        "entity": "course",
        "kind": "cross_field",
        "zh": "规则",
        "en": "Rule",
        "left": left,
        "operator": operator,
        "right": right,
    }


@settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.sampled_from([*OPERATORS, *PAIRS]), sides, sides)
async def test_a_comparison_is_what_a_plain_reading_says(
    courses: Any, dictionary: Dictionary, operator: str, left: Any, right: Any
) -> None:
    asked = document(operator, left, right)
    if operator in OPERATORS and not (items(left["expression"]) or items(right["expression"])):
        with pytest.raises(RuleInvalidError):
            parse_rule(asked, dictionary, 1)
        return

    found = await answered(courses, parse_rule(asked, dictionary, 1))

    assert found == {key: expected(asked, course) for key, course in COURSES.items()}


@pytest.mark.parametrize("operator", [*OPERATORS, *PAIRS])
@pytest.mark.parametrize("strategies", list(product(STRATEGIES, STRATEGIES)))
async def test_every_operator_with_every_pair_of_strategies(
    courses: Any, dictionary: Dictionary, operator: str, strategies: tuple[str, str]
) -> None:
    """All 72, over every way in which two values on each side can be there or missing."""
    left = {"expression": {"add": ["hours_practice", "hours_virtual"]}, "missing": strategies[0]}
    right = {"expression": {"add": ["hours_total", "credits"]}, "missing": strategies[1]}
    asked = document(operator, left, right)

    found = await answered(courses, parse_rule(asked, dictionary, 1))

    assert found == {key: expected(asked, course) for key, course in COURSES.items()}


TRUTHS = {
    # left there or not, right there or not: 00 01 10 11 (values 1 and 1)
    ("equal_to", "skip_if_any_value_missing"): [None, None, None, False],
    ("equal_to", "never_skip"): [False, True, True, False],
    ("greater_than", "skip_if_any_value_missing"): [None, None, None, True],
    ("greater_than", "never_skip"): [True, True, False, True],
    ("compulsory_pair", "skip_if_any_value_missing"): [False, True, True, False],
    ("compulsory_pair", "never_skip"): [False, False, False, False],
    ("exclusive_pair", "skip_if_any_value_missing"): [False, False, False, True],
    ("exclusive_pair", "never_skip"): [True, True, True, True],
}


@pytest.mark.parametrize(("operator", "strategy"), list(TRUTHS))
async def test_the_truth_table_by_hand(
    courses: Any, dictionary: Dictionary, operator: str, strategy: str
) -> None:
    """The oracle above could be wrong in the same way; these values were written down."""
    asked = document(
        operator,
        {"expression": "hours_total", "missing": strategy},
        {"expression": "hours_practice", "missing": strategy},
    )
    found = await answered(courses, parse_rule(asked, dictionary, 1))
    cases = [(None, None), (None, 1), (1, None), (1, 1)]
    keys = [
        next(
            key
            for key, course in COURSES.items()
            if (course["hours_total"], course["hours_practice"]) == case
        )
        for case in cases
    ]

    assert [found[key] for key in keys] == TRUTHS[operator, strategy]
