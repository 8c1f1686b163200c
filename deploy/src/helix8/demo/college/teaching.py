"""Courses, teaching classes and rosters of the term."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from helix8.demo.college.catalogue import BASICS, ELECTIVES, MAJORS, PUBLIC_COURSES
from helix8.demo.college.people import Group, Student, Teacher
from helix8.demo.college.spec import CollegeSpec, dice

_ELECTIVE_CLASSES, _ELECTIVE_SHARE = 18, 75
"""How many elective classes, and which part of all students takes each."""

_SECTIONS = ("1-2", "3-4", "5-6", "7-8")
_DROP_SHARE = 0.015
_DROP_SHARE_ELECTIVE = 0.07
_MARKED_WEEKS = 4


@dataclass(frozen=True, slots=True)
class Course:
    """A course; ``nature`` is the word of the academic office, ``major`` empty for public ones."""

    code: str
    name: str
    nature: str
    kind: str
    major: str
    unit: str
    owner_no: str

    @property
    def graded(self) -> bool:
        """Say whether the course gives words (优秀, 良好 …) instead of numbers."""
        return self.nature == "公共选修课" or self.kind == "C"


@dataclass(frozen=True, slots=True)
class TeachingClass:
    """A teaching class with its roster; ``teacher_nos`` begins with the one who answers for it.

    ``attends`` is the likelihood that somebody comes, ``level`` the mean of the scores.
    """

    no: str
    name: str
    course: Course
    teacher_nos: tuple[str, ...]
    students: tuple[Student, ...]
    dropped: frozenset[str]
    weekday: int
    sections: str
    attends: float
    level: float

    @property
    def active(self) -> tuple[Student, ...]:
        """Return the students who come to the lessons."""
        return tuple(
            student
            for student in self.students
            if student.no not in self.dropped and not student.suspended
        )


def build_courses(staff: tuple[Teacher, ...]) -> tuple[Course, ...]:
    """Return ten public courses, four for each major and two electives: sixty."""
    public = [person.no for person in staff if person.unit == BASICS]
    plans: list[tuple[str, str, str, str, str, str]] = []
    for index, name in enumerate(PUBLIC_COURSES):
        plans.append((name, "公共基础课", "A", "", BASICS, public[index]))
    for major in MAJORS:
        owners = [person.no for person in staff if person.major == major.code]
        natures = (
            ("专业基础课", "A"),
            ("专业核心课", "B"),
            ("专业核心课", "B"),
            ("专业拓展课", "C"),
        )
        for index, (name, (nature, kind)) in enumerate(zip(major.courses, natures, strict=True)):
            plans.append((name, nature, kind, major.code, major.unit, owners[index]))
    for index, name in enumerate(ELECTIVES):
        plans.append((name, "公共选修课", "A", "", BASICS, public[10 + index]))
    return tuple(
        Course(f"C{number:04d}", name, nature, kind, major, unit, owner)
        for number, (name, nature, kind, major, unit, owner) in enumerate(plans, start=1)
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    course: Course
    label: str
    students: tuple[Student, ...]


class _Timetable:
    """Hands out numbers, teachers and times to the planned classes, one after the other."""

    def __init__(self, spec: CollegeSpec, staff: tuple[Teacher, ...]) -> None:
        self._spec = spec
        self._taught: dict[str, int] = {}
        self._public = [person.no for person in staff if person.unit == BASICS]
        self._of_major = {
            major.code: [person.no for person in staff if person.major == major.code]
            for major in MAJORS
        }
        self._turn = 0

    def place(self, plan: _Plan) -> TeachingClass:
        """Return the class with its teachers, its time and its roster."""
        course = plan.course
        number = self._taught[course.code] = self._taught.get(course.code, 0) + 1
        random = dice(self._spec.seed, "class", course.code, number)
        pool = self._of_major.get(course.major, self._public)
        self._turn += 1
        teachers = [pool[self._turn % len(pool)]]
        if course.kind == "C":
            teachers.append(pool[(self._turn + 1) % len(pool)])
        share = _DROP_SHARE_ELECTIVE if course.nature == "公共选修课" else _DROP_SHARE
        dropped = {student.no for student in plan.students if random.random() < share}
        return TeachingClass(
            no=f"{self._spec.term}-{course.code}-{number:02d}",
            name=f"{course.name}（{plan.label}）",
            course=course,
            teacher_nos=tuple(teachers),
            students=plan.students,
            dropped=frozenset(dropped),
            weekday=random.randrange(5),
            sections=random.choice(_SECTIONS),
            attends=random.uniform(0.955, 0.99) if random.random() > 0.07 else 0.875,
            level=random.uniform(73, 82) if random.random() > 0.08 else 65.0,
        )


def _plan_cohort(
    courses: tuple[Course, ...], groups: tuple[Group, ...], year: int, members: "_Members"
) -> Iterator[_Plan]:
    """Yield the classes of one major and year: public courses together, others apart."""
    major = groups[0].major
    turn = MAJORS.index(major)
    public = [course for course in courses if course.nature == "公共基础课"]
    own = [course for course in courses if course.major == major.code]
    combined, split = {
        1: ([public[turn % 4], public[4]], own[0]),
        2: ([public[5 + turn % 3], own[1]], own[2]),
        3: ([public[8 + turn % 2]], own[3]),
    }[year]
    together = tuple(student for group in groups for student in members[group.code])
    for course in combined:
        yield _Plan(course, f"{major.name}{groups[0].grade % 100:02d}级合班", together)
    for group in groups:
        yield _Plan(split, group.name, members[group.code])


_Members = dict[str, tuple[Student, ...]]


def build_classes(
    spec: CollegeSpec,
    staff: tuple[Teacher, ...],
    courses: tuple[Course, ...],
    groups: tuple[Group, ...],
    students: tuple[Student, ...],
) -> tuple[TeachingClass, ...]:
    """Return the 150 teaching classes of the term."""
    members: dict[str, list[Student]] = {group.code: [] for group in groups}
    for student in students:
        members[student.group.code].append(student)
    fixed = {code: tuple(found) for code, found in members.items()}
    timetable = _Timetable(spec, staff)
    classes: list[TeachingClass] = []
    for major in MAJORS:
        for year in (1, 2, 3):
            cohort = tuple(
                group
                for group in groups
                if group.major == major and group.grade == spec.academic_year + 1 - year
            )
            plans = _plan_cohort(courses, cohort, year, fixed)
            classes.extend(timetable.place(plan) for plan in plans)
    young = [student for student in students if student.group.grade >= spec.academic_year - 1]
    dice(spec.seed, "elective").shuffle(young)
    size = spec.students // _ELECTIVE_SHARE
    for number in range(_ELECTIVE_CLASSES):
        first = number * size
        chosen = sorted(young[first : first + size], key=lambda student: student.no)
        course = courses[-1 - number % len(ELECTIVES)]
        classes.append(timetable.place(_Plan(course, f"公选{number + 1:02d}班", tuple(chosen))))
    return tuple(classes)


def lesson_dates(spec: CollegeSpec, weekday: int) -> list[date]:
    """Return the last four lessons that have been held: the systems keep their marks."""
    first = spec.first_monday + timedelta(days=weekday)
    held = [
        day
        for week in range(spec.teaching_weeks)
        if spec.starts_on <= (day := first + timedelta(weeks=week)) <= spec.data_day
    ]
    return held[-_MARKED_WEEKS:]
