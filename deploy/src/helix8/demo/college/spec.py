"""What the invented college is told from outside: its name, its term, the day of the data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

_LEAST_WEEKS = 4


@dataclass(frozen=True, slots=True)
class CollegeSpec:
    """The parameters of the generator; the same parameters give the same bytes.

    ``as_of`` is the day the data end with. ``starts_on`` and ``ends_on`` are the first and the
    last day of the term, ``teaching_weeks`` counts from the week of the first day. ``dirty`` is the
    share of rows that no feed can read.
    """

    school_code: str
    name: str
    name_en: str
    national_id: str
    seed: int
    academic_year: int
    term_code: int
    starts_on: date
    ends_on: date
    teaching_weeks: int
    as_of: date
    students: int = 3000
    dirty: Decimal = Decimal("0.005")

    @classmethod
    def from_table(cls, table: Mapping[str, object], as_of: date) -> "CollegeSpec":
        """Read the table ``college`` of college.toml."""
        starts_on, ends_on = table["starts_on"], table["ends_on"]
        if not isinstance(starts_on, date) or not isinstance(ends_on, date):
            raise TypeError("starts_on and ends_on must be dates")
        return cls(
            school_code=str(table["school_code"]),
            name=str(table["name"]),
            name_en=str(table["name_en"]),
            national_id=str(table["national_id"]),
            seed=int(str(table["seed"])),
            academic_year=int(str(table["academic_year"])),
            term_code=int(str(table["term_code"])),
            starts_on=starts_on,
            ends_on=ends_on,
            teaching_weeks=int(str(table["teaching_weeks"])),
            as_of=as_of,
        )

    @property
    def term(self) -> str:
        """Return the key of the term, such as 2026-2027-1."""
        return f"{self.academic_year}-{self.academic_year + 1}-{self.term_code}"

    @property
    def first_monday(self) -> date:
        """Return the Monday of the first teaching week."""
        return self.starts_on - timedelta(days=self.starts_on.weekday())

    @property
    def data_day(self) -> date:
        """Return the last day that has data.

        Not after the teaching weeks; and not before the fourth week, because a college that has
        not held a lesson has nothing to show.
        """
        return min(max(self.as_of, self.first_day), self.last_day)

    @property
    def first_day(self) -> date:
        """Return the first day the college has enough to show."""
        return self.first_monday + timedelta(weeks=_LEAST_WEEKS, days=-3)

    @property
    def last_day(self) -> date:
        """Return the last day of teaching."""
        return self.first_monday + timedelta(weeks=self.teaching_weeks, days=-3)


def dice(seed: int, *parts: object) -> Random:
    """Return a random source of its own for one part of the data.

    A part never shifts because another one draws more: each is seeded by its own name.
    """
    return Random(":".join(str(part) for part in (seed, *parts)))  # noqa: S311 (invented data)
