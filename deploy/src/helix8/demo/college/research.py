"""Research (科研): semicolons, name and number in one cell, dates in three spellings."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from helix8.demo.college.catalogue import MAJORS
from helix8.demo.college.model import College
from helix8.demo.college.people import Teacher
from helix8.demo.college.records import Daily, Export, Format, Record, Table
from helix8.demo.college.spec import dice

SYSTEM = "research"

OUTPUT = Export(
    "research/科研成果.csv",
    "research.research_output",
    Format("gb18030", ";"),
    ("成果类别", "成果编号"),
    (("发表日期", "二〇二六年九月"), ("成果类别", "报告")),
)

_OUTPUTS = 240
_FIRST_OF_DAYS = 40_000
_WORKDAYS = 5
_KINDS = ("论文", "论文", "论文", "论文", "专利", "著作", "软件著作权")
_VENUES = ("示例职业技术学院学报", "建筑教育示例", "职教改革示例", "工程技术示例")
_TOPICS = ("课程改革研究", "施工工艺优化", "实训教学模式探索", "信息化教学实践", "质量评价方法")


def tables(college: College) -> Iterator[Table]:
    """Yield the outputs of this year and the year before."""
    teachers = _teachers(college)
    rows = (output_record(college, teachers, number) for number in range(1, _OUTPUTS + 1))
    yield OUTPUT.table(rows).spoiled(college.spec)


def daily(college: College, day: date) -> Iterator[Daily]:
    """Yield the output that was registered on a day, and a title that was put right."""
    if day.weekday() >= _WORKDAYS:
        return
    teachers = _teachers(college)
    turn = (day - college.spec.data_day).days
    new = output_record(college, teachers, _FIRST_OF_DAYS + turn, day)
    old = output_record(college, teachers, turn % _OUTPUTS + 1)
    yield Daily(OUTPUT, new=[new], changed=[old | {"成果名称": f"{old['成果名称']}（修订）"}])


def _teachers(college: College) -> list[Teacher]:
    return [person for person in college.staff if person.kind == "专任教师"]


def _date(day: date, turn: int) -> str:
    if turn % 3 == 0:
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.year}.{day.month}" if turn % 3 == 1 else day.isoformat()


def _title(random: Random, author: Teacher) -> str:
    majors = {major.code: major.name for major in MAJORS}
    return f"{majors.get(author.major, '公共基础')}{random.choice(_TOPICS)}"


def output_record(
    college: College, teachers: list[Teacher], number: int, day: date | None = None
) -> Record:
    """Return an output by its number; published on ``day``, else some day of two years."""
    random = dice(college.spec.seed, "output", number)
    first, *others = random.sample(teachers, random.randint(1, 3))
    kind = random.choice(_KINDS)
    span = (college.spec.data_day - date(college.spec.data_day.year - 1, 1, 1)).days
    published = day or college.spec.data_day - timedelta(days=random.randint(0, span))
    return {
        "成果类别": kind,
        "成果编号": f"KY{number:05d}",
        "成果名称": _title(random, first),
        "第一完成人": f"{first.name}/{first.no}",
        "完成人工号": "、".join(person.no for person in (first, *others)),
        "发表日期": _date(published, number),
        "发表载体": random.choice(_VENUES) if kind == "论文" else "无",
        "收录": random.choice(("无", "无", "北大核心", "CSSCI、北大核心"))
        if kind == "论文"
        else "—",
        "专利状态": random.choice(("授权", "待批")) if kind == "专利" else "",
    }
