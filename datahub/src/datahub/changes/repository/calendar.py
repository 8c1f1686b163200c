"""The school calendar: read from the records, and told as a whole when it has changed."""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from shared.calendar import Calendar, weeks_of
from shared.calendar.table import read_calendar, save_calendar
from shared.contracts.base import Model
from shared.contracts.datahub import CalendarChanged
from shared.contracts.school_calendar import (
    AcademicYear,
    Holiday,
    MakeUpDay,
    SchoolCalendar,
    Term,
    WorkingHours,
)
from shared.kit.database import Transaction
from shared.kit.sql import text

ENTITIES: Final = frozenset({"academic_year", "term", "calendar_day", "working_hours"})
"""Whose records the calendar is made of."""

LONGEST: Final = timedelta(days=2 * 366)
"""No term or academic year lasts longer. An end that means “none” (9999-12-31) or a slip of a digit
would make weeks without end, which no message holds. Source: our default."""

LAST: Final = date(9998, 12, 31)
"""Behind it lies no week that a calendar could still name."""

Row = Mapping[str, Any]
"""What a record says, by field."""

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class Warned(Model):
    """What is missing in the calendar, or was left out of it."""

    code: str
    zh: str
    en: str


async def publish_calendar(tx: Transaction, last_seq: int) -> None:
    """Tell the calendar if it is not as it was told."""
    told = (await read_calendar(tx)).told
    found, _ = await build_calendar(tx)
    if found == told.model_copy(update={"seq": 0}):
        return
    newer = found.model_copy(update={"seq": max(last_seq, told.seq + 1)})
    await save_calendar(tx, newer)
    tx.publish(CalendarChanged(**dict(newer)), key="calendar", subject="calendar")


async def build_calendar(tx: Transaction) -> tuple[SchoolCalendar, list[Warned]]:
    """Return the calendar as the records make it, and what they lack."""
    terms = await _rows(
        tx, "term", "term, academic_year, starts_on, ends_on, exams_start_on, teaching_weeks"
    )
    rows = await _rows(tx, "academic_year", "academic_year, starts_on, ends_on")
    terms, odd_terms = _parted(terms, _is_period)
    rows, odd_years = _parted(rows, _is_period)
    days = await _rows(tx, "calendar_day", "date, kind, name, name_en, follows_on, basis")
    hours = await _rows(tx, "working_hours", "weekday, opens_at, closes_at, valid_from, valid_to")
    good, bad = _parted(hours, _is_stretch)
    told_terms = [_term(each) for each in terms]
    weeks = [
        week
        for each, term in zip(terms, told_terms, strict=True)
        for week in weeks_of(term, each["teaching_weeks"])
    ]
    calendar = SchoolCalendar(
        years=tuple(_years(rows, told_terms)),
        terms=tuple(told_terms),
        weeks=tuple(weeks),
        holidays=tuple(_holiday(each) for each in days if each["kind"] == "holiday"),
        makeup_days=tuple(_makeup(each) for each in days if each["kind"] == "makeup"),
        working_hours=tuple(_stretch(each) for each in good),
    )
    warnings = [_odd(each["term"], each) for each in odd_terms]
    warnings += [_odd(each["academic_year"], each) for each in odd_years]
    return calendar, [*warnings, *_warnings(calendar, bad)]


async def list_warnings(tx: Transaction, today: date) -> list[Warned]:
    """Return what the calendar lacks, for the records and for a day."""
    calendar, found = await build_calendar(tx)
    if not Calendar(calendar).covers(today):
        found.append(
            Warned(
                code="year-missing",
                zh=f"没有 {today} 所在学年的校历：星期一至五都算工作日，放假与调休未知",
                en=f"the academic year of {today} is not in the calendar: every weekday counts,"
                " holidays and make-up days are unknown",
            )
        )
    return found


async def _rows(tx: Transaction, entity: str, columns: str) -> list[Row]:
    found = await tx.session.execute(
        text(f"SELECT {columns} FROM record_{entity} WHERE deleted_at IS NULL ORDER BY key")
    )
    return [dict(row) for row in found.mappings()]


def _parted(rows: list[Row], is_good: Callable[[Row], bool]) -> tuple[list[Row], list[Row]]:
    """Return what the calendar is made of, and what is left out of it."""
    good = [each for each in rows if is_good(each)]
    return good, [each for each in rows if each not in good]


def _is_period(row: Row) -> bool:
    starts, ends = row["starts_on"], row["ends_on"]
    return bool(starts <= ends <= LAST and ends - starts <= LONGEST)


