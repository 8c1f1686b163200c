"""The lint of a training plan (人才培养方案): hours, practice, public basics, electives, credits.

Source: 教职成〔2019〕13号《教育部关于职业院校专业人才培养方案制订与实施工作的指导意见》, the shares
(practice at least half of the hours, public basic courses at least a quarter, electives at least a
tenth). From memory, to be checked against the text: at least 2,500 hours in three years of a higher
vocational college, 16 to 18 hours a credit. A plan of two years owes two thirds of the hours (our
default).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from target_service.domain.limits import write_number
from target_service.domain.units import Faults

SOURCE: Final = "教职成〔2019〕13号"
HOURS_A_YEAR: Final = Fraction(2500, 3)
PRACTICE: Final = Fraction(1, 2)
PUBLIC_BASIC: Final = Fraction(1, 4)
ELECTIVE: Final = Fraction(1, 10)
HOURS_A_CREDIT: Final = (Decimal(16), Decimal(18))


class Nature(StrEnum):
    """What a course is in a plan (课程性质)."""

    PUBLIC_BASIC = "public_basic"
    """公共基础课"""

    MAJOR_BASIC = "major_basic"
    """专业基础课"""

    MAJOR_CORE = "major_core"
    """专业核心课"""

    MAJOR_EXTENSION = "major_extension"
    """专业拓展课"""

    PRACTICE = "practice"
    """集中实践：实习、实训、毕业设计"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCourse:
    """A course in the table of a plan."""

    code: str
    hours: Decimal
    practice_hours: Decimal
    credits: Decimal | None
    nature: Nature
    elective: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a plan does not keep."""

    rule: str
    path: str
    zh: str
    en: str
    source: str

    @property
    def reason(self) -> str:
        """As one line, with where the rule comes from."""
        return f"{self.zh} ({self.en}) [{self.source}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFigures:
    """What the rules are held against; shares are of all hours."""

    hours: Decimal
    practice: Fraction
    public_basic: Fraction
    elective: Fraction


def figures_of(courses: Sequence[PlannedCourse]) -> PlanFigures:
    """Return the figures of a plan; courses are not empty and have hours."""
    hours = _hours(courses)
    practice = sum((each.practice_hours for each in courses), Decimal(0))
    public = _hours([each for each in courses if each.nature is Nature.PUBLIC_BASIC])
    elective = _hours([each for each in courses if each.elective])
    return PlanFigures(
        hours=hours,
        practice=Fraction(practice) / Fraction(hours),
        public_basic=Fraction(public) / Fraction(hours),
        elective=Fraction(elective) / Fraction(hours),
    )


def lint(courses: Sequence[PlannedCourse], years: int) -> list[Finding]:
    """Return what a plan does not keep, in the order of the rules."""
    figures = figures_of(courses)
    found = [
        _too_few_hours(figures.hours, years),
        _too_small("practice", figures.practice, PRACTICE, ("实践性教学学时", "practice hours")),
        _too_small(
            "public-basic",
            figures.public_basic,
            PUBLIC_BASIC,
            ("公共基础课学时", "hours of public basic courses"),
        ),
        _too_small("electives", figures.elective, ELECTIVE, ("选修课学时", "hours of electives")),
    ]
    found += [_odd_credits(place, each) for place, each in enumerate(courses)]
    return [each for each in found if each]


def faults_of_courses(courses: Sequence[PlannedCourse]) -> Faults:
    """Return what is wrong in the table itself, by JSON path."""
    codes = Counter(each.code for each in courses)
    found: Faults = []
    for place, each in enumerate(courses):
        path = f"$.plan.courses[{place}]"
        if codes[each.code] > 1:
            reason = f"课程 {each.code} 出现不止一次：合为一行 (a course twice: join the rows)"
            found.append((f"{path}.code", reason))
        if each.practice_hours > each.hours:
            reason = (
                f"实践学时 {write_number(each.practice_hours)} 多于总学时"
                f" {write_number(each.hours)} (more hours of practice than hours)"
            )
            found.append((f"{path}.practice_hours", reason))
    return found


def _hours(courses: Sequence[PlannedCourse]) -> Decimal:
    return sum((each.hours for each in courses), Decimal(0))


def _too_few_hours(hours: Decimal, years: int) -> Finding | None:
    least = HOURS_A_YEAR * years
    if hours >= least:
        return None
    told = write_number(hours)
    return Finding(
        rule="hours",
        path="$.plan.courses",
        zh=f"{years} 年总学时 {told}，须不少于 {-(-least // 1)}",
        en=f"{told} hours in {years} years, at least {-(-least // 1)} are owed",
        source=f"{SOURCE}，凭记忆，待核对 (from memory, to be checked)",
    )


def _too_small(
    rule: str, share: Fraction, least: Fraction, words: tuple[str, str]
) -> Finding | None:
    if share >= least:
        return None
    told, owed = _percent(share), _percent(least)
    return Finding(
        rule=rule,
        path="$.plan.courses",
        zh=f"{words[0]}占 {told}，须不少于 {owed}",
        en=f"{words[1]} are {told} of all, at least {owed} are owed",
        source=SOURCE,
    )


def _percent(share: Fraction) -> str:
    """Return a share in percent, cut and not rounded: what misses a line never reads as met."""
    return f"{write_number(Decimal(share * 10000 // 1) / 100)} %"


def _odd_credits(place: int, course: PlannedCourse) -> Finding | None:
    least, most = HOURS_A_CREDIT
    # Weeks of practice are counted otherwise: the rule is about courses in class.
    if not course.credits or course.nature is Nature.PRACTICE:
        return None
    if least * course.credits <= course.hours <= most * course.credits:
        return None
    told = f"{write_number(course.hours)} ÷ {write_number(course.credits)}"
    return Finding(
        rule="credits",
        path=f"$.plan.courses[{place}].credits",
        zh=f"课程 {course.code} 每学分学时为 {told}，一般为 {least}–{most}",
        en=f"{course.code} has {told} hours a credit, usually {least} to {most}",
        source=f"{SOURCE}，凭记忆，待核对 (from memory, to be checked)",
    )
