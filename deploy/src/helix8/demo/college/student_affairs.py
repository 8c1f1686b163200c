"""Student affairs (学工): upper-case columns, sex 0/1, OpenURP states, times that end in .0."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from random import Random

from helix8.demo.college.model import College
from helix8.demo.college.people import Student
from helix8.demo.college.records import Case, Daily, Export, Format, Record, Table, oracle_time
from helix8.demo.college.spec import dice

SYSTEM = "student_affairs"


def _export(stem: str, entity: str, key: str, *cases: Case) -> Export:
    file, feed = f"{SYSTEM}/{stem}.csv", f"{SYSTEM}.{entity}"
    return Export(file, feed, Format("utf-8"), tuple(key.split()), cases)


STUDENT = _export("XSXJ", "student", "XH", ("XJZTDM", "04"), ("XJZTDM", "05"), ("XBDM", "2"))
CHECK = _export(
    "CQJL", "dorm_check", "XH CQSJ", ("ZQZT", "不详"), ("CQSJ", "2026-11-013 22:30:00.0")
)
CASE = _export("BSBJ", "affair_case", "BJBH", ("ZT", "8"), ("MYD", "9"), ("SQRLX", "校友"))

_NIGHTS = 3
_MISSING_SHARE, _LEAVE_SHARE = 0.003, 0.02
_CASES, _CASES_A_DAY = 600, 8
_FIRST_OF_DAYS = 50_000
_WORKDAYS = 5
_CASE_DAYS = 75
_ITEMS = (
    ("SX001", "在读证明办理", "开具证明", "JWC", 24),
    ("SX002", "成绩单打印", "开具证明", "JWC", 24),
    ("SX003", "宿舍报修", "后勤报修", "ZCC", 48),
    ("SX004", "实训室借用", "场地预约", "JWC", 48),
    ("SX005", "学生请假", "请销假", "XSC", 24),
    ("SX006", "教学耗材领用", "物品领用", "ZCC", 72),
    ("SX007", "贫困生认定咨询", "其他", "XSC", 72),
)


def tables(college: College) -> Iterator[Table]:
    """Yield student states, the last three nights of dormitory checks, and affairs."""
    spec = college.spec
    yield STUDENT.table(map(_student, college.students)).spoiled(spec)
    yield CHECK.table(_checks(college)).spoiled(spec)
    cases = (case_record(college, number) for number in range(1, _CASES + 1))
    yield CASE.table(cases).spoiled(spec)


def daily(college: College, day: date) -> Iterator[Daily]:
    """Yield changed states, the checks of the night, and the affairs that came or were done."""
    random = dice(college.spec.seed, "affairs", day)
    if day.weekday() < _WORKDAYS:
        yield Daily(STUDENT, changed=list(_returned(college, random)))
    yield Daily(CHECK, new=list(_night(college, day)))
    before = day - timedelta(days=1)
    done = _day_cases(college, before) if before > college.spec.data_day else []
    opened = [each | {"ZT": "1", "BJSJ": "", "MYD": ""} for each in _day_cases(college, day)]
    yield Daily(CASE, new=opened, changed=done)


def _returned(college: College, random: Random) -> Iterator[Record]:
    """Yield a student who comes back, or the first time leaves the lessons for a while."""
    for student in random.sample(college.students, 2):
        yield _student(replace(student, suspended=not student.suspended))


def _day_cases(college: College, day: date) -> list[Record]:
    first = _FIRST_OF_DAYS + (day - college.spec.data_day).days * _CASES_A_DAY
    return [case_record(college, first + number, day) for number in range(_CASES_A_DAY)]


def _student(student: Student) -> Record:
    turn = int(student.no)
    return {
        "XH": student.no,
        "XM": student.name,
        "XBDM": "1" if student.female else "0",
        "XJZTDM": "02" if student.suspended else "01",
        "ZZMM": "中共党员" if turn % 50 == 0 else ("团员" if turn % 3 else "群众"),
    }


def check_record(student: Student, night: date, state: str) -> Record:
    """Return one dormitory check; a second entry for the same night replaces the first."""
    minute = int(student.no) % 45
    return {
        "XH": student.no,
        "CQSJ": oracle_time(datetime.combine(night, time(22, minute))),
        "ZQZT": state,
        "SSL": student.group.building,
        "FJH": student.room,
        "CQR": student.group.head_no,
    }


def _checks(college: College) -> Iterator[Record]:
    for nights_ago in range(_NIGHTS, 0, -1):
        yield from _night(college, college.spec.data_day - timedelta(days=nights_ago))


def _night(college: College, night: date) -> Iterator[Record]:
    random = dice(college.spec.seed, "dorm", night)
    for student in college.students:
        drawn = random.random()
        missing = drawn < _MISSING_SHARE
        away = drawn < _MISSING_SHARE + _LEAVE_SHARE
        yield check_record(student, night, "未归" if missing else "请假" if away else "在寝")


def case_record(college: College, number: int, day: date | None = None) -> Record:
    """Return an affair by its number; on ``day`` it has just come in, else it is an older one."""
    random = dice(college.spec.seed, "case", number)
    code, name, kind, unit, hours = random.choice(_ITEMS)
    start = college.spec.data_day - timedelta(days=random.randint(3, _CASE_DAYS))
    applied = datetime.combine(day or start, time(9)) + timedelta(minutes=random.randint(0, 480))
    due = applied + timedelta(hours=hours)
    late = random.random() < (0.16 if unit == "ZCC" else 0.05)
    finished = applied + timedelta(hours=hours * (random.uniform(1.1, 1.9) if late else 0.6))
    if day:
        finished = applied + timedelta(minutes=random.randint(5, 55))
    return {
        "BJBH": f"BJ{college.spec.academic_year}{number:06d}",
        "SXBM": code,
        "SXMC": name,
        "SXLX": kind,
        "SQRLX": "学生",
        "SQR": random.choice(college.students).no,
        "CLBM": unit,
        "SQSJ": oracle_time(applied),
        "YBJSJ": oracle_time(due),
        "BJSJ": oracle_time(finished),
        "ZT": "2",
        "MYD": str(random.choice((3, 4, 5, 5, 5))),
    }
