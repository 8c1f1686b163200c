"""The daily stream: what the systems would send while somebody looks at the overview.

It is made of episodes. In an episode something goes wrong in one place that has a standard (a
class stays away from a lesson, scores are typed wrongly, a dormitory is half empty, a teacher is
rated badly) and is put right a little later by the same people. So values leave their standards
and come back. Between the steps of an episode ordinary records arrive.
"""

from collections.abc import Iterator
from datetime import date
from itertools import chain, count, islice
from random import Random

from helix8.demo.college import academic, quality, research, student_affairs
from helix8.demo.college.model import College
from helix8.demo.college.people import Group
from helix8.demo.college.records import Change
from helix8.demo.college.spec import dice
from helix8.demo.college.teaching import TeachingClass

_ORDINARY_SHARE = 0.3
_AWAY_SHARE = 0.45
_MISTYPED_SHARE = 0.4
_NOT_BACK = 6
_FIRST_FREE_CASE, _FIRST_FREE_OUTPUT = 100_000, 50_000


def changes(college: College, day: date, n: int) -> Iterator[Change]:
    """Yield the first n changes of a day; the same day always brings the same ones."""
    return islice(_mixed(college, day), n)


def _mixed(college: College, day: date) -> Iterator[Change]:
    random = dice(college.spec.seed, "stream", day)
    ordinary = _ordinary(college, day)
    for number in count():
        for step in _episode(college, day, number):
            while random.random() < _ORDINARY_SHARE:
                yield next(ordinary)
            yield step


def _episode(college: College, day: date, number: int) -> Iterator[Change]:
    """Return the steps of one episode: four kinds in turn, each at the next place."""
    kind, turn = number % 4, number // 4
    start = dice(college.spec.seed, "places", day).randrange(len(college.shown_classes))
    place = (start + turn) % len(college.shown_classes)
    random = dice(college.spec.seed, "episode", day, number)
    found = college.shown_classes[place]
    if kind == 0:
        return _empty_lesson(found, day, random)
    if kind == 1:
        return _mistyped_scores(college, found, day, random)
    if kind == 2:
        return _empty_dormitory(college, college.shown_groups[place], day, random)
    return _bad_rating(college, found, random)


def _empty_lesson(found: TeachingClass, day: date, random: Random) -> Iterator[Change]:
    """Mark a lesson with many absent; then the leave they had is entered (公假)."""
    students = found.active
    away = {student.no for student in random.sample(students, int(len(students) * _AWAY_SHARE))}
    for student in students:
        state = "旷课" if student.no in away else "出勤"
        record = academic.mark_record(found, day, student.no, state)
        yield Change(academic.SYSTEM, "attendance", "upsert", record)
    for number in sorted(away):
        record = academic.mark_record(found, day, number, "公假")
        yield Change(academic.SYSTEM, "attendance", "upsert", record)


def _mistyped_scores(
    college: College, found: TeachingClass, day: date, random: Random
) -> Iterator[Change]:
    """Enter scores that lost a digit's worth; then the right ones."""
    right = academic.score_points(college, found)
    wrong = random.sample(sorted(right), int(len(right) * _MISTYPED_SHARE))
    for number in wrong:
        record = academic.score_record(college, found, number, right[number] // 2, day)
        yield Change(academic.SYSTEM, "score", "upsert", record)
    for number in wrong:
        record = academic.score_record(college, found, number, right[number], day)
        yield Change(academic.SYSTEM, "score", "upsert", record)


def _empty_dormitory(college: College, group: Group, day: date, random: Random) -> Iterator[Change]:
    """Check the dormitory of a class: some are not back; then they are, or had leave."""
    members = college.members(group)
    late = set(random.sample([student.no for student in members], _NOT_BACK))
    for student in members:
        record = student_affairs.check_record(
            student, day, "未归" if student.no in late else "在寝"
        )
        yield Change(student_affairs.SYSTEM, "dorm_check", "upsert", record)
    for student in members:
        if student.no in late:
            state = random.choice(("在寝", "请假"))
            record = student_affairs.check_record(student, day, state)
            yield Change(student_affairs.SYSTEM, "dorm_check", "upsert", record)


def _bad_rating(college: College, found: TeachingClass, random: Random) -> Iterator[Change]:
    """Let the mean of a teacher sink answer by answer; then the annulled answers go."""
    points = quality.student_points(college, found)
    invited = len(found.active)
    for sunk in chain(range(5, len(points), 5), range(len(points), 0, -5), (0,)):
        given = [random.randint(40, 60)] * sunk + points[sunk:]
        record = quality.evaluation_record(college.spec, found, "学生", invited, given)
        yield Change(quality.SYSTEM, "teaching_evaluation", "upsert", record)


def _ordinary(college: College, day: date) -> Iterator[Change]:
    """Yield records of an ordinary day: affairs done in time, marks of other classes, papers."""
    random = dice(college.spec.seed, "ordinary", day)
    teachers = [person for person in college.staff if person.kind == "专任教师"]
    shown = {found.no for found in college.shown_classes}
    others = [found for found in college.classes if found.no not in shown]
    for number in count():
        unique = day.toordinal() % 1000 * 1000 + number
        drawn = random.random()
        if drawn < 0.3:
            record = student_affairs.case_record(college, _FIRST_FREE_CASE + unique, day)
            yield Change(student_affairs.SYSTEM, "affair_case", "upsert", record)
        elif drawn < 0.95:
            found = random.choice(others)
            student = random.choice(found.active)
            record = academic.mark_record(found, day, student.no, "出勤")
            yield Change(academic.SYSTEM, "attendance", "upsert", record)
        else:
            record = research.output_record(college, teachers, _FIRST_FREE_OUTPUT + unique, day)
            yield Change(research.SYSTEM, "research_output", "upsert", record)
