"""What rules make of values, judgements and things: exact values at the lines."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alert_service.domain.life import Clocks, Step
from alert_service.domain.parties import person_of
from alert_service.domain.rules.book import Book, compile_rule
from alert_service.domain.rules.measures import Crowd, deviation
from alert_service.domain.rules.memory import KEPT
from alert_service.domain.rules.model import Rule, Signal
from alert_service.domain.rules.rounds import CellKey, Ruling
from alert_service.domain.rules.selecting import Place, Places
from alert_service.domain.rules.trying import Replay, try_rule
from alert_service.schemas.rules import RuleBody
from alert_service.usecases.ruling import Owners
from shared.calendar import Calendar
from shared.contracts.vocabulary import CrossedLine, LineKind, Operator, Severity

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(days=1)
HOURS = {"blue": 72, "yellow": 48, "orange": 24, "red": 8}
CLOCKS = Clocks({Severity(each): timedelta(hours=n) for each, n in HOURS.items()}, Calendar())
TERM = "term:2026-2027-1"
LOW = {"is": "value", "indicator": "rate", "op": "<", "value": "0.8"}


def rule(condition: Mapping[str, Any] = LOW, key: str = "low", **more: Any) -> Rule:
    """Return a rule about courses."""
    given = {"title": "到课率偏低", "family": "attendance", "scopes": {"kind": "course"}}
    body = {**given, "condition": dict(condition), **more}
    return RuleBody.model_validate(body).to_rule(key, 1)


def measured(
    seq: int, value: str | None, scope: str = "course/C1", period: str = TERM, **more: Any
) -> Signal:
    """Return a value of the indicator ``rate``."""
    number = None if value is None else Decimal(value)
    given = {"at": AT, "n": 100, "coverage": Decimal(1), "freshest_at": AT} | more
    return Signal("measured", "rate", scope, period, "", seq, value=number, **given)


def judged(seq: int, state: str, period: str = TERM, **said: Any) -> Signal:
    """Return a judgement of the indicator ``rate``."""
    about = {"state": state, "warning": False, "overdue": False} | said
    return Signal("judged", "rate", "course/C1", period, "b1", seq, AT, Decimal(1), said=about)


class Bench(Replay):
    """Rules that hear batches, and tell what each did."""

    def __init__(self, rules: Sequence[Rule], places: Places | None = None) -> None:
        super().__init__(book=Book(rules), clocks=CLOCKS, places=places or {})

    def take(self, *signals: Signal, at: datetime = AT) -> list[tuple[str, str]]:
        """Take a batch, what is newest first as it is stored; return its steps and colours."""
        before = len(self.steps)
        self.hear(at, sorted(signals, key=lambda each: -each.seq))
        return [(step.value, alert.severity.value) for step, alert in self.steps[before:]]

    def look(self, at: datetime) -> list[tuple[str, str]]:
        """Let the clock turn what it turns by then."""
        before = len(self.steps)
        self.wake_until(at)
        return [(step.value, alert.severity.value) for step, alert in self.steps[before:]]

    def stand(self) -> set[tuple[str, str, str, str]]:
        """Return the open alerts: cell, colour, value, why they are held."""
        return {
            (cell, each.severity.value, str(each.value), str(each.hold))
            for cell, each in self.open_alerts.items()
        }


def hear_all(bench: Bench, batches: Iterable[Sequence[Signal]]) -> Bench:
    """Give a bench one batch after the other."""
    for batch in batches:
        bench.take(*batch)
    return bench


BEFORE = ("term:2025-2026-1", "term:2025-2026-2")


def test_a_value_beyond_its_line_raises_once_and_ends_when_it_is_back_by_the_margin() -> None:
    ladder = [{"severity": "red", "when": LOW | {"value": "0.5"}}]
    bench = Bench(rules=[rule(margin="0.02", ladder=ladder)])

    said = [
        bench.take(measured(seq, value))
        for seq, value in enumerate(["0.8", "0.79", "0.79", "0.4", "0.81", "0.82"], start=1)
    ]

    assert said == [
        [],
        [("raised", "yellow")],
        [],
        [("merged", "red")],
        [("merged", "red")],
        [("settled", "red")],
    ]
    ended = bench.steps[-1][1]
    assert ended.settled is not None
    assert (ended.settled.how, ended.settled.effect) == ("recovered", Decimal("0.03"))
    assert ended.crossed == CrossedLine(LineKind.WARNING, Operator.LT, "0.8")
    assert (ended.rule, ended.family, ended.binding) == ("rule/low", "attendance", "/rules/low")
    assert bench.cells == {}


def test_as_often_in_a_row_and_as_long_as_the_rule_says() -> None:
    often = Bench(rules=[rule(times=2)])
    lasting = Bench(rules=[rule(lasting_hours=24)])

    rows = [often.take(measured(seq, value)) for seq, value in enumerate(["0.7", "0.9", "0.7"], 1)]
    assert rows == [[], [], []]
    assert often.take(measured(4, "0.6")) == [("raised", "yellow")]
    assert lasting.take(measured(1, "0.7")) == []
    assert lasting.look(AT + DAY - timedelta(seconds=1)) == []
    assert lasting.look(AT + DAY) == [("raised", "yellow")]


def test_a_rule_of_several_indicators_and_periods_goes_together_as_its_words_do() -> None:
    """(rate < 0.8 for two terms) and (fails >= 3 or not rating > 80)."""
    fails = {"is": "value", "indicator": "fails", "op": ">=", "value": "3", "periods": 2}
    rated = {"is": "value", "indicator": "rating", "op": ">", "value": "80"}
    either = {"is": "any", "of": [fails, {"is": "not", "of": rated}]}
    bench = Bench(rules=[rule({"is": "all", "of": [LOW | {"periods": 2}, either]})])

    def of(name: str, seq: int, value: str, period: str = TERM) -> Signal:
        return measured(seq, value, period=period)._replace(name=name)

    assert bench.take(of("rating", 1, "85"), of("fails", 1, "3")) == []
    assert bench.take(measured(1, "0.7")) == []  # one term alone
    assert bench.take(measured(2, "0.7", period=BEFORE[1])) == []  # fails are of one term alone
    assert bench.take(of("fails", 2, "4", BEFORE[1])) == [("raised", "yellow")]
    assert bench.take(of("fails", 3, "2")) == [("settled", "yellow")]
    assert bench.take(of("rating", 2, "80")) == [("raised", "yellow")]
    # What is not known of one part is no matter where another part decides.
    assert bench.take(of("rating", 3, "81")) == [("settled", "yellow")]
    assert bench.take(measured(3, None, period=BEFORE[1]), of("rating", 4, "1")) == []


def test_what_is_missing_thin_stale_or_cannot_be_reckoned_holds_and_raises_nothing() -> None:
    bench = Bench(rules=[rule(least={"n": 30, "coverage": "0.8", "max_age_days": 5})])

    assert bench.take(measured(1, "0.1", n=29)) == []
    assert bench.take(measured(2, "0.7")) == [("raised", "yellow")]
    holds = []
    for seq, more in enumerate(({"n": 3}, {"coverage": Decimal("0.7")}, {}), start=3):
        bench.take(measured(seq, None if not more else "0.9", **more))
        holds += [alert.hold for alert in bench.open_alerts.values()]
    assert holds == ["thin", "thin", "no-data"]
    assert [cell.state for cell in bench.cells.values()] == ["no-data"]
    bench.take(measured(6, "0.7"))
    assert bench.look(AT + 5 * DAY) == [("held", "yellow")]
    assert bench.take(measured(7, "0.9", freshest_at=AT + 5 * DAY), at=AT + 5 * DAY) == [
        ("settled", "yellow")
    ]
    broken = Bench(
        rules=[
            rule({"is": "change", "indicator": "rate", "op": "<", "value": "0", "relative": True})
        ]
    )
    broken.take(measured(1, "9E+999999", period=BEFORE[1]), measured(2, "-9E+999999"))
    assert {cell.state for cell in broken.cells.values()} == {"no-data", "error"}
    assert broken.open_alerts == {}


def test_a_rule_that_cools_down_is_silent_and_then_warns_again() -> None:
    bench = Bench(rules=[rule(cool_down_hours=24)])
    hour = timedelta(hours=1)

    bench.take(measured(1, "0.7"))
    assert bench.take(measured(2, "0.9"), at=AT + hour) == [("settled", "yellow")]
    assert bench.take(measured(3, "0.6"), at=AT + 2 * hour) == []
    assert bench.look(AT + 24 * hour) == []
    assert bench.look(AT + 25 * hour) == [("raised", "yellow")]


THREE = [
    measured(1, "0.90", period=BEFORE[0]),
    measured(2, "0.88", period=BEFORE[1]),
    measured(3, "0.86"),
]
PEERS = [measured(9, str(value), f"course/P{value}") for value in (80, 81, 82, 83, 84)]


@pytest.mark.parametrize(
    ("condition", "signals", "raised"),
    [
        ({"is": "trend", "indicator": "rate", "way": "falling", "times": 2}, THREE, 1),
        ({"is": "trend", "indicator": "rate", "way": "falling", "times": 3}, THREE, 0),
        ({"is": "trend", "indicator": "rate", "way": "rising", "times": 2}, THREE, 0),
        ({"is": "change", "indicator": "rate", "op": "<=", "value": "-0.02"}, THREE, 2),
        ({"is": "change", "indicator": "rate", "op": "<", "value": "-0.02"}, THREE, 0),
        (LOW | {"value": "0.885", "periods": 2}, THREE, 1),
        (LOW | {"value": "0.88", "periods": 2}, THREE, 0),
        # Median 82, MAD 1: 3 × 1.4826 = 4.4478 from it.
        (
            {"is": "deviation", "indicator": "rate", "among": "group", "beyond": "3"},
            [*PEERS, measured(9, "77.55")],
            1,
        ),
        (
            {"is": "deviation", "indicator": "rate", "among": "group", "beyond": "3"},
            [*PEERS, measured(9, "77.56")],
            0,
        ),
        (
            {"is": "deviation", "indicator": "rate", "among": "group", "beyond": "3", "least": 6},
            [*PEERS, measured(9, "10")],
            0,
        ),
        (
            {"is": "all", "of": [LOW, {"is": "not", "of": {"is": "judged", "indicator": "rate",
             "states": ["met_target"]}}]},
            [measured(1, "0.7"), judged(1, "met_standard")],
            1,
        ),
        (
            {"is": "all", "of": [LOW, {"is": "judged", "indicator": "rate", "overdue": True}]},
            [measured(1, "0.7"), judged(1, "met_standard")],
            0,
        ),
        ({"is": "any", "of": [LOW, {"is": "judged", "indicator": "rate", "warning": True}]},
         [judged(1, "met_standard", warning=True)], 1),
        (
            {"is": "judged", "indicator": "rate", "states": ["below_standard"], "periods": 2},
            [judged(1, "below_standard", BEFORE[1]), judged(2, "below_standard")],
            1,
        ),
        (
            {"is": "judged", "indicator": "rate", "states": ["below_standard"], "periods": 2},
            [judged(1, "below_standard", BEFORE[0]), judged(1, "met_standard", BEFORE[1]),
             judged(2, "below_standard")],
            0,
        ),
        ({"is": "judged", "indicator": "rate", "gap_beyond": "0.1"},
         [judged(1, "below_standard", relative_gap="0.1")], 0),
        ({"is": "judged", "indicator": "rate", "gap_beyond": "0.1"},
         [judged(1, "below_standard", relative_gap="0.11")], 1),
        ({"is": "judged", "indicator": "rate", "forecast_misses": True},
         [judged(1, "met_standard", forecast_misses=True)], 1),
        ({"is": "judged", "indicator": "rate", "states": ["below_standard"]},
         [judged(1, "below_standard", thin=True)], 0),
    ],
)  # fmt: skip
def test_every_condition_at_its_line(
    condition: dict[str, Any], signals: list[Signal], raised: int
) -> None:
    bench = Bench(rules=[rule(condition)])

    bench.take(*signals)

    assert len(bench.open_alerts) == raised


def test_tasks_cycles_and_feeds_warn_by_the_clock_and_end_with_their_thing() -> None:
    due, later = AT + 10 * DAY, (AT + 40 * DAY).isoformat()
    near = {"is": "task", "due_within_days": 3, "overdue": False, "progress_below": "0.8"}
    still = {"is": "cycle", "in_step_days": 30, "past_end": False}
    feed = rule({"is": "feed", "levels": ["late", "missing"]}, "feed", scopes={"kind": "feed"})
    late = rule({"is": "cycle_step", "late_days": 2}, "step")
    bench = Bench(rules=[rule(near, "task"), rule(still, "cycle"), feed, late])

    def told(source: str, scope: str, seq: int, **said: Any) -> Signal:
        period = "day:2026-12-03" if source == "task" else TERM
        return Signal(source, "", scope, period, "t1", seq, AT, said=said)

    task = {"state": "issued", "kind": "plan", "progress": "0.5", "due_at": due.isoformat()}
    cycle = {"state": "open", "step": "design", "entered_at": AT.isoformat(), "ends_on": None}
    said = [
        bench.take(
            told("task", "course/C1", 1, **task),
            told("cycle", "course/C2", 1, **cycle),
            told("feed", "feed/f1", 1, level="late"),
        ),
        bench.look(due - 3 * DAY),
        bench.take(told("feed", "feed/f1", 2, level="cleared"), at=due - 2 * DAY),
        bench.look(due),
        bench.look(AT + 30 * DAY),
        bench.take(told("cycle", "course/C2", 2, **cycle | {"state": "closed"}), at=AT + 31 * DAY),
        bench.take(
            told("cycle_step", "course/C3", 1, state="open", due_at=later), at=AT + 32 * DAY
        ),
        bench.look(AT + 41 * DAY),
        bench.look(AT + 42 * DAY),
        bench.take(told("cycle_step", "course/C3", 2, state="closed"), at=AT + 43 * DAY),
    ]

    raised, settled = [("raised", "yellow")], [("settled", "yellow")]
    assert said == [raised, raised, settled, settled, raised, settled, [], [], raised, settled]
    assert [alert.rule for step, alert in bench.steps if step is Step.RAISED] == [
        "rule/feed",
        "rule/task",
        "rule/cycle",
        "rule/step",
    ]


@pytest.mark.parametrize(
    ("executed", "progress", "warned"),
    [
        (None, "0", []),
        ("0.6", "0.5", []),
        ("0.6001", "0.5", ["over"]),
        ("1", "1", []),
        ("1.0001", "1", ["over"]),
        ("0.5999", "0.9", ["unspent"]),
    ],
)
def test_the_money_of_a_task_is_held_against_its_progress_and_its_end(
    executed: str | None, progress: str, warned: list[str]
) -> None:
    due = (AT + 30 * DAY).isoformat()
    over = rule({"is": "task", "overspent": True}, "over")
    unspent = {"is": "task", "due_within_days": 30, "executed_below": "0.6"}
    bench = Bench(rules=[over, rule(unspent, "unspent")])
    said = {"state": "in_progress", "kind": "plan", "progress": progress, "executed": executed}
    said |= {"due_at": due}

    bench.take(Signal("task", "", "course/C1", "day:2026-12-03", "t1", 1, AT, said=said))

    raised = [alert.rule for step, alert in bench.steps if step is Step.RAISED]
    assert raised == [f"rule/{each}" for each in warned]


def test_a_rule_is_about_the_scopes_that_it_names() -> None:
    chosen = {"kind": "course", "within": ["major/M1"], "tags": ["core"], "but": ["course/C3"]}
    core = frozenset({"core"})
    above = frozenset({"major/M1"})
    places = {
        "course/C1": Place(above, core),
        "course/C2": Place(above, frozenset()),
        "course/C3": Place(above, core),
        "course/C4": Place(frozenset(), core),
    }
    bench = Bench(rules=[rule(scopes=chosen, periods=["term"])], places=places)

    bench.take(*(measured(1, "0.1", scope) for scope in places))
    bench.take(measured(1, "0.1", period="year:2026"), measured(1, "0.1", "teacher/C1"))

    assert {alert.scope for alert in bench.open_alerts.values()} == {"course/C1"}


def test_deviation_is_told_in_the_spread_of_the_others() -> None:
    others = [Decimal(each) for each in (2, 4, 4, 4, 5, 5, 7, 9)]

    assert deviation(Decimal(9), others, by_median=False) == pytest.approx(2.0)
    assert deviation(Decimal(9), others, by_median=True) == pytest.approx(4.5 / (1.4826 * 0.5))
    assert deviation(Decimal(5), [Decimal(4)] * 5, by_median=True) == float("inf")


VALUES = st.sampled_from(["0.3", "0.5", "0.75", "0.79", "0.8", "0.81", "0.83", "0.9", None])
HISTORY = st.lists(VALUES, min_size=1, max_size=KEPT // 2)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Signal], list[list[Signal]]]:
    """Return signals of two courses in order, and as they may come: late, twice, in batches."""
    in_order = [
        measured(seq, value, scope)
        for scope in ("course/C1", "course/C2")
        for seq, value in enumerate(draw(HISTORY), start=1)
    ]
    again = draw(st.lists(st.sampled_from(in_order), max_size=4))
    mixed = draw(st.permutations([*in_order, *again]))
    size = draw(st.integers(1, 6))
    return in_order, [list(mixed[at : at + size]) for at in range(0, len(mixed), size)]


@settings(max_examples=300, deadline=None)
@given(
    told=arrivals(),
    times=st.integers(1, 3),
    margin=st.sampled_from(["0", "0.02"]),
    least=st.sampled_from([{}, {"n": 200}]),
)
def test_whatever_order_values_come_in_the_same_alerts_are_open(
    told: tuple[list[Signal], list[list[Signal]]], times: int, margin: str, least: dict[str, int]
) -> None:
    in_order, batches = told
    ladder = [{"severity": "red", "when": LOW | {"value": "0.5"}}]
    given_rule = rule(times=times, margin=margin, ladder=ladder, least=least)

    ordered = hear_all(Bench(rules=[given_rule]), ([each] for each in in_order))
    mixed = hear_all(Bench(rules=[given_rule]), batches)

    assert mixed.stand() == ordered.stand()
    for bench in (ordered, mixed):
        _assert_one_at_a_time(bench)


@st.composite
def terms(draw: st.DrawFn) -> list[Signal]:
    """Return values of four courses in three terms, in some order."""
    numbers = st.integers(50, 100)
    told = [
        measured(place + 1, str(draw(numbers)), f"course/C{course}", period)
        for course in range(4)
        for place, period in enumerate((*BEFORE, TERM))
    ]
    return list(draw(st.permutations(told)))


WIDE = [
    rule({"is": "trend", "indicator": "rate", "way": "falling", "times": 2}, "trend"),
    rule({"is": "change", "indicator": "rate", "op": "<", "value": "-0.2", "relative": True}, "c"),
    rule({"is": "deviation", "indicator": "rate", "among": "group", "beyond": "1.5", "least": 3,
          "measure": "z"}, "group"),
    rule({"is": "deviation", "indicator": "rate", "among": "own", "beyond": "1", "least": 3}, "o"),
    rule({"is": "any", "of": [LOW | {"value": "60"}, LOW | {"value": "80", "periods": 3}]}, "any"),
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(told=terms())
def test_what_compares_with_others_and_with_the_past_does_not_depend_on_the_order(
    told: list[Signal],
) -> None:
    in_order = sorted(told, key=lambda each: (each.seq, each.scope))

    together = hear_all(Bench(rules=WIDE), [in_order])
    apart = hear_all(Bench(rules=WIDE), ([each] for each in told))

    assert apart.stand() == together.stand()
    _assert_one_at_a_time(apart)


def _assert_one_at_a_time(bench: Bench) -> None:
    """Fail where an alert was raised in a cell that had an open one."""
    running: set[str] = set()
    for step, alert in bench.steps:
        if step is Step.RAISED:
            assert alert.cell not in running
            running.add(alert.cell)
        elif step is Step.SETTLED:
            running.remove(alert.cell)
    assert running == set(bench.open_alerts)


def test_a_rule_tried_on_history_does_what_it_would_have_done() -> None:
    heard = [
        measured(seq, value, at=AT + seq * DAY)
        for seq, value in enumerate(["0.7", "0.9", "0.6", "0.5", "0.9", "0.7"], start=1)
    ]

    trial = try_rule(rule(lasting_hours=30), heard, {}, CLOCKS, AT + 30 * DAY)

    spans = [
        ((each.raised_at - AT).days, each.settled and (each.settled.at - AT).days)
        for each in trial.alerts.values()
    ]
    assert (trial.signals, spans) == (6, [(4, 5), (7, None)])


@settings(max_examples=60)
@given(st.lists(st.integers(-9, 9), min_size=3, max_size=14), st.integers(-9, 9))
def test_a_crowd_tells_of_each_what_going_through_the_others_tells(
    numbers: list[int], apart: int
) -> None:
    known = {f"c{place}": Decimal(each) / 10 for place, each in enumerate(numbers)}
    crowd = Crowd(known)
    asked = [*known.items(), ("stranger", Decimal(apart) / 10)]
    for (name, value), by_median in product(asked, (True, False)):
        others = [each for other, each in known.items() if other != name]
        wanted = deviation(value, others, by_median=by_median)
        found = crowd.deviation(name, value, by_median=by_median)
        assert found == pytest.approx(wanted, abs=1e-6) or min(abs(found), abs(wanted)) > 1e6


def test_a_group_of_thousands_is_judged_whole_in_a_moment() -> None:
    apart = {"is": "deviation", "indicator": "rate", "among": "group", "beyond": "4"}
    bench = Bench(rules=[rule(apart, scopes={"kind": "student"})])
    values = [measured(1, f"0.{80 + place % 7}", f"student/S{place}") for place in range(3_000)]
    bench.hear(AT, values)
    began = time.process_time()

    assert bench.take(measured(2, "0.10", "student/S7")) == [("raised", "yellow")]
    assert time.process_time() - began < 2


def test_of_welfare_the_office_for_students_answers_where_nobody_is_named() -> None:
    nobody = Owners(of_scopes={}, above={}, gone=())
    owners = [
        nobody(
            Ruling(
                compile_rule(rule(family=family, scopes={"kind": "student"})),
                CellKey("low", "student/S1", TERM),
                *(Severity.BLUE, None, None, None, False),
            )
        )
        for family in ("welfare", "attendance")
    ]

    assert owners == ["role/student_affairs", "role/qa_office"]
    assert [person_of(each, None) for each in ("body/B1", "unit/U1")] == ["role/qa_office"] * 2
