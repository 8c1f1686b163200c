"""The line that was crossed: by its name, with what its binding gives."""

from typing import Any

import pytest

from alert_service.domain.watch import Line, Watch, crossed_line
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
