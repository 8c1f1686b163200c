"""The academic system (教务, 正方): gb18030, pinyin columns, words instead of codes."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from helix8.demo.college.catalogue import BASICS, MAJORS
from helix8.demo.college.model import College
from helix8.demo.college.people import Student
from helix8.demo.college.records import (
    DemoFile,
    Format,
    Record,
    compact,
    formula,
    full_width,
    plain_time,
    spoil,
    write,
)
from helix8.demo.college.spec import CollegeSpec, dice
from helix8.demo.college.teaching import Course, TeachingClass, lesson_dates

SYSTEM = "academic"

_LAYOUT = Format("gb18030")
_EXAM_WEEK = 8
_CREDITS = {"A": ("2.0", "32", "0"), "B": ("4.0", "64", "32"), "C": ("3.0", "60", "60")}
_HOUR_OF = {"1-2": 8, "3-4": 10, "5-6": 14, "7-8": 16}
_WORDS = ((90, "优秀"), (80, "良好"), (70, "中等"), (60, "及格"), (0, "不及格"))


def files(college: College) -> Iterator[DemoFile]:
    """Yield the exports of the academic system, parents before children."""
    yield write("academic/xxxx.csv", "academic.school", _LAYOUT, [_school(college)])
    yield write("academic/xqxx.csv", "academic.term", _LAYOUT, [_term(college.spec)])
    yield write("academic/zyxx.csv", "academic.major", _LAYOUT, list(_majors(college)))
    courses = [_course(course) for course in college.courses]
    yield write("academic/kcxx.csv", "academic.course", _LAYOUT, courses)
    yield write("academic/bjxx.csv", "academic.admin_class", _LAYOUT, list(_groups(college)))
    yield _students(college)
    classes = [_class(college.spec, found) for found in college.classes]
    yield write("academic/jxbxx.csv", "academic.teaching_class", _LAYOUT, classes)
    yield _enrolments(college)
    yield _scores(college)
    yield _attendance(college)


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


def _students(college: College) -> DemoFile:
    rows = [_student(student) for student in college.students]
    faults = (("xb", "3"), ("csrq", "20080230"), ("njdm_id", "二〇二四"))
    dirty = spoil(rows, college.spec.seed, "xsjbxx", faults)
    return write("academic/xsjbxx.csv", "academic.student", _LAYOUT, rows, dirty=dirty)


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


def _enrolments(college: College) -> DemoFile:
    opened = datetime.combine(college.spec.starts_on, time(12)) - timedelta(days=60)
    rows = [
        {
            "jxb_id": found.no,
            "xh": formula(student.no),
            "xksj": plain_time(opened + timedelta(seconds=37 * int(student.no[4:]))),
            "xdfs": "正常",
            "xkzt": "0" if student.no in found.dropped else "1",
        }
        for found in college.classes
        for student in found.students
    ]
    faults = (("xkzt", "9"), ("xdfs", "旁听"), ("xksj", "2026-07-013 12:00:00"))
    dirty = spoil(rows, college.spec.seed, "xkxx", faults)
    return write("academic/xkxx.csv", "academic.enrolment", _LAYOUT, rows, dirty=dirty)


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


def _scores(college: College) -> DemoFile:
    day = exam_day(college.spec)
    rows = [
        score_record(college, found, student_no, points, day)
        for found in college.classes
        for student_no, points in score_points(college, found).items()
    ]
    faults = (("cj", "105"), ("cj", "-1"), ("cj", "一般"), ("xqm", "16"))
    dirty = spoil(rows, college.spec.seed, "cjxx", faults)
    return write("academic/cjxx.csv", "academic.score", _LAYOUT, rows, dirty=dirty)


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


def _attendance(college: College) -> DemoFile:
    rows = [
        mark_record(found, day, student_no, state)
        for found in college.classes
        for day in lesson_dates(college.spec, found)
        for student_no, state in roll_call(college, found, day)
    ]
    faults = (("kqzt", "早读"), ("skrq", "20261332"), ("kqfs", "其它"))
    dirty = spoil(rows, college.spec.seed, "kqxx", faults)
    return write("academic/kqxx.csv", "academic.attendance", _LAYOUT, rows, dirty=dirty)
