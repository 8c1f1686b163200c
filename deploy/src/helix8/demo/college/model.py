"""The college: everything the files and the daily changes are written from."""

from dataclasses import dataclass
from functools import cached_property

from helix8.demo.college.catalogue import MAJORS, UNITS
from helix8.demo.college.people import (
    Group,
    Student,
    Teacher,
    build_groups,
    build_staff,
    build_students,
)
from helix8.demo.college.spec import CollegeSpec
from helix8.demo.college.teaching import Course, TeachingClass, build_classes, build_courses


@dataclass(frozen=True)
class College:
    """An invented vocational college; built from its spec alone, without reading anything."""

    spec: CollegeSpec

    @cached_property
    def staff(self) -> tuple[Teacher, ...]:
        """Return the 200 members of staff."""
        return build_staff(self.spec)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Return the 72 administrative classes."""
        return build_groups(self.spec, self.staff)

    @cached_property
    def students(self) -> tuple[Student, ...]:
        """Return the students."""
        return build_students(self.spec, self.groups)

    @cached_property
    def courses(self) -> tuple[Course, ...]:
        """Return the 60 courses."""
        return build_courses(self.staff)

    @cached_property
    def classes(self) -> tuple[TeachingClass, ...]:
        """Return the 150 teaching classes of the term."""
        return build_classes(self.spec, self.staff, self.courses, self.groups, self.students)

    @cached_property
    def directors(self) -> dict[str, str]:
        """Map a major to the number of the teacher who directs it."""
        return {
            major.code: next(person.no for person in self.staff if person.major == major.code)
            for major in MAJORS
        }

    @cached_property
    def leaders(self) -> dict[str, str]:
        """Map a unit to the number of the person who leads it."""
        return {
            unit.code: next(person.no for person in self.staff if person.unit == unit.code)
            for unit in UNITS
        }

    @cached_property
    def shown_classes(self) -> tuple[TeachingClass, ...]:
        """Return one class of each major: the ones with standards, and where things happen."""
        firsts = {course.major: course for course in reversed(self.courses) if course.major}
        return tuple(
            next(found for found in self.classes if found.course == firsts[major.code])
            for major in MAJORS
        )

    @cached_property
    def shown_groups(self) -> tuple[Group, ...]:
        """Return one administrative class of each major, of the second year."""
        year = self.spec.academic_year - 1
        return tuple(
            next(group for group in self.groups if group.major == major and group.grade == year)
            for major in MAJORS
        )

    def members(self, group: Group) -> tuple[Student, ...]:
        """Return the students of an administrative class."""
        return tuple(student for student in self.students if student.group == group)
