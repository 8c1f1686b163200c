"""The personnel system (人事): a CSV out of Excel, with a BOM and dates that lost their format."""

from collections.abc import Iterator
from datetime import date

from helix8.demo.college.catalogue import UNITS
from helix8.demo.college.model import College
from helix8.demo.college.people import Teacher
from helix8.demo.college.records import DemoFile, Format, Record, excel, formula, write

SYSTEM = "hr"

_LAYOUT = Format("utf-8-sig")
_POSTS = {"专任教师": "教学", "行政人员": "行政", "教辅人员": "教辅", "企业兼职": "其他"}
_DEGREES = {"博士研究生": "博士", "硕士研究生": "硕士", "大学本科": "学士"}


def files(college: College) -> Iterator[DemoFile]:
    """Yield the units (the whole list) and the staff."""
    yield write("hr/组织机构.csv", "hr.org_unit", _LAYOUT, list(_units(college)))
    rows = [_person(person) for person in college.staff]
    # One row in 200: somebody who teaches from outside, so that no post is left empty.
    rows[-1]["职称"] = "大师"
    yield write("hr/教职工.csv", "hr.staff", _LAYOUT, rows, dirty=1)


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
