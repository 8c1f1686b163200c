"""The classroom platform (智能云课堂): JSON lines, camelCase, digits for states, zoned times."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import NAMESPACE_URL, uuid5

from helix8.demo.college.model import College
from helix8.demo.college.people import Student
from helix8.demo.college.records import Case, Daily, Export, Format, Record, Table
from helix8.demo.college.spec import dice
from helix8.demo.college.teaching import TeachingClass, lesson_dates

SYSTEM = "classroom"


def _export(stem: str, entity: str, key: str, *cases: Case) -> Export:
    file, feed = f"{SYSTEM}/{stem}.ndjson", f"{SYSTEM}.{entity}"
    return Export(file, feed, Format("utf-8"), tuple(key.split()), cases)


WORK = _export("work", "assignment", "workId")
"""Homework and quizzes; never dirty, for what was handed in would wait for it."""

SUBMISSION = _export(
    "workSubmit", "homework", "workId studentNo times", ("score", "优"), ("submitDate", "昨天")
)
QUIZ = _export(
    "quizResult", "quiz", "workId studentNo times", ("score", "101"), ("submitDate", "昨天")
)
SIGN_IN = _export(
    "signIn",
    "attendance",
    "lessonId lessonDate section studentNo",
    ("signStatus", "9"),
    ("lessonDate", "2026-13-05"),
)
INTERACTION = _export(
    "interaction",
    "class_interaction",
    "lessonId lessonDate section activity",
    ("joinRate", "130%"),
    ("activity", "弹幕"),
)
LOG = _export("studyLog", "learning_event", "id", ("verb", "摸鱼"), ("actor", "游客"))
"""Raw events, as xAPI statements: what every evening left is handed over the day after."""

_SITE = "https://class.example.edu.cn"
_VERBS = "http://adlnet.gov/expapi/verbs"

_LOGGED_DAYS = 7
_SUBMIT_DAYS = 6
_HOURS = {"1-2": 8, "3-4": 10, "5-6": 14, "7-8": 16}
_ACTIVITIES = ("抢答", "投票", "讨论")
_PRESENT, _LATE, _EARLY, _SICK, _PERSONAL, _ABSENT = "1", "2", "3", "4", "5", "0"


def tables(college: College) -> Iterator[Table]:
    """Yield what the platform keeps of the last lessons, and of the last days of learning."""
    spec = college.spec
    lessons = list(_lessons(college))
    yield WORK.table(each for lesson in lessons for each in _work(*lesson))
    handed_in = (
        row
        for found, held in lessons
        for row in _submissions(college, found, held)
        if row["submitDate"] <= spec.data_day.isoformat()
    )
    yield SUBMISSION.table(handed_in).spoiled(spec)
    answers = (row for lesson in lessons for row in _quiz_results(college, *lesson))
    yield QUIZ.table(answers).spoiled(spec)
    signs = (row for lesson in lessons for row in _sign_ins(college, *lesson))
    yield SIGN_IN.table(signs).spoiled(spec)
    activities = (row for lesson in lessons for row in _interactions(college, *lesson))
    yield INTERACTION.table(activities).spoiled(spec)
    days = (spec.data_day - timedelta(days=ago) for ago in reversed(range(_LOGGED_DAYS)))
    yield LOG.table(row for day in days for row in _log(college, day)).spoiled(spec)


def daily(college: College, day: date) -> Iterator[Daily]:
    """Yield what happened on the platform on a day."""
    held = [(found, day) for found in college.shown_classes if weekday(found) == day.weekday()]
    yield Daily(WORK, new=[each for lesson in held for each in _work(*lesson)])
    handed_in = [
        row
        for found, lesson in _lessons_before(college, day)
        for row in _submissions(college, found, lesson)
        if row["submitDate"] == day.isoformat()
    ]
    yield Daily(SUBMISSION, new=handed_in)
    yield Daily(QUIZ, new=[row for lesson in held for row in _quiz_results(college, *lesson)])
    yield Daily(SIGN_IN, new=[row for lesson in held for row in _sign_ins(college, *lesson)])
    yield Daily(INTERACTION, new=[row for each in held for row in _interactions(college, *each)])
    yield Daily(LOG, new=list(_log(college, day)))


def weekday(found: TeachingClass) -> int:
    """Return the day of the lesson in the smart classroom: not the one the office marks."""
    return (found.weekday + 2) % 5


def _lessons(college: College) -> Iterator[tuple[TeachingClass, date]]:
    for found in college.shown_classes:
        for day in lesson_dates(college.spec, weekday(found)):
            yield found, day


def _lessons_before(college: College, day: date) -> Iterator[tuple[TeachingClass, date]]:
    """Yield the lessons whose homework may be handed in on a day."""
    for found in college.shown_classes:
        ago = (day.weekday() - weekday(found)) % 7
        if ago < _SUBMIT_DAYS:
            yield found, day - timedelta(days=ago)


def _work(found: TeachingClass, day: date) -> Iterator[Record]:
    for letter, kind, title in (("H", "1", "课后作业"), ("Q", "2", "随堂测验")):
        due = day + timedelta(days=_SUBMIT_DAYS if kind == "1" else 0)
        yield {
            "workId": _work_id(found, day, letter),
            "lessonId": found.no,
            "courseCode": found.course.code,
            "semester": found.no[:11],
            "title": f"{found.course.name}{title}（{day.month}月{day.day}日）",
            "workType": kind,
            "deadline": due.isoformat(),
        }


def _work_id(found: TeachingClass, day: date, letter: str) -> str:
    return f"{found.no}-{letter}{day:%m%d}"


def _points(random: Random, found: TeachingClass) -> str:
    return str(min(100, max(20, round(random.gauss(found.level + 4, 9)))))


def _submissions(college: College, found: TeachingClass, day: date) -> Iterator[Record]:
    random = dice(college.spec.seed, "homework", found.no, day)
    for student in found.active:
        handed_in = day + timedelta(days=random.randrange(_SUBMIT_DAYS))
        points = _points(random, found)
        if random.random() < 0.94:
            yield _result(_work_id(found, day, "H"), student, handed_in, points)


def _quiz_results(college: College, found: TeachingClass, day: date) -> Iterator[Record]:
    random = dice(college.spec.seed, "quiz", found.no, day)
    for student in found.active:
        if random.random() < found.attends:
            yield _result(_work_id(found, day, "Q"), student, day, _points(random, found))


def _result(work: str, student: Student, day: date, points: str) -> Record:
    return {
        "workId": work,
        "studentNo": student.no,
        "times": "1",
        "submitDate": day.isoformat(),
        "score": points,
    }


def _section(found: TeachingClass) -> str:
    names = list(_HOURS)
    return names[(names.index(found.sections) + 1) % len(names)]


def _sign_ins(college: College, found: TeachingClass, day: date) -> Iterator[Record]:
    random = dice(college.spec.seed, "sign", found.no, day)
    begin = datetime.combine(day, time(_HOURS[_section(found)]))
    states = (_PRESENT, _LATE, _EARLY, _SICK, _PERSONAL)
    for student in found.active:
        came = random.random() < found.attends
        state = random.choices(states, (950, 14, 4, 8, 12))[0] if came else _ABSENT
        signed = begin + timedelta(seconds=random.randint(-300, 120))
        yield {
            "lessonId": found.no,
            "lessonDate": day.isoformat(),
            "section": _section(found),
            "studentNo": student.no,
            "signStatus": state,
            "signType": random.choice("123"),
            "signTime": f"{signed.isoformat()}+08:00" if state in {_PRESENT, _LATE} else "",
        }


def _interactions(college: College, found: TeachingClass, day: date) -> Iterator[Record]:
    random = dice(college.spec.seed, "interaction", found.no, day)
    for activity in _ACTIVITIES:
        started = random.randint(1, 5)
        users = round(len(found.active) * random.uniform(0.5, 0.95))
        yield {
            "lessonId": found.no,
            "lessonDate": day.isoformat(),
            "section": _section(found),
            "activity": activity,
            "launchTimes": str(started),
            "joinTimes": str(users * started),
            "joinUsers": str(users),
            "joinRate": f"{users / max(1, len(found.active)) * 100:.1f}%",
        }


def _log(college: College, day: date) -> Iterator[Record]:
    random = dice(college.spec.seed, "log", day)
    for found in college.shown_classes:
        for student in found.active:
            if random.random() < 0.4:
                yield from _evening(random, found, student, day - timedelta(days=1))


def _evening(random: Random, found: TeachingClass, student: Student, day: date) -> Iterator[Record]:
    """Yield the pages that a student read on an evening, and perhaps what he wrote on the last."""
    at = datetime.combine(day, time(18)) + timedelta(minutes=random.randrange(150))
    pages = random.randint(1, 3)
    for number in range(pages):
        minutes = random.randint(2, 25)
        page = f"{_SITE}/pages/{found.course.code}/{random.randint(1, 30)}"
        yield _statement(found, student, at, (number, "experienced", page, f"PT{minutes}M"))
        at += timedelta(minutes=minutes)
    if random.random() < 0.3:
        forum = f"{_SITE}/forums/{found.course.code}"
        yield _statement(found, student, at, (pages, "commented", forum, None))


def _statement(
    found: TeachingClass, student: Student, at: datetime, what: tuple[int, str, str, str | None]
) -> Record:
    number, verb, page, span = what
    name = f"{_SITE}/{student.no}/{found.no}/{at.date()}/{number}"
    return {
        "id": str(uuid5(NAMESPACE_URL, name)),
        "timestamp": f"{at.isoformat()}+08:00",
        "actor": {"account": {"homePage": _SITE, "name": student.no}},
        "verb": {"id": f"{_VERBS}/{verb}"},
        "object": {"id": page},
        **({"result": {"duration": span}} if span else {}),
        "context": {
            "contextActivities": {"grouping": [{"id": f"{_SITE}/classes/{found.no}"}]},
        },
    }
