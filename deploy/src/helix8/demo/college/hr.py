"""The personnel system (人事): a CSV out of Excel, with a BOM and dates that lost their format."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from helix8.demo.college.catalogue import UNITS
from helix8.demo.college.model import College
from helix8.demo.college.people import Teacher
from helix8.demo.college.records import Daily, Export, Format, Record, Table, excel, formula

SYSTEM = "hr"

_LAYOUT = Format("utf-8-sig")
UNIT = Export("hr/组织机构.csv", "hr.org_unit", _LAYOUT, ("机构编号",))
# Dirty are only people who teach from outside, so that no post is left empty.
STAFF = Export(
    "hr/教职工.csv", "hr.staff", _LAYOUT, ("工号",), (("职称", "大师"), ("出生日期", "不详")), 176
)

_WORKDAYS, _TUESDAY = 5, 1
_POSTS = {"专任教师": "教学", "行政人员": "行政", "教辅人员": "教辅", "企业兼职": "其他"}
_DEGREES = {"博士研究生": "博士", "硕士研究生": "硕士", "大学本科": "学士"}


def tables(college: College) -> Iterator[Table]:
    """Yield the units and the staff."""
    yield UNIT.table(_units(college))
    # The evaluations of a teacher whom nobody can tell of would wait for ever.
    taught = {(number,) for each in college.classes for number in each.teacher_nos}
    yield STAFF.table(map(_person, college.staff)).spoiled(college.spec, taught)


def daily(college: College, day: date) -> Iterator[Daily]:
    """Yield who came on a day, who rose, and who declined a day later."""
    if day.weekday() >= _WORKDAYS:
        return
    turn = (day - college.spec.data_day).days
    lecturers = [each for each in college.staff if each.title == "讲师"]
    risen = [
        _person(replace(each, title="副教授", titled_on=day)) for each in lecturers[turn : turn + 1]
    ]
    declines = day.weekday() == _TUESDAY and turn > 1
    gone = [_newcomer(college, day - timedelta(days=1))] if declines else []
    yield Daily(STAFF, new=[_newcomer(college, day)], changed=risen, gone=gone)


def _newcomer(college: College, day: date) -> Record:
    """Return somebody who teaches from outside from this day on."""
    turn = (day - college.spec.data_day).days
    pattern = college.staff[-1 - turn % 12]
    number = len(college.staff) + turn + 1
    return _person(replace(pattern, no=f"T{number:03d}", hired_on=day))


def _units(college: College) -> Iterator[Record]:
    for index, unit in enumerate(UNITS):
        yield {
            "机构编号": unit.code,
            "机构名称": unit.name,
            "简称": unit.short,
            "学校代码": formula(college.spec.school_code),
            "上级机构": "无",
            "机构类别": unit.kind,
            "负责人工号": college.leaders[unit.code],
            "成立日期": excel(date(2004 + index % 9, 9, 1)),
        }


def _date(day: date, turn: int) -> str:
    """Write a date the way the clerk of that row did."""
    if turn % 9 == 0:
        return f"{day.year}.{day.month}"
    return day.isoformat() if turn % 5 == 0 else excel(day)


def _person(person: Teacher) -> Record:
    turn = int(person.no[1:])
    return {
        "工号": person.no,
        "姓名": person.name,
        "性别": "女" if person.female else "男",
        "出生日期": _date(person.born_on, turn + 1),
        "部门编号": person.unit,
        "任教专业": formula(person.major) if person.major else "—",
        "人员类别": person.kind,
        "编制": _POSTS[person.kind],
        "当前状态": "在职",
        "来校日期": _date(person.hired_on, turn),
        "学历": person.education,
        "学位": _DEGREES[person.education],
        "职称": person.title,
        "职称取得时间": _date(person.titled_on, turn + 2),
        "双师型": "是" if person.dual else "否",
        "是否外聘": "是" if person.kind == "企业兼职" else "否",
    }
