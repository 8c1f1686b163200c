"""Rules of cycles (诊改周期)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from spiral_service.domain.cycle import (
    Cycle,
    CyclePinnedError,
    CycleTakenError,
    check_free,
    check_same,
    cycle_for,
)

OPENED = datetime(2026, 9, 1, tzinfo=UTC)
TERM = Cycle(
    key="C-term",
    version=1,
    scope="course/C0001",
    period="term:2026-2027-1",
    definition="figure_eight",
    definition_version=1,
    step="goal",
    state="open",
    opened_at=OPENED,
    entered_at=OPENED,
)
RULE = replace(
    TERM,
    key="C-rule",
    definition="course_timely_diagnosis",
    track="course_timely_diagnosis",
    opened_at=OPENED + timedelta(days=2),
)
YEAR = replace(TERM, key="C-year", period="ayear:2026-2027", opened_at=OPENED + timedelta(days=1))


def test_a_cycle_keeps_what_it_was_opened_with() -> None:
    check_same(TERM, scope=TERM.scope, period=TERM.period, definition=None, version=None)
    with pytest.raises(CyclePinnedError) as refusal:
        check_same(TERM, scope="course/C2", period=TERM.period, definition=None, version=2)

    assert refusal.value.fields == {
        "$.scope": ["现为 course/C0001，不是 course/C2 (it is course/C0001, not course/C2)"],
        "$.definition_version": ["现为 1，不是 2 (it is 1, not 2)"],
    }


def test_one_scope_and_period_has_one_open_cycle() -> None:
    check_free(None)
    with pytest.raises(CycleTakenError, match="cycle C-term of course/C0001 is open"):
        check_free(TERM)


@pytest.mark.parametrize(
    ("period", "cycles", "expected"),
    [
        ("term:2026-2027-1", [TERM, YEAR], "C-term"),
        ("week:2026-2027-1/13", [TERM, YEAR], "C-year"),
        ("week:2026-2027-1/13", [TERM], "C-term"),
        ("term:2026-2027-1", [], None),
        ("term:2026-2027-1", [TERM, RULE], "C-term"),
        ("week:2026-2027-1/13", [TERM, RULE], "C-term"),
        ("term:2026-2027-1", [YEAR, RULE], "C-rule"),
    ],
)
def test_a_correction_belongs_to_the_cycle_of_its_period_else_to_the_newest(
    period: str, cycles: list[Cycle], expected: str | None
) -> None:
    assert cycle_for(period, cycles) == expected
