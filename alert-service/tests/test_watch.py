"""The line that was crossed: by its name, with what its binding gives."""

from decimal import Decimal
from typing import Any

import pytest

from alert_service.domain.watch import Line, Watch, crossed_line
from shared.contracts.lines import improves, lies_beyond
from shared.contracts.vocabulary import AlertFrom, CrossedLine, LineKind, Operator


def watch(**lines: Any) -> Watch:
    return Watch(
        key="b1",
        version=1,
        cell="c1",
        indicator="ratio",
        scope="school/1",
        period="year:2026",
        title="生师比",
        owner="",
        alert_from=AlertFrom.EITHER,
        **lines,
    )


@pytest.mark.parametrize(
    ("kind", "op", "value"),
    [
        (LineKind.FLOOR, Operator.LE, "18"),
        (LineKind.STANDARD, Operator.LE, "15"),
        (LineKind.WARNING, Operator.GT, "16"),
        (LineKind.TARGET, Operator.LE, "14"),
    ],
)
def test_every_line_is_told_as_its_binding_gives_it(
    kind: LineKind, op: Operator, value: str
) -> None:
    bound = watch(
        target=Line(Operator.LE, "14"),
        tiers={
            "floor": Line(Operator.LE, "18"),
            "qualified": Line(Operator.LE, "15"),
            "good": Line(Operator.LE, "12"),
        },
        warning=Line(Operator.GT, "16"),
    )

    assert crossed_line(bound, kind) == CrossedLine(kind, op, value)


def test_the_upper_end_of_a_band_goes_with_it() -> None:
    bound = watch(target=Line(Operator.BETWEEN, "14", "16"))

    assert crossed_line(bound, LineKind.TARGET) == CrossedLine(
        LineKind.TARGET, Operator.BETWEEN, "14", "16"
    )


@pytest.mark.parametrize("kind", list(LineKind))
def test_a_line_that_the_binding_does_not_give_is_none(kind: LineKind) -> None:
    assert crossed_line(watch(), kind) is None


@pytest.mark.parametrize(
    ("line", "op", "limit", "upper", "beyond", "within"),
    [
        ("standard", ">", "0.8", None, "0.8", "0.81"),
        ("standard", ">=", "0.8", None, "0.79", "0.80"),
        ("floor", "<", "1", None, "1", "0.9"),
        ("target", "<=", "1", None, "1.1", "1.0"),
        ("standard", "=", "2", None, "3", "2.0"),
        ("standard", "in", "1,2", None, "1.5", "2"),
        ("standard", "between", "14", "16", "16.1", "16"),
        ("warning", "<", "0.85", None, "0.84", "0.85"),
    ],
)
def test_a_value_lies_beyond_a_line_that_does_not_hold_and_a_warning_that_does(
    line: str, op: str, limit: str, upper: str | None, beyond: str, within: str
) -> None:
    crossed = CrossedLine(LineKind(line), Operator(op), limit, upper)

    assert lies_beyond(Decimal(beyond), crossed)
    assert not lies_beyond(Decimal(within), crossed)


@pytest.mark.parametrize(
    ("line", "before", "after", "expected"),
    [
        (("standard", ">=", "0.8"), "0.7", "0.71", True),
        (("standard", ">=", "0.8"), "0.7", "0.7", False),
        (("standard", "<=", "15"), "17", "17.1", False),
        (("warning", ">", "16"), "17", "16.5", True),
        (("standard", "between", "14", "16"), "18", "17", True),
        (("standard", "between", "14", "16"), "18", "11", False),
        (("warning", "between", "14", "16"), "15", "17", True),
        (("warning", "between", "14", "16"), "15", "14.1", False),
    ],
)
def test_a_value_improves_when_it_goes_where_its_line_asks(
    line: tuple[str, ...], before: str, after: str, expected: object
) -> None:
    kind, op, *values = line
    crossed = CrossedLine(LineKind(kind), Operator(op), *values)

    assert improves(Decimal(before), Decimal(after), crossed) is expected
