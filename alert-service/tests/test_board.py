"""The life of alerts on a board of cells: one open alert a cell, whatever order events take."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alert_service.domain.acting import AlertSettledError, acknowledge
from alert_service.domain.board import Board
from alert_service.domain.life import (
    Clocks,
    How,
    Settlement,
    Step,
    due_after,
)
from alert_service.domain.parties import QA_OFFICE
from alert_service.domain.severity import Standing
from alert_service.domain.watch import Line, Watch
from shared.calendar import Calendar
from shared.contracts.school_calendar import Holiday, MakeUpDay, SchoolCalendar
from shared.contracts.vocabulary import (
    AlertFrom,
    CrossedLine,
    LineKind,
    Operator,
    Severity,
    State,
    Worst,
)

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
"""Monday, 16:00 on the campus; it works from 8 to 12 and from 14 to 18."""

DAY = timedelta(days=1)
HOURS = {"blue": 72, "yellow": 48, "orange": 24, "red": 8}
COLOURS = {Severity(colour): timedelta(hours=hours) for colour, hours in HOURS.items()}
CLOCKS = Clocks(COLOURS, Calendar())


def make_board(owner_of_scope: str | None = None) -> Board:
    ids = count(1)
    return Board(
        watches={},
        standings={},
        open_alerts={},
        owners={"course/C1": owner_of_scope} if owner_of_scope else {},
        clocks=CLOCKS,
        new_id=lambda: f"alert-{next(ids)}",
    )


def watch(version: int = 1, key: str = "b1", **more: Any) -> Watch:
    given = {"owner": "teacher/T1", "alert_from": AlertFrom.EITHER} | more
    return Watch(
        key=key,
        version=version,
        cell="c1",
        indicator="pass_rate",
        scope="course/C1",
        period="year:2026",
        title="通过率",
        **given,
    )


def standing(seq: int, state: str, value: str | None = "0.7", **more: Any) -> Standing:
    given = {"binding": "b1"} | more
    return Standing(
        cell="c1",
        seq=seq,
        state=State(state),
        value=Decimal(value) if value else None,
        relative_gap=Decimal("0.05") if state.startswith("below") else None,
        **given,
    )


def steps(board: Board) -> list[tuple[str, str]]:
    return [(step.value, alert.severity.value) for step, alert in board.steps]


def test_the_time_to_answer_is_that_of_the_colour_from_when_it_was_reached() -> None:
    board = make_board()
    board.bind(watch(), AT)

    board.judge(standing(1, "below_standard"), AT)
    board.judge(standing(2, "below_floor", "0.1"), AT + timedelta(hours=1))
    board.judge(standing(3, "below_standard", "0.6"), AT + timedelta(hours=2))

    due = [alert.due_at - AT for _, alert in board.steps]
    assert steps(board) == [("raised", "yellow"), ("merged", "red"), ("merged", "yellow")]
    assert due == [8 * DAY, DAY + timedelta(hours=1), 8 * DAY + timedelta(hours=2)]


def test_a_repeat_in_the_same_colour_moves_no_date() -> None:
    board = make_board()
    board.bind(watch(), AT)

    board.judge(standing(1, "below_floor", "0.1"), AT)
    board.judge(standing(2, "below_floor", "0.2"), AT + timedelta(hours=5))

    assert board.steps[-1][1].due_at == AT + DAY


def test_no_colour_has_more_time_than_a_milder_one_whatever_is_configured() -> None:
    slow_red = Clocks(COLOURS | {Severity.RED: timedelta(hours=100)}, Calendar())

    due = [due_after(None, severity, AT, slow_red) - AT for severity in Severity]

    assert due == [11 * DAY, 8 * DAY, 3 * DAY, 3 * DAY]


def test_a_holiday_gives_time_and_a_make_up_day_takes_it() -> None:
    told = SchoolCalendar(
        holidays=(Holiday(on=date(2026, 11, 24), name_zh="校庆"),),
        makeup_days=(MakeUpDay(on=date(2026, 11, 28), name_zh="调休"),),
    )
    board = make_board()
    board.clocks = Clocks(COLOURS, Calendar(told))
    board.bind(watch(), AT)

    board.judge(standing(1, "below_standard"), AT)
    board.judge(standing(2, "below_floor", "0.1"), AT)

    assert [alert.due_at - AT for _, alert in board.steps] == [8 * DAY, 2 * DAY]


def test_the_gravest_colour_is_kept_with_its_value_line_and_instant() -> None:
    board = make_board()
    lines = {"floor": Line(Operator.GE, "0.5"), "qualified": Line(Operator.GE, "0.8")}
    board.bind(watch(tiers=lines), AT)

    board.judge(standing(1, "below_standard", "0.70"), AT)
    board.judge(standing(2, "below_floor", "0.40"), AT + timedelta(hours=1))
    board.judge(standing(3, "below_floor", "0.45"), AT + timedelta(hours=2))
    board.judge(standing(4, "below_standard", "0.75"), AT + timedelta(hours=3))
    board.judge(standing(5, "met_target", "0.95"), AT + timedelta(hours=4))

    floor = CrossedLine(LineKind.FLOOR, Operator.GE, "0.5")
    red = Worst(Severity.RED, "0.40", floor, AT + timedelta(hours=1))
    assert [alert.worst.severity for _, alert in board.steps] == ["yellow", *["red"] * 4]
    assert [alert.worst for _, alert in board.steps[1:]] == [red] * 4
    assert [alert.severity for _, alert in board.steps[3:]] == ["yellow", "yellow"]


def test_a_graver_colour_late_in_the_day_does_not_lengthen_it() -> None:
    board = make_board()
    board.bind(watch(), AT)

    board.judge(standing(1, "below_standard"), AT)
    board.judge(standing(2, "below_floor", "0.1"), AT + timedelta(days=8, hours=-1))

    assert board.steps[-1][1].due_at == AT + 8 * DAY


def test_the_effect_is_the_value_after_minus_the_value_that_raised_it() -> None:
    board = make_board()
    board.bind(watch(), AT)

    board.judge(standing(1, "below_standard", "0.70"), AT)
    board.judge(standing(2, "below_floor", "0.10"), AT)
    board.judge(standing(3, "met_standard", "0.65"), AT)

    step, alert = board.steps[-1]
    assert step is Step.SETTLED
    assert alert.settled is not None
    assert alert.settled.effect == Decimal("-0.05")
    assert board.open_alerts == {}


LOOSE = {"qualified": Line(Operator.GE, "0.6")}
STRICT = {"qualified": Line(Operator.GE, "0.8")}
STRICT_LINE = CrossedLine(LineKind.STANDARD, Operator.GE, "0.8")


@pytest.mark.parametrize(
    ("after", "how", "effect"),
    [
        ("0.70", "line-changed", None),
        ("0.75", "line-changed", None),
        ("0.85", "recovered", Decimal("0.15")),
    ],
)
def test_an_alert_whose_line_was_loosened_says_so_and_keeps_the_line_that_was_crossed(
    after: str, how: str, effect: Decimal | None
) -> None:
    board = make_board()
    board.bind(watch(tiers=STRICT), AT)
    board.judge(standing(1, "below_standard", "0.70"), AT)

    board.bind(watch(2, tiers=LOOSE), AT)
    board.judge(standing(2, "met_standard", after), AT)

    assert [step for step, _ in board.steps] == [Step.RAISED, Step.SETTLED]
    [alert] = [alert for step, alert in board.steps if step is Step.SETTLED]
    assert alert.settled is not None
    assert (alert.settled.how, alert.settled.effect) == (how, effect)
    assert (alert.value, alert.crossed, alert.worst.crossed) == (
        Decimal(after),
        STRICT_LINE,
        STRICT_LINE,
    )


def test_a_line_that_still_is_crossed_after_a_change_is_the_one_that_is_told() -> None:
    board = make_board()
    board.bind(watch(tiers=STRICT), AT)
    board.judge(standing(1, "below_standard", "0.50"), AT)

    board.bind(watch(2, tiers=LOOSE), AT)

    assert board.open_alerts["c1"].crossed == CrossedLine(LineKind.STANDARD, Operator.GE, "0.6")


def test_one_binding_that_cannot_be_judged_keeps_the_alert_of_its_cell() -> None:
    board = make_board()
    board.bind(watch(), AT)
    board.bind(watch(key="b2"), AT)

    board.judge(standing(1, "below_standard"), AT)
    board.judge(standing(1, "met_target", binding="b2", thin=True), AT)
    board.judge(standing(2, "met_target", "0.95"), AT)
    board.judge(standing(2, "met_target", "0.95", binding="b2"), AT)

    assert [step for step, _ in board.steps] == [Step.RAISED, Step.HELD, Step.SETTLED]


def test_a_withdrawn_binding_ends_its_open_alert_and_raises_none() -> None:
    board = make_board()
    board.bind(watch(), AT)
    board.judge(standing(1, "below_standard"), AT)

    board.bind(watch(2, withdrawn=True), AT)
    board.judge(standing(2, "below_floor", "0.1"), AT)

    [(_, raised), (step, alert)] = board.steps
    assert step is Step.SETTLED
    assert alert.settled == Settlement(how=How.WITHDRAWN, at=AT, effect=None)
    assert (alert.value, alert.severity) == (raised.value, raised.severity)
    assert board.open_alerts == {}


def test_a_binding_put_anew_raises_only_when_it_is_judged_anew() -> None:
    board = make_board()
    board.bind(watch(), AT)
    board.judge(standing(1, "below_standard"), AT)
    board.bind(watch(2, withdrawn=True), AT)
    board.bind(watch(3), AT)
    before = len(board.steps)

    board.judge(standing(2, "below_floor", "0.1"), AT)

    assert [step for step, _ in board.steps] == [Step.RAISED, Step.SETTLED, Step.RAISED]
    assert before == 2
    assert board.dropped_standings == set()


def test_another_binding_of_the_cell_keeps_its_alert_open() -> None:
    board = make_board()
    for key in ("b1", "b2"):
        board.bind(watch(key=key), AT)
        board.judge(standing(1, "below_standard", binding=key), AT)

    board.bind(watch(2, "b1", withdrawn=True), AT)

    assert [alert.binding for alert in board.open_alerts.values()] == ["b2"]


@pytest.mark.parametrize(
    ("own", "of_scope", "owner"),
    [
        ("teacher/T1", "person/P1", "teacher/T1"),
        ("", "person/P1", "person/P1"),
        ("", None, QA_OFFICE),
    ],
)
def test_the_binding_then_the_scope_then_the_qa_office_answers(
    own: str, of_scope: str | None, owner: str
) -> None:
    board = make_board(of_scope)
    board.bind(watch(owner=own), AT)

    board.judge(standing(1, "below_standard"), AT)

    assert board.steps[0][1].owner == owner


def test_the_first_acknowledgement_stands() -> None:
    board = make_board()
    board.bind(watch(), AT)
    board.judge(standing(1, "below_standard"), AT)
    alert = board.open_alerts["c1"]

    seen = acknowledge(alert, "person/P1", "已知", AT)

    assert (seen.version, acknowledge(seen, "person/P2", "", AT)) == (2, seen)


def test_a_graver_colour_must_be_acknowledged_anew_and_a_milder_one_not() -> None:
    board = make_board()
    board.bind(watch(), AT)
    board.judge(standing(1, "below_standard"), AT)
    [(_, alert)] = board.steps
    board.open_alerts["c1"] = acknowledge(alert, "person/P1", "已知", AT)
    days = timedelta(days=7)

    def now(seq: int, state: str, at: datetime) -> tuple[str, str | None, datetime]:
        board.judge(standing(seq, state, "0.6", warning=True), at)
        found = board.open_alerts["c1"]
        return found.severity, found.acknowledged and found.acknowledged.by, found.due_at

    eased = now(2, "met_standard", AT)
    back = now(3, "below_standard", AT + days)
    graver = now(4, "below_floor", AT + days)

    assert (eased[0], eased[1]) == ("blue", "person/P1")
    assert (back[0], back[1]) == ("yellow", "person/P1")
    # Its eight working hours run from now on: nobody was late.
    assert graver == ("red", None, AT + days + DAY)


@pytest.mark.parametrize(
    ("op", "values", "worst"),
    [
        (Operator.LE, ["0.375", "0.444", "0.4"], "0.444"),
        (Operator.GE, ["0.4", "0.3", "0.35"], "0.3"),
        (Operator.EQ, ["0.6", "0.3", "0.65"], "0.3"),
    ],
)
def test_the_worst_is_the_worst_value_in_the_gravest_colour(
    op: Operator, values: list[str], worst: str
) -> None:
    board = make_board()
    board.bind(watch(tiers={"qualified": Line(op, "0.5")}), AT)
    for hours, value in enumerate(values):
        seen = standing(hours + 1, "below_standard", value)
        board.judge(seen, AT + timedelta(hours=hours))

    found = board.open_alerts["c1"].worst

    line = CrossedLine(LineKind.STANDARD, op, "0.5")
    assert found == Worst(Severity.YELLOW, worst, line, AT + timedelta(hours=1))


def test_a_settled_alert_cannot_be_acknowledged() -> None:
    board = make_board()
    board.bind(watch(), AT)
    board.judge(standing(1, "below_standard"), AT)
    board.judge(standing(2, "met_target"), AT)

    with pytest.raises(AlertSettledError):
        acknowledge(board.steps[-1][1], "person/P1", "", AT)


EVENTS = st.lists(
    st.tuples(
        st.integers(1, 8),
        st.sampled_from(["below_floor", "below_standard", "met_standard", "met_target", "no_data"]),
        st.booleans(),
    ),
    unique_by=lambda event: event[0],
    max_size=8,
)


@settings(max_examples=150)
@given(events=EVENTS, data=st.data())
def test_any_order_and_repetition_leaves_the_alert_that_the_newest_judgement_asks_for(
    events: list[tuple[int, str, bool]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(events + events))
    board = make_board()
    board.bind(watch(), AT)
    for seq, state, thin in shuffled:
        board.judge(standing(seq, state, thin=thin), AT)

    known = board.standings.get("b1")
    raised = [alert.id for step, alert in board.steps if step is Step.RAISED]
    settled = [alert.id for step, alert in board.steps if step is Step.SETTLED]
    still_open = [alert.id for alert in board.open_alerts.values()]
    assert sorted(raised) == sorted(settled + still_open)
    assert len(still_open) <= 1
    if known is None:
        assert raised == []
    elif known.state is State.NO_DATA or known.thin:
        assert all(alert.hold for alert in board.open_alerts.values())
    else:
        assert bool(still_open) is known.state.value.startswith("below")


PERIODS = ("term:2025-2026-1", "term:2025-2026-2", "term:2026-2027-1")
SEVERAL = st.lists(
    st.tuples(
        st.sampled_from(PERIODS),
        st.integers(1, 4),
        st.sampled_from(["below_floor", "below_standard", "met_standard", "no_data"]),
        st.booleans(),
    ),
    unique_by=lambda event: event[:2],
    max_size=10,
)


def of_period(period: str, seq: int, state: str, *, thin: bool = False) -> Standing:
    """Return a judgement of the binding of a period."""
    given = replace(standing(seq, state, thin=thin), binding=f"b/{period}")
    return replace(given, cell=f"pass_rate@course/C1@{period}")


def board_of_periods() -> Board:
    board = make_board()
    for period in PERIODS:
        cell = f"pass_rate@course/C1@{period}"
        board.bind(replace(watch(key=f"b/{period}"), cell=cell, period=period), AT)
    return board


def colours(board: Board) -> dict[str, Severity]:
    return {alert.period: alert.severity for alert in board.open_alerts.values() if not alert.hold}


def test_below_the_standard_in_the_period_before_too_is_orange_whatever_came_first() -> None:
    board = board_of_periods()
    first, second, third = PERIODS
    board.judge(of_period(second, 1, "below_standard"), AT)
    assert colours(board) == {second: Severity.YELLOW}
    board.judge(of_period(first, 1, "below_floor"), AT)
    assert colours(board) == {first: Severity.RED, second: Severity.ORANGE}
    board.judge(of_period(third, 1, "below_standard"), AT)
    assert colours(board)[third] is Severity.ORANGE
    board.judge(of_period(second, 2, "no_data"), AT)
    # What cannot be told is no second time; the alert of that period is held as it was.
    assert colours(board) == {first: Severity.RED, third: Severity.YELLOW}
    late = board_of_periods()
    for period, state in ((third, "below_standard"), (first, "below_floor")):
        late.judge(of_period(period, 1, state), AT)
    assert colours(late)[third] is Severity.ORANGE  # the second is bound, and not judged yet
    board.bind(replace(board.watches[f"b/{second}"], version=2, withdrawn=True), AT)
    # Of those that are judged, the first is the one before the third now.
    assert colours(board) == {first: Severity.RED, third: Severity.ORANGE}


@settings(max_examples=150)
@given(events=SEVERAL, data=st.data())
def test_any_order_over_several_periods_gives_the_colours_of_their_order_in_time(
    events: list[tuple[str, int, str, bool]], data: st.DataObject
) -> None:
    in_time = sorted(events, key=lambda event: (event[0], event[1]))
    boards = []
    for order in (in_time, data.draw(st.permutations(events + events))):
        board = board_of_periods()
        for period, seq, state, thin in order:
            board.judge(of_period(period, seq, state, thin=thin), AT)
        boards.append(colours(board))

    assert boards[0] == boards[1]