def _years(rows: list[Row], terms: list[Term]) -> list[AcademicYear]:
    """Return the academic years; of one without a record, from its first term to its last."""
    found = {
        row["academic_year"]: AcademicYear(
            year=row["academic_year"], starts_on=row["starts_on"], ends_on=row["ends_on"]
        )
        for row in rows
    }
    for year in {each.year for each in terms} - found.keys():
        own = [each for each in terms if each.year == year]
        found[year] = AcademicYear(
            year=year,
            starts_on=min(each.starts_on for each in own),
            ends_on=max(each.ends_on for each in own),
        )
    return [found[year] for year in sorted(found)]


def _term(row: Row) -> Term:
    return Term(
        term=row["term"],
        year=row["academic_year"] or row["term"].rpartition("-")[0],
        starts_on=row["starts_on"],
        ends_on=row["ends_on"],
        exams_start_on=row["exams_start_on"],
    )


def _holiday(row: Row) -> Holiday:
    return Holiday(
        on=row["date"], name_zh=row["name"] or "放假", name_en=row["name_en"], basis=row["basis"]
    )


def _makeup(row: Row) -> MakeUpDay:
    return MakeUpDay(
        on=row["date"],
        name_zh=row["name"] or "调休上班",
        name_en=row["name_en"],
        basis=row["basis"],
        follows=row["follows_on"],
    )


def _is_stretch(row: Row) -> bool:
    opens, closes = row["opens_at"], row["closes_at"]
    are_clocks = all(_CLOCK.fullmatch(each or "") for each in (opens, closes))
    return are_clocks and bool(opens < closes)


def _stretch(row: Row) -> WorkingHours:
    return WorkingHours(
        weekday=row["weekday"],
        opens=row["opens_at"],
        closes=row["closes_at"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
    )


def _odd(name: str, row: Row) -> Warned:
    starts, ends = row["starts_on"], row["ends_on"]
    if starts <= ends:
        return Warned(
            code="dates-too-far",
            zh=f"{name} 从 {starts} 到 {ends}，长于两年或超出历法：校历未用它，请在源系统改正",
            en=f"{name} lasts from {starts} to {ends}, longer than two years or beyond every"
            " calendar: it is left out; mend it in its source system",
        )
    return Warned(
        code="dates-backward",
        zh=f"{name} 的结束日期 {ends} 早于开始日期 {starts}：校历未用它，请在源系统改正",
        en=f"{name} ends on {ends}, before it starts on {starts}: it is left out of the calendar;"
        " mend it in its source system",
    )


def _warnings(calendar: SchoolCalendar, bad: list[Row]) -> list[Warned]:
    found = [
        Warned(
            code="hours-unreadable",
            zh=f"星期 {each['weekday']} 的作息 {each['opens_at']}–{each['closes_at']} 须写作时:分，"
            "且起早于止",
            en=f"working hours {each['opens_at']}–{each['closes_at']} of weekday {each['weekday']}:"
            " hh:mm, the first before the second",
        )
        for each in bad
    ]
    if not calendar.working_hours:
        found.append(
            Warned(
                code="hours-missing",
                zh="没有作息时间：按星期一至五 08:00–12:00、14:00–18:00",
                en="no working hours: Monday to Friday, 08:00-12:00 and 14:00-18:00, are assumed",
            )
        )
    return found + _unknown_days(calendar)


def _unknown_days(calendar: SchoolCalendar) -> list[Warned]:
    """Warn of calendar years that the academic years reach into, and whose free days are unknown.

    The state orders both for each calendar year.
    """
    years = {
        year
        for each in calendar.years
        for year in range(each.starts_on.year, each.ends_on.year + 1)
    }
    no_holidays = sorted(years - {each.on.year for each in calendar.holidays})
    no_makeup = sorted(years - {each.on.year for each in calendar.makeup_days} - {*no_holidays})
    found = [
        Warned(
            code="holidays-missing",
            zh=f"{year} 年没有放假安排：星期一至五都算工作日；请送入 calendar_day",
            en=f"no holidays of {year}: every weekday counts; send them as calendar_day",
        )
        for year in no_holidays
    ]
    found += [
        Warned(
            code="makeup-days-missing",
            zh=f"{year} 年有放假而没有调休上班日：周末都不算工作日；若有调休，请送入 calendar_day",
            en=f"holidays of {year}, but no make-up days: no weekend counts; send them, if there"
            " are any, as calendar_day",
        )
        for year in no_makeup
    ]
    return found
