"""Student affairs (学工): upper-case columns, sex 0/1, OpenURP states, times that end in .0."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from helix8.demo.college.model import College
from helix8.demo.college.people import Student
from helix8.demo.college.records import DemoFile, Format, Record, oracle_time, spoil, write
from helix8.demo.college.spec import dice

SYSTEM = "student_affairs"

_LAYOUT = Format("utf-8")
_NIGHTS = 3
_MISSING_SHARE, _LEAVE_SHARE = 0.003, 0.02
_CASES = 600
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


def files(college: College) -> Iterator[DemoFile]:
    """Yield student states, the last three nights of dormitory checks, and affairs."""
    rows = [_student(student) for student in college.students]
    faults = (("XJZTDM", "04"), ("XJZTDM", "05"), ("XBDM", "2"))
    dirty = spoil(rows, college.spec.seed, "XSXJ", faults)
    yield write("student_affairs/XSXJ.csv", "student_affairs.student", _LAYOUT, rows, dirty=dirty)
    rows = list(_checks(college))
    late = (("ZQZT", "不详"), ("CQSJ", "2026-11-013 22:30:00.0"))
    dirty = spoil(rows, college.spec.seed, "CQJL", late)
    yield write(
        "student_affairs/CQJL.csv", "student_affairs.dorm_check", _LAYOUT, rows, dirty=dirty
    )
    rows = [case_record(college, number) for number in range(1, _CASES + 1)]
    dirty = spoil(rows, college.spec.seed, "BSBJ", (("ZT", "8"), ("MYD", "9"), ("SQRLX", "校友")))
    yield write(
        "student_affairs/BSBJ.csv", "student_affairs.affair_case", _LAYOUT, rows, dirty=dirty
    )


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
        night = college.spec.data_day - timedelta(days=nights_ago)
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
