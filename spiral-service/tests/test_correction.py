"""Corrections (纠偏) follow the facts about their alert, in whatever order they come."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.causes import Cause
from shared.contracts.vocabulary import ClosedHow, CrossedLine, LineKind, Operator, Severity, State
from spiral_service.domain import correcting
from spiral_service.domain.correcting import OwnWorkError, Rights
from spiral_service.domain.correction import (
    AlertNews,
    Correction,
    Plan,
    Remeasured,
    Verdict,
    attach,
    difference,
    hear,
    is_effective,
    open_correction,
    remeasure,
)
from spiral_service.domain.standing import Actor
from spiral_service.usecases.corrections.telling import link_of

RAISED = AlertNews(
    what="raised",
    alert="A1",
    version=1,
    scope="class/AAA-2013J",
    period="term:2013-2014-1",
    severity=Severity.YELLOW,
    indicator="withdrawn_rate",
    title="退学率",
    owner="T001",
    crossed=CrossedLine(LineKind.STANDARD, Operator.LE, "0.25"),
    worst=None,
    value="0.311688",
    raised_at=datetime(2026, 11, 23, 8, tzinfo=UTC),
    due_at=None,
    at=datetime(2026, 11, 23, 8, tzinfo=UTC),
)
MERGED = replace(RAISED, what="merged", version=2, severity=Severity.RED, value="0.42")
SETTLED = replace(
    RAISED,
    what="settled",
    version=3,
    severity=Severity.RED,
    value="0.2",
    how="recovered",
    at=datetime(2026, 11, 24, 8, tzinfo=UTC),
)


def after(*news: AlertNews) -> Correction:
    correction = open_correction(UUID(int=1), news[0], "C1")
    for each in news:
        correction = hear(correction, each)
    return correction


def test_an_alert_opens_a_correction_that_merging_updates_and_recovery_closes() -> None:
    opened, merged, closed = after(RAISED), after(RAISED, MERGED), after(RAISED, MERGED, SETTLED)

    assert (opened.version, opened.state, opened.value_before) == (1, "open", "0.311688")
    assert (merged.version, merged.severity, merged.value) == (2, "red", "0.42")
    assert merged.value_before == "0.311688"
    assert (closed.version, closed.state, closed.how) == (3, "closed", "recovered")
    assert (closed.value_after, closed.effect) == ("0.2", "-0.111688")
    assert closed.closed_at == SETTLED.at


@pytest.mark.parametrize("order", list(permutations([RAISED, MERGED, SETTLED])))
def test_the_outcome_does_not_depend_on_the_order_of_the_facts(
    order: tuple[AlertNews, ...],
) -> None:
    told = after(*order, *order)

    assert replace(told, version=3) == after(RAISED, MERGED, SETTLED)


def test_a_fact_heard_twice_changes_nothing() -> None:
    correction = after(RAISED, MERGED)

    assert hear(correction, MERGED) is correction
    assert hear(correction, RAISED) is correction


def test_the_publisher_s_own_effect_is_kept() -> None:
    assert after(RAISED, replace(SETTLED, effect="-0.1117")).effect == "-0.1117"


def test_no_value_gives_no_effect() -> None:
    assert after(RAISED, replace(SETTLED, value=None)).effect is None
    assert difference("0.1", "0.30") == "0.20"
    assert difference("1E+3", "0") == "-1000"


@pytest.mark.parametrize("how", ["line-changed", "withdrawn"])
def test_a_line_that_was_changed_or_withdrawn_closes_it_without_an_effect_in_any_order(
    how: ClosedHow,
) -> None:
    changed = replace(SETTLED, how=how)

    for told in (after(RAISED, changed), after(changed, RAISED)):
        assert (told.state, told.how, told.value_after) == ("closed", how, "0.2")
        assert (told.value_before, told.effect) == ("0.311688", None)


def test_attaching_is_a_version_of_its_own() -> None:
    waiting = open_correction(UUID(int=1), RAISED, None)

    assert attach(waiting, "C9") == replace(waiting, cycle="C9", version=2)


PLAN = Plan(
    cause_text="没有补课",
    measure="每周二晚答疑",
    due_on=date(2026, 12, 20),
    started_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
    back_to=None,
    tasks=(),
    by="person/T001",
    at=datetime(2026, 11, 23, 12, tzinfo=UTC),
)


def planned(*news: AlertNews) -> Correction:
    return correcting.plan(after(*news), Cause.EXECUTION, PLAN)


def measured(value: str, hour: int, seq: int = 1) -> Remeasured:
    at = datetime(2026, 11, 23, hour, tzinfo=UTC)
    return Remeasured(value=value, state=State.MET_STANDARD, at=at, seq=seq)


def test_only_a_value_measured_after_the_work_began_is_one_measured_again() -> None:
    correction = planned(RAISED)

    assert remeasure(correction, measured("0.2", 12)) is correction
    assert remeasure(correction, measured("0.2", 13)).remeasured == measured("0.2", 13)
    assert remeasure(after(RAISED), measured("0.2", 13)) == after(RAISED)


@pytest.mark.parametrize(("value", "expected"), [("0.25", True), ("0.26", False), ("0.32", False)])
def test_an_effect_is_a_better_value_within_its_line(value: str, expected: object) -> None:
    assert is_effective(remeasure(planned(RAISED), measured(value, 13))) is expected


def test_where_no_line_is_known_the_judgement_tells_whether_there_is_an_effect() -> None:
    correction = planned(replace(RAISED, crossed=None))
    missed = replace(measured("0.2", 13), state=State.BELOW_STANDARD)

    assert is_effective(remeasure(correction, measured("0.2", 13)))
    assert not is_effective(remeasure(correction, missed))
    assert not is_effective(correction)


FACTS: list[AlertNews | Remeasured] = [
    MERGED,
    replace(RAISED, what="held", version=3, value="0.24"),
    replace(RAISED, what="reopened", version=4, severity=Severity.ORANGE),
    replace(SETTLED, version=5),
    measured("0.3", 11),
    measured("0.28", 14, 2),
    measured("0.26", 15, 3),
    measured("0.24", 15, 4),
]


def told(start: Correction, facts: Sequence[AlertNews | Remeasured]) -> Correction:
    for each in facts:
        start = hear(start, each) if isinstance(each, AlertNews) else remeasure(start, each)
    return replace(start, version=0)


@settings(max_examples=200)
@given(data=st.data(), chosen=st.sets(st.integers(0, len(FACTS) - 1)))
def test_any_order_and_repetition_of_alerts_and_values_gives_the_state_of_their_order(
    data: st.DataObject, chosen: set[int]
) -> None:
    facts = [FACTS[each] for each in sorted(chosen)]
    shuffled = data.draw(st.permutations(facts + facts))

    assert told(planned(RAISED), shuffled) == told(planned(RAISED), facts)


@given(data=st.data())
def test_what_was_verified_stays_whatever_is_heard_of_its_alert_and_its_value_then(
    data: st.DataObject,
) -> None:
    ready = remeasure(planned(RAISED), measured("0.2", 13))
    verdict = Verdict(is_effective=True, note="", by="person/T9", at=SETTLED.at)
    closed = correcting.close(ready, verdict)

    heard = told(closed, data.draw(st.permutations(FACTS + FACTS)))

    kept = ("state", "how", "value_after", "effect", "closed_at", "verdict", "remeasured")
    assert [getattr(heard, name) for name in kept] == [getattr(closed, name) for name in kept]
    assert (closed.how, closed.effect) == ("verified", "-0.111688")


def test_a_measure_ends_inside_its_cycle_while_the_days_of_that_run() -> None:
    window, last = (date(2026, 2, 1), date(2026, 7, 1)), date(2026, 6, 30)
    correcting.check_dates(last, last, last, window)
    with pytest.raises(correcting.PlanInvalidError) as refusal:
        correcting.check_dates(window[1], last, last, window)

    assert list(refusal.value.fields) == ["$.due_on"]
    # What is still open when they are over is late, not lost.
    correcting.check_dates(date(2026, 7, 8), window[1], window[1], window)


def test_where_no_value_is_judged_the_alert_says_whether_something_is_broken_still() -> None:
    """Of a task, or a step that is late, nothing is measured."""
    late = replace(RAISED, indicator=None, crossed=None, value=None, family="task")
    begun = correcting.plan(open_correction(UUID(int=1), late, "C1"), Cause.EXECUTION, PLAN)
    told = replace(
        late, what="held", version=2, cleared=True, at=PLAN.started_at + timedelta(days=1)
    )
    cleared = hear(begun, told)
    noted = hear(cleared, replace(told, what="acknowledged", version=3, cleared=None))
    broken = hear(noted, replace(told, what="merged", version=4, cleared=False))

    assert [is_effective(each) for each in (begun, cleared, noted, broken)] == [
        False,
        True,
        True,
        False,
    ]
    closed = correcting.close(
        cleared, Verdict(is_effective=True, note="已补办", by="person/T9", at=told.at)
    )
    assert (closed.how, closed.value_after, closed.effect) == ("verified", None, None)
    # A judgement counts more than the word of the alert.
    judged = Remeasured(
        value="0.3", state=State.BELOW_STANDARD, at=PLAN.started_at + timedelta(hours=1), seq=7
    )
    assert remeasure(cleared, judged).remeasured == judged


def test_whoever_handed_some_of_the_evidence_in_does_not_verify_it() -> None:
    handed_in = after(RAISED)
    for who in ("person/T10", "person/T11", "person/T001"):
        handed_in = correcting.hand_in(handed_in, "已走访", [], who, RAISED.at)

    for who in ("person/T10", "person/T11"):
        by = Actor(subject=who, is_everywhere=True, leads=True)
        with pytest.raises(OwnWorkError):
            correcting.check_other(Rights(by=by, owns=False, leads=True), [handed_in])


def test_a_link_holds_whatever_key_a_scope_has() -> None:
    assert link_of("class/(1)-A #2&b") == "/corrections?scope=class/%281%29-A%20%232%26b"
