"""The academic system (教务, 正方): gb18030, pinyin columns, words instead of codes."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from random import Random

from helix8.demo.college.catalogue import BASICS, MAJORS, STANDINGS
from helix8.demo.college.model import College
from helix8.demo.college.people import Student
from helix8.demo.college.records import (
    Case,
    Daily,
    Export,
    Format,
    Record,
    Table,
    compact,
    formula,
    full_width,
    plain_time,
)
from helix8.demo.college.spec import CollegeSpec, dice
from helix8.demo.college.teaching import Course, TeachingClass, lesson_dates

SYSTEM = "academic"

_LAYOUT = Format("gb18030")


def _export(stem: str, entity: str, key: str, *cases: Case) -> Export:
    file, feed = f"{SYSTEM}/{stem}.csv", f"{SYSTEM}.{entity}"
    return Export(file, feed, _LAYOUT, tuple(key.split()), cases)


SCHOOL = _export("xxxx", "school", "xxdm")
TERM = _export("xqxx", "term", "xnm xqm")
ACADEMIC_YEAR = _export("xnxx", "academic_year", "xn")
CALENDAR_DAY = _export("xlrq", "calendar_day", "rq")
WORKING_HOURS = _export("zxsj", "working_hours", "xqj kssj qyrq")
MAJOR = _export("zyxx", "major", "zyh_id")
COURSE = _export("kcxx", "course", "kch")
ADMIN_CLASS = _export("bjxx", "admin_class", "bh_id")
STUDENT = _export("xsjbxx", "student", "xh")
"""Never dirty, for enrolments, scores and attendance would wait for it."""

TEACHING_CLASS = _export("jxbxx", "teaching_class", "jxb_id")
ENROLMENT = _export(
    "xkxx",
    "enrolment",
    "jxb_id xh",
    ("xkzt", "9"),
    ("xdfs", "旁听"),
    ("xksj", "2026-07-013 12:00:00"),
)
SCORE = _export(
    "cjxx",
    "score",
    "xh kch xnm xqm cjlx kscs",
    ("cj", "105"),
    ("cj", "-1"),
    ("cj", "一般"),
    ("xqm", "16"),
)
ATTENDANCE = _export(
    "kqxx",
    "attendance",
    "jxb_id skrq jc xh",
    ("kqzt", "早读"),
    ("skrq", "20261332"),
    ("kqfs", "其它"),
)

_EXAM_WEEK = 8
_WORKDAYS = 5
_OFFICE_HOURS = (("08:10", "11:50"), ("14:10", "17:50"))
_MOVED, _DROPS, _CORRECTED = 2, 3, 4
_CREDITS = {"A": ("2.0", "32", "0"), "B": ("4.0", "64", "32"), "C": ("3.0", "60", "60")}
_HOUR_OF = {"1-2": 8, "3-4": 10, "5-6": 14, "7-8": 16}
_WORDS = ((90, "优秀"), (80, "良好"), (70, "中等"), (60, "及格"), (0, "不及格"))


def tables(college: College) -> Iterator[Table]:
    """Yield what the academic system holds, parents before children."""
    spec = college.spec
    yield SCHOOL.table([_school(college)])
    yield TERM.table([_term(spec)])
    yield ACADEMIC_YEAR.table([_academic_year(spec)])
    yield CALENDAR_DAY.table(_calendar_days())
    yield WORKING_HOURS.table(_working_hours(spec))
    yield MAJOR.table(_majors(college))
    yield COURSE.table(_course(course) for course in college.courses)
    yield ADMIN_CLASS.table(_groups(college))
    yield STUDENT.table(map(_student, college.students))
    yield TEACHING_CLASS.table(_class(spec, found) for found in college.classes)
    yield _enrolments(college).spoiled(spec)
    yield SCORE.table(_scores(college)).spoiled(spec)
    yield ATTENDANCE.table(_attendance(college)).spoiled(spec)


def daily(college: College, day: date) -> Iterator[Daily]:
    """Yield the lessons of a day, and what the office put right on it."""
    held = [found for found in college.classes if found.weekday == day.weekday()]
    marks = [mark for found in held for mark in _marks(college, found, day)]
    yield Daily(ATTENDANCE, new=marks)
    if day.weekday() < _WORKDAYS:
        random = dice(college.spec.seed, "office", day)
        yield Daily(STUDENT, changed=list(_moved(college, random)))
        yield _dropped(college, day, random)
        yield Daily(SCORE, changed=list(_corrected(college, day, random)))


def _moved(college: College, random: Random) -> Iterator[Record]:
    """Yield students who change to the other class of their major and year."""
    for student in random.sample(college.students, _MOVED):
        own = student.group
        others = [
            group
            for group in college.groups
            if group.major == own.major and group.grade == own.grade and group != own
        ]
        yield _student(replace(student, group=random.choice(others)))


def _dropped(college: College, day: date, random: Random) -> Daily:
    """Let students drop their classes; an enrolment that was dropped before is cleared away."""
    found = random.choice(college.classes)
    changed = [
        _enrolment(college.spec, found, student, is_dropped=True)
        for student in random.sample(found.active, min(_DROPS, len(found.active)))
    ]
    old = _enrolments(college).spoiled(college.spec)
    cleared = [row for key, row in old.rows.items() if row["xkzt"] == "0" and key not in old.faults]
    turn = (day - college.spec.data_day).days
    return Daily(ENROLMENT, changed=changed, gone=cleared[turn : turn + 1])


def _corrected(college: College, day: date, random: Random) -> Iterator[Record]:
    """Yield scores that were entered again, a few points better."""
    for found in random.sample(college.classes, _CORRECTED):
        points = score_points(college, found)
        for number in random.sample(sorted(points), min(2, len(points))):
            better = min(99, points[number] + random.randint(1, 8))
            yield score_record(college, found, number, better, day)


def _school(college: College) -> Record:
    spec = college.spec
    return {
        "xxdm": formula(spec.school_code),
        "xxmc": spec.name,
        "xxywmc": spec.name_en,
        "xxbsm": formula(spec.national_id),
        "xzgh": college.staff[0].no,
    }


def term_columns(spec: CollegeSpec) -> Record:
    """Return the two columns that name the term: 3 is the first one of the year, 12 the second."""
    return {"xnm": str(spec.academic_year), "xqm": "3" if spec.term_code == 1 else "12"}


def _term(spec: CollegeSpec) -> Record:
    return {
        **term_columns(spec),
        "ksrq": compact(spec.starts_on),
        "jsrq": compact(spec.ends_on),
        "jxzs": str(spec.teaching_weeks),
        "ksksrq": compact(spec.ends_on - timedelta(days=11)),
    }


def _academic_year(spec: CollegeSpec) -> Record:
    first = date(spec.academic_year, 9, 1)
    return {
        "xn": f"{first.year}-{first.year + 1}",
        "ksrq": compact(first),
        "jsrq": compact(date(first.year + 1, 8, 31)),
    }


def _calendar_days() -> Iterator[Record]:
    """Yield the holidays and make-up days that the state ordered; calendar.csv names the order."""
    text = (files(__package__) / "calendar.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        yield {
            "rq": row["date"].replace("-", ""),
            "lx": {"holiday": "放假", "makeup": "调休上班"}[row["kind"]],
            "mc": row["name"],
            "ywmc": row["name_en"],
            "kbrq": row["follows"].replace("-", ""),
            "yj": row["basis"],
        }


def _working_hours(spec: CollegeSpec) -> Iterator[Record]:
    for weekday in range(1, _WORKDAYS + 1):
        for opens, closes in _OFFICE_HOURS:
            yield {
                "xqj": str(weekday),
                "kssj": opens,
                "jssj": closes,
                "qyrq": compact(date(spec.academic_year, 1, 1)),
                "tyrq": "",
            }


def _majors(college: College) -> Iterator[Record]:
    for index, major in enumerate(MAJORS):
        yield {
            "zyh_id": formula(major.code),
            "zymc": major.name,
            "gjzydm": formula(major.code),
            "zymlnf": "2021",
            "jg_id": major.unit,
            "cc": "专科",
            "xz": "3",
            "zdzyjb": "省级" if index in {0, 3} else "无",
            "zydw": STANDINGS.get(major.code, ""),
            "zyfzr": college.directors[major.code],
            "zszt": "招生",
        }


def _course(course: Course) -> Record:
    credit, total, practice = _CREDITS[course.kind]
    return {
        "kch": formula(course.code),
        "kcmc": course.name,
        "kclb": course.kind,
        "kcxz": course.nature,
        "kcsx": "公选" if course.nature == "公共选修课" else "必修",
        "xf": credit,
        "zxs": total,
        "sjxs": practice,
        "zyh_id": formula(course.major) if course.major else "",
        "kkbm_id": course.unit or BASICS,
        "kcfzr": course.owner_no,
    }


def _groups(college: College) -> Iterator[Record]:
    for group in college.groups:
        yield {
            "bh_id": group.code,
            "bj": group.name,
            "zyh_id": formula(group.major.code),
            "njdm_id": str(group.grade),
            "bzrgh": group.head_no,
            "fdygh": group.counsellor_no,
        }


def _student(student: Student) -> Record:
    sex = "女" if student.female else "男"
    # A grid export pads short cells with ideographic spaces.
    name = student.name if len(student.name) > 2 else student.name + "\u3000"
    return {
        "xh": formula(student.no),
        "xm": name,
        "xb": sex + ("\u3000" if int(student.no) % 7 == 0 else ""),
        "csrq": compact(student.born_on),
        "mz": student.nation,
        "njdm_id": str(student.group.grade),
        "zyh_id": formula(student.group.major.code),
        "bh_id": student.group.code,
        "pycc": "专科",
        "rxrq": compact(date(student.group.grade, 9, 5)),
        "xjzt": "有",
        "sfzx": "否" if student.suspended else "是",
    }


def _class(spec: CollegeSpec, found: TeachingClass) -> Record:
    first = spec.first_monday + timedelta(days=found.weekday)
    return {
        "jxb_id": found.no,
        "kch": formula(found.course.code),
        **term_columns(spec),
        "jxbmc": found.name,
        "jsgh": ",".join(found.teacher_nos),
        "kkbm_id": found.course.unit,
        "kkrq": compact(max(first, spec.starts_on)),
        "jkrq": compact(first + timedelta(weeks=spec.teaching_weeks - 1)),
        "rl": str(len(found.students) + 5),
        "xkrs": str(len(found.students)),
        "khfs": "考查" if found.course.graded else "考试",
    }


def _enrolment(
    spec: CollegeSpec, found: TeachingClass, student: Student, *, is_dropped: bool
) -> Record:
    opened = datetime.combine(spec.starts_on, time(12)) - timedelta(days=60)
    return {
        "jxb_id": found.no,
        "xh": formula(student.no),
        "xksj": plain_time(opened + timedelta(seconds=37 * int(student.no[4:]))),
        "xdfs": "正常",
        "xkzt": "0" if is_dropped else "1",
    }


def _enrolments(college: College) -> Table:
    return ENROLMENT.table(
        _enrolment(college.spec, found, student, is_dropped=student.no in found.dropped)
        for found in college.classes
        for student in found.students
    )


def score_points(college: College, found: TeachingClass) -> dict[str, int]:
    """Return the mid-term points of a class, by student number."""
    random = dice(college.spec.seed, "score", found.no)
    return {
        student.no: min(99, max(31, round(random.gauss(found.level, 8.5))))
        for student in found.active
    }


def _score_text(found: TeachingClass, points: int, turn: int) -> str:
    """Write points as this teacher does: a word, a number, 85分 or full-width digits."""
    if found.course.graded:
        return next(word for least, word in _WORDS if points >= least)
    if turn % 41 == 0:
        return f"{points}分"
    return full_width(str(points)) if turn % 97 == 0 else str(points)


def score_record(
    college: College, found: TeachingClass, student_no: str, points: int, day: date
) -> Record:
    """Return one mid-term score as the system writes it; a second entry replaces the first."""
    return {
        "xh": formula(student_no),
        "kch": formula(found.course.code),
        **term_columns(college.spec),
        "jxb_id": found.no,
        "cjlx": "期中",
        "kscs": "1",
        "cj": _score_text(found, points, int(student_no)),
        "cjjz": "五级制" if found.course.graded else "百分制",
        "cjbz": "正常",
        "lrsj": plain_time(datetime.combine(day, time(17, int(student_no) % 60))),
    }


def exam_day(spec: CollegeSpec) -> date:
    """Return the day the mid-term scores were entered."""
    planned = spec.first_monday + timedelta(weeks=_EXAM_WEEK, days=4)
    return min(planned, spec.data_day)


def _scores(college: College) -> Iterator[Record]:
    day = exam_day(college.spec)
    for found in college.classes:
        for student_no, points in score_points(college, found).items():
            yield score_record(college, found, student_no, points, day)


def mark_record(found: TeachingClass, day: date, student_no: str, state: str) -> Record:
    """Return the mark of one student in one lesson; a second entry replaces the first."""
    return {
        "jxb_id": found.no,
        "skrq": compact(day),
        "jc": found.sections,
        "xh": formula(student_no),
        "kqzt": state,
        "kqfs": "扫码" if found.weekday % 2 else "教师点名",
        "djsj": plain_time(datetime.combine(day, time(_HOUR_OF[found.sections], 5))),
    }


def roll_call(college: College, found: TeachingClass, day: date) -> Iterator[tuple[str, str]]:
    """Yield number and mark of everybody in one lesson."""
    random = dice(college.spec.seed, "mark", found.no, day)
    for student in found.active:
        if random.random() > found.attends:
            yield student.no, "旷课"
        else:
            usual = random.choices(("出勤", "迟到", "早退", "病假", "事假"), (950, 14, 4, 8, 12))
            yield student.no, usual[0]


def _marks(college: College, found: TeachingClass, day: date) -> Iterator[Record]:
    for student_no, state in roll_call(college, found, day):
        yield mark_record(found, day, student_no, state)


def _attendance(college: College) -> Iterator[Record]:
    for found in college.classes:
        for day in lesson_dates(college.spec, found.weekday):
            yield from _marks(college, found, day)
