"""The staff, the administrative classes and the students of the invented college."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from helix8.demo.college.catalogue import (
    BASICS,
    MAJORS,
    OFFICE,
    STUDENT_AFFAIRS,
    UNITS,
    MajorPlan,
)
from helix8.demo.college.names import person_name
from helix8.demo.college.spec import CollegeSpec, dice

_GROUPS_PER_MAJOR = 2
_GRADES = 3
_ADMINISTRATORS, _SUPPORT, _PUBLIC_TEACHERS = 18, 6, 32
_TEACHERS_PER_MAJOR, _EXTERNALS_PER_MAJOR = 10, 2
_SUSPENDED_SHARE = 0.01
_NATIONS = (("汉", 0.88), ("土家族", 0.05), ("苗族", 0.03), ("回", 0.02), ("彝族", 0.02))


@dataclass(frozen=True, slots=True)
class Teacher:
    """A member of staff; ``kind`` is the word of the personnel office, ``major`` may be empty."""

    no: str
    name: str
    female: bool
    born_on: date
    unit: str
    major: str
    kind: str
    hired_on: date
    education: str
    title: str
    titled_on: date
    dual: bool

    @property
    def teaches(self) -> bool:
        """Say whether the person gives lessons."""
        return self.kind in ("专任教师", "企业兼职")


@dataclass(frozen=True, slots=True)
class Group:
    """An administrative class (行政班) of one major and one year of entry."""

    code: str
    name: str
    major: MajorPlan
    grade: int
    head_no: str
    counsellor_no: str
    building: str


@dataclass(frozen=True, slots=True)
class Student:
    """A student; ``suspended`` has left the lessons for a while (休学)."""

    no: str
    name: str
    female: bool
    born_on: date
    nation: str
    group: Group
    room: str
    suspended: bool


def _pick(random: Random, words: tuple[tuple[str, float], ...]) -> str:
    return random.choices([word for word, _ in words], [weight for _, weight in words])[0]


def _posts() -> Iterator[tuple[str, str, str, bool]]:
    """Yield unit, major, kind and 双师型 of every post; T001 leads the college."""
    offices = [unit.code for unit in UNITS if unit.kind in ("行政", "党群")]
    for index in range(_ADMINISTRATORS):
        yield (OFFICE if index == 0 else offices[index % len(offices)]), "", "行政人员", False
    for _ in range(_SUPPORT):
        yield "XXZX", "", "教辅人员", False
    for index in range(_PUBLIC_TEACHERS):
        yield BASICS, "", "专任教师", index % 16 == 0
    for major in MAJORS:
        for index in range(_TEACHERS_PER_MAJOR):
            yield major.unit, major.code, "专任教师", index < major.dual
    for major in MAJORS:
        for _ in range(_EXTERNALS_PER_MAJOR):
            yield major.unit, major.code, "企业兼职", True


_TITLES = {
    "专任教师": (
        ("教授", 0.05),
        ("副教授", 0.25),
        ("讲师", 0.42),
        ("助教", 0.16),
        ("讲师/工程师", 0.12),
    ),
    "企业兼职": (("高级工程师", 0.4), ("工程师", 0.5), ("副教授（兼）", 0.1)),
    "教辅人员": (("实验师", 0.7), ("高级实验师", 0.3)),
    "行政人员": (("副研究员", 0.3), ("讲师", 0.7)),
}
_EDUCATION = (("博士研究生", 0.06), ("硕士研究生", 0.52), ("大学本科", 0.42))


def build_staff(spec: CollegeSpec) -> tuple[Teacher, ...]:
    """Return the staff in the order of their numbers."""
    random = dice(spec.seed, "staff")
    staff = []
    for number, (unit, major, kind, dual) in enumerate(_posts(), start=1):
        female = random.random() < 0.48
        latest_year = 1982 if kind == "行政人员" else 1998
        born_in = random.randint(1967, latest_year)
        born_on = date(born_in, random.randint(1, 12), random.randint(1, 28))
        latest = date(spec.academic_year - 1, 9, 1)
        hired_on = min(born_on + timedelta(days=random.randint(9200, 12000)), latest)
        staff.append(
            Teacher(
                no=f"T{number:03d}",
                name=person_name(random, female=female),
                female=female,
                born_on=born_on,
                unit=unit,
                major=major,
                kind=kind,
                hired_on=hired_on,
                education=_pick(random, _EDUCATION),
                title=_pick(random, _TITLES[kind]),
                titled_on=min(hired_on + timedelta(days=random.randint(400, 2500)), latest),
                dual=dual,
            )
        )
    return tuple(staff)


def build_groups(spec: CollegeSpec, staff: tuple[Teacher, ...]) -> tuple[Group, ...]:
    """Return two administrative classes for each major and year of entry."""
    groups: list[Group] = []
    counsellors = [person.no for person in staff if person.unit == STUDENT_AFFAIRS]
    for major in MAJORS:
        heads = [person.no for person in staff if person.major == major.code]
        for grade in range(spec.academic_year, spec.academic_year - _GRADES, -1):
            for number in range(1, _GROUPS_PER_MAJOR + 1):
                groups.append(
                    Group(
                        code=f"{major.letters}{grade % 100:02d}{number:02d}",
                        name=f"{major.name}{grade % 100:02d}{number:02d}班",
                        major=major,
                        grade=grade,
                        head_no=heads[len(groups) % _TEACHERS_PER_MAJOR],
                        counsellor_no=counsellors[len(groups) % len(counsellors)],
                        building=f"{len(groups) // 8 + 1}号楼",
                    )
                )
    return tuple(groups)


def build_students(spec: CollegeSpec, groups: tuple[Group, ...]) -> tuple[Student, ...]:
    """Return as many students of each year, spread over its administrative classes."""
    students = []
    for grade in range(spec.academic_year, spec.academic_year - _GRADES, -1):
        of_grade = [group for group in groups if group.grade == grade]
        for index in range(spec.students // _GRADES):
            group = of_grade[index % len(of_grade)]
            students.append(_student(spec, group, index))
    return tuple(students)


def _student(spec: CollegeSpec, group: Group, index: int) -> Student:
    number = f"{group.grade}{index + 1:04d}"
    random = dice(spec.seed, "student", number)
    female = random.random() < group.major.women
    floor, place = divmod(index // 24, 6)
    return Student(
        no=number,
        name=person_name(random, female=female),
        female=female,
        born_on=date(group.grade - 18, 1, 1) - timedelta(days=random.randint(-200, 250)),
        nation=_pick(random, _NATIONS),
        group=group,
        room=f"{floor + 1}{place + 1:02d}",
        suspended=random.random() < _SUSPENDED_SHARE,
    )
