"""What the correction of an alert does to it, in whatever order its facts come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alert_service.domain.acting import acknowledge, escalate
from alert_service.domain.board import Board
from alert_service.domain.correcting import CorrectionNews
from alert_service.domain.life import Alert, Clocks, How, Settlement, Step
from alert_service.domain.severity import HoldReason, Standing
from alert_service.domain.watch import Line, Watch
from shared.calendar import Calendar
from shared.contracts.vocabulary import AlertFrom, Operator, Severity, State

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOURS = {Severity.BLUE: 72, Severity.YELLOW: 48, Severity.ORANGE: 24, Severity.RED: 8}
CLOCKS = Clocks({each: timedelta(hours=hours) for each, hours in HOURS.items()}, Calendar())
WATCH = Watch(
    key="b1",
    version=1,
    cell="c1",
    indicator="pass_rate",
    scope="course/C1",
    period="year:2026",
    title="通过率",
    owner="teacher/T1",
    alert_from=AlertFrom.EITHER,
    tiers={"qualified": Line(Operator.GE, "0.8")},
)


def judged(seq: int, state: str, value: str) -> Standing:
    gap = Decimal("0.05") if state == "below_standard" else None
    return Standing(
        binding="b1",
        cell="c1",
        seq=seq,
        state=State(state),
        value=Decimal(value),
        relative_gap=gap,
    )


def news(what: Literal["planned", "reopened", "verified"], reopened: int = 0) -> CorrectionNews:
    effect = Decimal("0.15") if what == "verified" else None
    return CorrectionNews(alert="alert-1", what=what, reopened=reopened, effect=effect)


def make_board() -> Board:
    ids = count(1)
    board = Board(
        watches={},
        standings={},
        open_alerts={},
        owners={},
        clocks=CLOCKS,
        new_id=lambda: f"alert-{next(ids)}",
    )
    board.bind(WATCH, AT)
    board.judge(judged(1, "below_standard", "0.7"), AT)
    return board


@pytest.fixture
def board() -> Board:
    """A board with one yellow alert."""
    return make_board()


def told(board: Board) -> list[tuple[str, str]]:
    return [(step.value, alert.severity.value) for step, alert in board.steps]


def test_a_value_that_is_back_settles_an_alert_nobody_works_on(board: Board) -> None:
    board.judge(judged(2, "met_standard", "0.85"), AT)

    assert board.steps[-1][1].settled == Settlement(
        how=How.RECOVERED, at=AT, effect=Decimal("0.15")
    )


def test_a_value_that_is_back_by_work_waits_to_be_verified(board: Board) -> None:
    board.hear(news("planned"), AT)
    for seq in (2, 3):
        board.judge(judged(seq, "met_standard", "0.85"), AT)
    waiting = board.open_alerts["c1"]
    board.hear(news("verified"), AT)

    assert (waiting.hold, waiting.value) == (HoldReason.VERIFICATION, Decimal("0.85"))
    assert told(board) == [("raised", "yellow"), ("held", "yellow"), ("settled", "yellow")]
    assert board.steps[-1][1].settled == Settlement(
        how=How.CORRECTED, at=AT, effect=Decimal("0.15")
    )
    assert board.steps[-1][1].hold is None
    assert board.open_alerts == {}


def test_a_value_that_waits_to_be_verified_and_goes_stale_waits_again_when_it_is_fresh(
    board: Board,
) -> None:
    board.hear(news("planned"), AT)
    board.judge(judged(2, "met_standard", "0.85"), AT)
    board.judge(judged(3, "no_data", "0"), AT)
    board.judge(judged(4, "met_standard", "0.85"), AT)

    assert [alert.hold for _, alert in board.steps] == [
        None,
        HoldReason.VERIFICATION,
        HoldReason.NO_DATA,
        HoldReason.VERIFICATION,
    ]


def test_an_alert_that_waits_to_be_verified_goes_over_to_another_owner(board: Board) -> None:
    board.hear(news("planned"), AT)
    board.judge(judged(2, "met_standard", "0.85"), AT)
    board.open_alerts["c1"] = acknowledge(board.open_alerts["c1"], "person/T1", "", AT)
    later = AT + timedelta(days=1)
    board.bind(replace(WATCH, version=2, owner="teacher/T2"), later)
    step, alert = board.steps[-1]

    assert (step, alert.owner, alert.acknowledged) == (Step.HELD, "teacher/T2", None)
    assert (alert.hold, alert.due_at) == (
        HoldReason.VERIFICATION,
        CLOCKS.until(Severity.YELLOW, later),
    )


@pytest.mark.parametrize(
    ("owner", "head", "called"),
    [
        ("teacher/T1", "teacher/T8", ["teacher/T8", "role/qa_office", "role/school_leader"]),
        ("T8", "teacher/T8", ["role/qa_office", "role/school_leader"]),
        ("unit/U1", "teacher/T8", ["role/qa_office", "role/school_leader"]),
        ("role/qa_office", None, ["role/school_leader"]),
        ("role/school_leader", None, ["role/qa_office", "role/school_leader"]),
    ],
)
def test_nobody_is_called_to_see_to_himself(
    board: Board, owner: str, head: str | None, called: list[str]
) -> None:
    alert = replace(board.open_alerts["c1"], owner=owner)
    found = []
    while later := escalate(alert, alert.due_at, CLOCKS, head):
        found.append(later.supervisor)
        alert = later

    assert found == called


@pytest.mark.parametrize("how", ["line", "binding"])
def test_an_alert_that_is_worked_on_ends_with_its_line_or_binding_all_the_same(
    board: Board, how: str
) -> None:
    board.hear(news("planned"), AT)
    if how == "line":
        board.judge(judged(2, "met_standard", "0.7"), AT)
    else:
        board.bind(Watch(**_fields(WATCH) | {"version": 2, "withdrawn": True}), AT)

    settled = board.steps[-1][1].settled
    assert settled is not None
    assert settled.how is {"line": How.LINE_CHANGED, "binding": How.WITHDRAWN}[how]


def test_work_without_effect_raises_the_colour_by_one_and_asks_anew(board: Board) -> None:
    board.open_alerts["c1"] = acknowledge(board.open_alerts["c1"], "person/T1", "", AT)
    later = AT + timedelta(days=1)

    board.hear(news("reopened", 1), later)

    step, alert = board.steps[-1]
    assert (step, alert.severity, alert.acknowledged) == (Step.REOPENED, Severity.ORANGE, None)
    assert alert.due_at == CLOCKS.until(Severity.ORANGE, later)
    assert (alert.worst.severity, alert.worst.value, alert.worst.at) == ("orange", "0.7", later)


def test_a_reopened_alert_stays_above_the_colour_of_its_value_and_never_beyond_red(
    board: Board,
) -> None:
    board.hear(news("reopened", 1), AT)
    board.judge(judged(2, "below_standard", "0.71"), AT)
    board.hear(news("reopened", 3), AT)
    board.judge(judged(3, "below_standard", "0.72"), AT)

    assert told(board) == [
        ("raised", "yellow"),
        ("reopened", "orange"),
        ("merged", "orange"),
        ("reopened", "red"),
        ("merged", "red"),
    ]


def test_what_is_verified_while_the_value_has_fallen_again_raises_a_new_alert(board: Board) -> None:
    board.hear(news("planned"), AT)
    board.judge(judged(2, "below_standard", "0.6"), AT)

    board.hear(news("verified"), AT)

    assert [step for step, _ in board.steps][-2:] == [Step.SETTLED, Step.RAISED]
    fresh = board.open_alerts["c1"]
    assert (fresh.value_before, fresh.reopened, fresh.is_in_hand) == (Decimal("0.6"), 0, False)


def test_of_an_alert_that_is_over_nothing_is_heard(board: Board) -> None:
    board.hear(news("verified"), AT)
    before = list(board.steps)
    board.judge(judged(2, "met_standard", "0.9"), AT)

    for late in (news("planned"), news("reopened", 2), news("verified")):
        board.hear(late, AT)

    assert [alert.id for _, alert in board.steps[len(before) :]] == ["alert-2"]


@settings(max_examples=100)
@given(data=st.data())
def test_any_order_and_repetition_of_the_facts_about_a_correction_gives_the_same_alert(
    data: st.DataObject,
) -> None:
    facts = [news("planned"), news("reopened", 1), news("planned", 1), news("reopened", 2)]
    straight, shuffled = make_board(), make_board()
    for each in facts:
        straight.hear(each, AT)
    for each in data.draw(st.permutations(facts + facts)):
        shuffled.hear(each, AT)

    assert _core(shuffled.open_alerts["c1"]) == _core(straight.open_alerts["c1"])


def _core(alert: Alert) -> dict[str, Any]:
    return _fields(alert) | {"version": 0}


def _fields(thing: Any) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in thing.__dataclass_fields__}
