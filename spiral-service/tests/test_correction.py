"""Corrections (纠偏) follow the facts about their alert, in whatever order they come."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from uuid import UUID

import pytest

from shared.contracts.vocabulary import ClosedHow, CrossedLine, LineKind, Operator, Severity
from spiral_service.domain.correction import (
    AlertNews,
    Correction,
    attach,
    difference,
    hear,
    open_correction,
)

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
