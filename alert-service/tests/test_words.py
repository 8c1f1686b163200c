"""The line that was crossed, in words."""

from typing import Any

import pytest

from alert_service.domain.severity import Standing
from alert_service.domain.words import Line, Watch, crossed_line
from shared.contracts.vocabulary import AlertFrom, Operator, State

FLOOR, QUALIFIED = Line(Operator.LE, "18"), Line(Operator.LE, "15")


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


def standing(state: str, **flags: bool) -> Standing:
    return Standing(binding="b1", cell="c1", seq=1, state=State(state), **flags)


@pytest.mark.parametrize(
    ("state", "flags", "words"),
    [
        ("below_floor", {"warning": True}, "≤ 18"),
        ("below_standard", {"warning": True}, "≤ 15"),
        ("met_standard", {"overdue": True, "warning": True}, "≤ 14"),
        ("met_standard", {"warning": True}, "≤ 16"),
        ("met_target", {}, None),
    ],
)
def test_the_worst_line_is_named_by_what_should_have_held(
    state: str, flags: dict[str, bool], words: str | None
) -> None:
    bound = watch(
        target=Line(Operator.LE, "14"),
        tiers={"floor": FLOOR, "qualified": QUALIFIED},
        warning=Line(Operator.GT, "16"),
    )

    assert crossed_line(bound, standing(state, **flags)) == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (Line(Operator.GT, "1"), "> 1"),
        (Line(Operator.LT, "1"), "< 1"),
        (Line(Operator.EQ, "1"), "= 1"),
        (Line(Operator.IN, "1,2"), "∈ {1, 2}"),
        (Line(Operator.BETWEEN, "1", "2"), "∈ [1, 2]"),
    ],
)
def test_every_operator_has_its_words(line: Line, words: str) -> None:
    assert crossed_line(watch(tiers={"floor": line}), standing("below_floor")) == words


def test_a_line_that_the_binding_does_not_give_has_no_words() -> None:
    assert crossed_line(watch(), standing("below_floor")) is None
