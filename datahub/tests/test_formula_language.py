"""The language holds for any formula: what is written is read, and reckoned as DHIS2 does."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.cell import evaluate
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.document import IndicatorInvalidError, parse_indicator
from datahub.indicators.domain.formula import syntax
from datahub.indicators.domain.formula.reading import MAX_TALL, read_formula
from datahub.indicators.domain.formula.syntax import Expression, FormulaError
from datahub.indicators.domain.measured import Value
from datahub.indicators.domain.view import View
from datahub.tests.measuring import PASS_RATE, TERM

NAMES = ("a", "b", "c")
SCOPE, PERIOD = "course/C1", f"term:{TERM}"


def taking(dictionary: Dictionary, formula: str, **more: Any) -> Indicator:
    """Return an indicator over three others of a unit of their own."""
    words = {k: PASS_RATE[k] for k in ("zh", "en", "direction")} | {"unit": "own"}
    scopes = [{"kind": kind, "period": "term"} for kind in ("course", "class")]
    base = {**words, "formula": "count(enrolment)", "scopes": scopes}
    known = {
        name: parse_indicator({**base, "indicator": name, "scopes": [SCOPED]}, dictionary, 1)
        for name in NAMES
    }
    document = {**base, "indicator": "x", "formula": formula, "scopes": scopes[:1], **more}
    return parse_indicator(document, dictionary, 1, known)


SCOPED = {
    "kind": "course",
    "key": "teaching_class.course_code",
    "period": {"kind": "term", "from": "teaching_class.term"},
}


def measured(number: str | Decimal | None, n: int = 10) -> Value:
    value = None if number is None else Decimal(number)
    return Value(
        value=value,
        numerator=value,
        denominator=None,
        n=n,
        coverage=Decimal(1),
        reason=None if value is not None else "no-rows",
    )


def reckoned(indicator: Indicator, numbers: Mapping[str, str | Decimal | None]) -> Value:
    said = {(name, SCOPE, PERIOD): measured(number) for name, number in numbers.items()}
    view = View(scope=SCOPE, period=PERIOD, said=said, kinds={}, inputs=indicator.inputs)
    return evaluate(indicator, [], view)


MISSING = {
    # Both, one and none of [a] and [b] are there: DHIS2's three strategies.
    ("skip-any", "[a] + [b]"): ("5", None, None, None),
    ("skip-all", "[a] + [b]"): ("5", "2", "3", None),
    ("never-skip", "[a] + [b]"): ("5", "2", "3", "0"),
    ("skip-any", "[a] * [b]"): ("6", None, None, None),
    ("skip-all", "[a] * [b]"): ("6", "0", "0", None),
    ("never-skip", "[a] * [b]"): ("6", "0", "0", "0"),
    ("skip-any", "[a] / [b]"): ("0.666667", None, None, None),
    ("skip-all", "[a] / [b]"): ("0.666667", None, "0.000000", None),
    ("never-skip", "[a] / [b]"): ("0.666667", None, "0.000000", None),
    # Only the branch that is taken counts.
    ("skip-any", "if([a] > 0, 7, [b])"): ("7", "7", None, None),
    ("never-skip", "if([a] > 0, 7, [b])"): ("7", "7", "3", "0"),
    ("skip-any", "greatest([a], [b], 1)"): ("3", None, None, None),
    ("skip-all", "greatest([a], [b], 1)"): ("3", "2", "3", None),
    ("never-skip", "greatest([a], [b], 1)"): ("3", "2", "3", "1"),
}


@pytest.mark.parametrize(("strategy", "formula"), MISSING)
def test_missing_values_are_treated_as_dhis2_does(
    dictionary: Dictionary, strategy: str, formula: str
) -> None:
    indicator = taking(dictionary, formula, missing=strategy)
    both: list[dict[str, str | None]] = [
        {"a": "2", "b": "3"},
        {"a": "2", "b": None},
        {"b": "3"},
        {},
    ]

    found = [reckoned(indicator, each).value for each in both]

    expected = MISSING[strategy, formula]
    assert found == [None if each is None else Decimal(each) for each in expected]


def test_why_there_is_no_value_is_told(dictionary: Dictionary) -> None:
    def reason(formula: str, strategy: str = "skip-any", **numbers: str | None) -> str | None:
        return reckoned(taking(dictionary, formula, missing=strategy), numbers).reason

    assert reason("[a] + [b]", a="1") == "missing-input"
    assert reason("[a] + [b]", "skip-all") == "missing-input"
    assert reason("[a] / [b]", "never-skip", a="1") == "zero-denominator"
    assert reason("[a] ^ 99", a="10") == "out-of-range"
    assert reason("[a]", a="1") is None


def test_a_value_rests_on_the_fewest_rows_of_what_it_takes(dictionary: Dictionary) -> None:
    indicator = taking(dictionary, "[a] + [b]", minimum_sample=5)
    numbers = {"a": measured("1", n=40), "b": measured("2", n=4)}
    said = {(name, SCOPE, PERIOD): value for name, value in numbers.items()}
    view = View(scope=SCOPE, period=PERIOD, said=said, kinds={}, inputs=indicator.inputs)

    value = evaluate(indicator, [], view)

    assert (value.n, value.value, value.reason) == (4, None, "small-sample")


# --- any formula ---------------------------------------------------------------------------------

LEAVES = st.one_of(
    st.builds(
        syntax.Number,
        at=st.just(0),
        value=st.integers(0, 99).map(lambda number: Decimal(number) / 4),
    ),
    st.builds(syntax.Other, at=st.just(0), indicator=st.sampled_from(NAMES)),
)


def binary(ops: str, sides: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        syntax.Binary, at=st.just(0), op=st.sampled_from(ops.split()), left=sides, right=sides
    )


def calls(sides: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    condition = binary("< <= > >= = !=", sides)
    both = binary("and or", condition)
    tests = st.one_of(condition, both, st.builds(negated, condition))
    return st.one_of(
        binary("+ - * / % ^", sides),
        st.builds(syntax.Unary, at=st.just(0), op=st.just("-"), operand=sides),
        st.builds(called, st.sampled_from(["greatest", "least"]), sides, sides),
        st.builds(called, st.just("abs"), sides),
        st.builds(called, st.just("if"), tests, sides, sides),
    )


def negated(operand: Expression) -> Expression:
    return syntax.Unary(at=0, op="not", operand=operand)


def called(name: str, *args: Expression) -> Expression:
    return syntax.Call(at=0, name=name, args=args)


TREES = st.recursive(LEAVES, calls, max_leaves=12)

BINDING = {"or": 1, "and": 2, "not": 3, "=": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4}
BINDING |= {"+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "neg": 7, "^": 8}


def write(tree: Expression, least: int = 0) -> str:
    """Write a tree with as few brackets as its reading needs."""
    match tree:
        case syntax.Number(value=value):
            return f"{value:f}"
        case syntax.Other(indicator=name):
            return f"[{name}]"
        case syntax.Call(name=name, args=args):
            return f"{name}({', '.join(write(each) for each in args)})"
        case syntax.Unary(op=op, operand=operand):
            own = BINDING["neg" if op == "-" else op]
            text = f"{op} {write(operand, own)}"
        case syntax.Binary(op="^", left=left, right=right):
            own = BINDING["^"]
            text = f"{write(left, own + 1)} ^ {write(right, BINDING['neg'])}"
        case syntax.Binary(op=op, left=left, right=right):
            own = BINDING[op]
            # A comparison takes one on neither side; the others go from left to right.
            text = f"{write(left, own + (own == 4))} {op} {write(right, own + 1)}"
        case _:
            raise AssertionError(tree)
    return f"({text})" if own < least else text


def shape(part: Any) -> Any:
    """Return a tree without its places."""
    if is_dataclass(part):
        named = {each.name: getattr(part, each.name) for each in fields(part) if each.name != "at"}
        return (type(part).__name__, {name: shape(value) for name, value in named.items()})
    return tuple(map(shape, part)) if isinstance(part, tuple) else part


@given(TREES)
def test_what_is_written_is_read_as_the_same_tree(tree: Expression) -> None:
    assert shape(read_formula(write(tree))) == shape(tree)


PLAIN: Mapping[str, Callable[..., Any]] = {
    "neg": lambda one: -one,
    "not": lambda one: 1 - one,
    "abs": abs,
    "greatest": max,
    "least": min,
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other,
    # What is left over when as much as goes in whole is taken away: it has the sign of the first.
    "%": lambda one, other: one - other * int(one / other),
    "^": lambda one, other: one**other,
    "and": lambda one, other: one == other == 1,
    "or": lambda one, other: 1 in {one, other},
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def plain(tree: Expression, numbers: Mapping[str, Decimal | None]) -> Decimal | None:
    """Reckon a tree as plainly as can be; None where there is no number."""
    match tree:
        case syntax.Number(value=value):
            return value
        case syntax.Other(indicator=name):
            return numbers[name]
        case syntax.Call(name="if", args=(condition, yes, no)):
            truth = plain(condition, numbers)
            return None if truth is None else plain(yes if truth else no, numbers)
        case _:
            op, operands = parted(tree)
            found = [plain(each, numbers) for each in operands]
            if None in found or (op in {"/", "%"} and found[1] == 0):
                return None
            return Decimal(PLAIN[op](*found))


def parted(tree: Expression) -> tuple[str, tuple[Expression, ...]]:
    match tree:
        case syntax.Call(name=name, args=args):
            return name, args
        case syntax.Unary(op=op, operand=operand):
            return "neg" if op == "-" else op, (operand,)
        case syntax.Binary(op=op, left=left, right=right):
            return op, (left, right)
        case _:
            raise AssertionError(tree)


NUMBERS = st.fixed_dictionaries(
    {name: st.none() | st.integers(-20, 20).map(Decimal) for name in NAMES}
)


def test_a_formula_comes_to_what_a_plain_reckoning_of_it_comes_to(dictionary: Dictionary) -> None:
    @given(tree=TREES, numbers=NUMBERS)
    def holds(tree: Expression, numbers: dict[str, Decimal | None]) -> None:
        assume(syntax.others_in(tree) and not refused(dictionary, tree))
        indicator = taking(dictionary, write(tree), minimum_sample=0)
        value = reckoned(indicator, numbers).value
        with localcontext(prec=60, traps=[]):
            expected = plain(tree, numbers)

        if expected is None or not expected.is_finite() or abs(expected) >= 10**30:
            assert value is None
        else:
            assert value is not None
            assert abs(value - expected) <= Decimal("0.000001")

    holds()


def refused(dictionary: Dictionary, tree: Expression) -> bool:
    """Whether a tree divides by what is always zero, which another test is about."""
    try:
        taking(dictionary, write(tree))
    except IndicatorInvalidError as error:
        reasons = [reason for each in error.fields.values() for reason in each]
        return all("除数恒为零" in reason for reason in reasons)
    return False


def test_a_chain_of_operations_that_nobody_can_walk_is_a_fault_of_the_formula() -> None:
    with pytest.raises(FormulaError) as refusal:
        read_formula("1" + " + 1" * 900)

    assert f"连续运算超过 {MAX_TALL} 次" in refusal.value.reason
    assert read_formula("1" + " + 1" * (MAX_TALL - 1)).at > 0
