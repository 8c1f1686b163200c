"""Rules of a sheet: periods, circles, pace, money, and how text is fitted; exact."""

from datetime import date
from decimal import Decimal

import pytest

from target_service.domain.pace import pace_of
from target_service.domain.sheets.circles import circles_of, lamps_of
from target_service.domain.sheets.document import Circle, Lamp
from target_service.domain.sheets.measuring import fit, width_of, wrap
from target_service.domain.sheets.periods import choose_periods, position_of

YEAR = choose_periods(date(2026, 1, 1), date(2026, 12, 31))[1]


@pytest.mark.parametrize(
    ("first", "last", "kind", "count", "label"),
    [
        ("2026-11-26", "2026-11-26", "week", 1, "11.23"),
        ("2026-03-02", "2026-06-21", "week", 16, "03.02"),
        ("2026-03-02", "2026-06-22", "month", 4, "2026.03"),
        ("2026-01-15", "2027-12-01", "month", 24, "2026.01"),
        ("2026-01-15", "2028-01-01", "quarter", 9, "2026Q1"),
        ("2021-01-01", "2026-12-31", "quarter", 24, "2021Q1"),
        ("2021-01-01", "2027-01-01", "year", 7, "2021"),
        ("2001-01-01", "2030-12-31", "years", 15, "2001"),
    ],
)
def test_periods_choose_themselves_to_fit(
    first: str, last: str, kind: str, count: int, label: str
) -> None:
    found, periods = choose_periods(date.fromisoformat(first), date.fromisoformat(last))

    assert (found, len(periods), periods[0].label) == (kind, count, label)
    assert periods[-1].ends_on >= date.fromisoformat(last)


def test_the_morning_of_a_day_lies_within_its_period_by_days() -> None:
    assert position_of(date(2026, 1, 1), YEAR) == 0
    assert position_of(date(2026, 4, 16), YEAR) == 3.5
    assert position_of(date(2027, 1, 1), YEAR) is None


@pytest.mark.parametrize(
    ("progress", "fills"),
    [
        ("0", "empty empty empty empty"),
        ("0.1", "part empty empty empty"),
        ("0.25", "full empty empty empty"),
        ("0.26", "full part empty empty"),
        ("0.99", "full full full part"),
        ("1", "full full full full"),
    ],
)
def test_progress_fills_circles_from_the_left(progress: str, fills: str) -> None:
    span = (date(2026, 3, 10), date(2026, 6, 2))
    found = circles_of(span, Decimal(progress), None, date(2026, 1, 1), YEAR)

    assert [each.period for each in found] == [2, 3, 4, 5]
    assert " ".join(each.fill for each in found) == fills
    assert not any(each.is_late for each in found)


def test_a_circle_is_late_from_the_day_after_it_should_be_full() -> None:
    span = (date(2026, 3, 10), date(2026, 5, 20))

    def late(day: date) -> list[bool]:
        return [each.is_late for each in circles_of(span, Decimal("0.34"), None, day, YEAR)]

    assert late(date(2026, 4, 30)) == [False, False, False]
    assert late(date(2026, 5, 1)) == [False, True, False]
    assert late(date(2026, 5, 20)) == [False, True, False]
    assert late(date(2026, 5, 21)) == [False, True, True]


def test_what_was_done_after_its_end_has_a_late_circle_more() -> None:
    span, done = (date(2026, 3, 1), date(2026, 3, 31)), date(2026, 5, 4)

    found = circles_of(span, Decimal(1), done, date(2026, 6, 1), YEAR)

    assert found == (Circle(2, "full", is_late=False), Circle(4, "full", is_late=True))


def test_the_last_light_of_a_period_stands() -> None:
    lights = [(date(2026, 5, 9), "red"), (date(2026, 5, 2), "green"), (date(2026, 7, 1), "yellow")]

    assert lamps_of(lights, YEAR) == (Lamp(4, "red"), Lamp(6, "yellow"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "progress", "planned", "behind"),
    [
        ("2026-02-28", "0", "0", False),
        ("2026-03-01", "0", "0.1", False),
        ("2026-03-02", "0.0999", "0.2", True),
        ("2026-03-02", "0.1", "0.2", False),
        ("2026-03-10", "0.9", "1", False),
        ("2026-04-01", "0.89", "1", True),
        ("2026-04-01", "1", "1", False),
    ],
)
def test_pace_is_progress_held_against_the_calendar(
    day: str, progress: str, planned: str, *, behind: bool
) -> None:
    span = (date(2026, 3, 1), date(2026, 3, 10))
    pace = pace_of(span, Decimal(progress), (None, Decimal(0)), date.fromisoformat(day))

    assert (pace.planned, pace.is_behind) == (Decimal(planned), behind)
    assert pace.gap == Decimal(progress) - Decimal(planned)


@pytest.mark.parametrize(
    ("budget", "spent", "executed", "over"),
    [
        ("1000", "600", "0.6", False),
        ("1000", "601", "0.601", True),
        ("1000", "1001", "1.001", True),
        (None, "0", None, False),
        (None, "1", None, True),
        ("0", "1", None, True),
    ],
)
def test_money_is_held_against_progress(
    budget: str | None, spent: str, executed: str | None, *, over: bool
) -> None:
    money = (None if budget is None else Decimal(budget), Decimal(spent))
    pace = pace_of((None, None), Decimal("0.5"), money, date(2026, 11, 26))

    assert pace.executed == (None if executed is None else Decimal(executed))
    assert pace.is_overspent is over


def test_an_ideograph_is_as_wide_as_its_size_and_a_letter_narrower() -> None:
    assert width_of("诊改", 10) == 20
    assert width_of("ab", 10) == pytest.approx(11.6)


def test_a_text_is_broken_between_words_and_no_line_begins_with_a_stop() -> None:
    assert wrap("目标，标准。", 30, 10) == ["目标，", "标准。"]
    assert wrap("目标链，标准", 30, 10) == ["目标", "链，标", "准"]
    assert wrap("one two", 25, 10) == ["one", "two"]


def test_what_has_no_room_in_the_smallest_size_ends_in_an_ellipsis() -> None:
    whole = fit("目标链", (30, 12), 1, (10, 6))
    smaller = fit("目标链与标准", (36, 12), 1, (10, 6))
    cut = fit("目标链与标准链", (36, 12), 1, (10, 6))

    assert (whole.size, whole.lines) == (10, ("目标链",))
    assert (smaller.size, smaller.lines) == (6, ("目标链与标准",))
    assert (cut.size, cut.lines, cut.is_cut) == (6, ("目标链与标…",), True)
