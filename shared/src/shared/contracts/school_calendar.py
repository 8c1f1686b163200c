"""The school calendar (校历), as the data hub tells it and every service keeps it."""

from datetime import date
from typing import Annotated

from pydantic import Field

from shared.contracts.base import Model


class AcademicYear(Model):
    """An academic year (学年)."""

    year: str
    """``2026-2027``."""

    starts_on: date
    ends_on: date
    """The last day, which still belongs to it."""


class Term(Model):
    """A term (学期)."""

    term: str
    """``2026-2027-1``."""

    year: str
    starts_on: date
    ends_on: date
    """The last day, which still belongs to it."""

    exams_start_on: date | None = None


class TeachingWeek(Model):
    """A week of a term, Monday to Sunday (教学周)."""

    week: str
    """``2026-2027-1/13``."""

    starts_on: date
    ends_on: date
    """Its Sunday."""

    teaching: bool = True
    """False: the term has fewer teaching weeks; exams, for instance."""


class Holiday(Model):
    """A day without work (放假)."""

    on: date
    name_zh: str
    name_en: str | None = None
    basis: str | None = None
    """Who ordered it."""


class MakeUpDay(Model):
    """A day of work that would have been free (调休上班)."""

    on: date
    name_zh: str
    name_en: str | None = None
    basis: str | None = None
    follows: date | None = None
    """The day whose timetable is taught."""


TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["08:00"])]


class WorkingHours(Model):
    """A stretch of a working day, in campus time (作息时间)."""

    weekday: int = Field(ge=1, le=7)
    """1 is Monday."""

    opens: TimeOfDay
    closes: TimeOfDay
    valid_from: date | None = None
    valid_to: date | None = None
    """The first day on which it does not hold any more."""


class SchoolCalendar(Model):
    """The school calendar (校历) as a whole."""

    years: tuple[AcademicYear, ...] = ()
    terms: tuple[Term, ...] = ()
    weeks: tuple[TeachingWeek, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    makeup_days: tuple[MakeUpDay, ...] = ()
    working_hours: tuple[WorkingHours, ...] = ()
    seq: int = 0
    """Of two calendars the larger is the newer; 0 where none was told."""
