"""Surveys of the market and of employers: a spreadsheet's CSV with a BOM, words for marks."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from helix8.demo.college.catalogue import MAJORS
from helix8.demo.college.model import College
from helix8.demo.college.records import Daily, Export, Format, Record, Table
from helix8.demo.college.spec import dice

SYSTEM = "survey"

_LAYOUT = Format("utf-8-sig")
SURVEY = Export("survey/问卷列表.csv", "survey.survey", _LAYOUT, ("问卷ID",))
"""Never dirty, for its answers would wait for it."""

ANSWER = Export(
    "survey/答卷明细.csv",
    "survey.survey_answer",
    _LAYOUT,
    ("问卷ID", "答卷编号"),
    (("总体满意度", "说不清"), ("提交答卷时间", "2026/11/31 10:00:00"), ("总分", "八十分")),
)

_OPEN_DAYS = 21
_UNEASY = "440301"
"""Employers are less content with this major whatever the day: it is warned."""

_MARKS = ((90, "很满意"), (75, "满意"), (60, "基本满意"), (0, "不满意"))


class _Plan(NamedTuple):
    """A survey; ``asks`` are its questions with the least and the highest answer."""

    number: str
    title: str
    audience: str
    asks: tuple[tuple[str, int, int], ...]
    invited: int


_PLANS = (
    _Plan(
        "DC01",
        "用人单位对毕业生的满意度调查",
        "用人单位",
        (("专业能力", 1, 5), ("职业素养", 1, 5), ("岗位适应", 1, 5)),
        800,
    ),
    _Plan(
        "DC02",
        "建筑行业人才需求市场调研",
        "用人单位",
        (("明年用人数", 0, 60), ("起薪（元）", 3500, 8000)),
        600,
    ),
    _Plan("DC03", "毕业生跟踪调查", "毕业生", (("专业对口", 1, 5), ("薪酬满意", 1, 5)), 1000),
    _Plan("DC04", "专业设置与招生市场调研", "家长", (("报考意愿", 1, 5), ("专业知晓", 1, 5)), 900),
)


def tables(college: College) -> Iterator[Table]:
    """Yield the surveys of the term, and what has been answered."""
    yield SURVEY.table(_survey(college, plan) for plan in _PLANS)
    first = college.spec.data_day - timedelta(days=_OPEN_DAYS - 1)
    days = (first + timedelta(days=passed) for passed in range(_OPEN_DAYS))
    yield ANSWER.table(row for day in days for row in _answers(college, day)).spoiled(college.spec)


def daily(college: College, day: date) -> Iterator[Daily]:
    """Yield the answers of a day."""
    yield Daily(ANSWER, new=list(_answers(college, day)))


def _survey(college: College, plan: _Plan) -> Record:
    spec = college.spec
    opened = spec.first_day - timedelta(days=_OPEN_DAYS)
    return {
        "问卷ID": plan.number,
        "问卷标题": plan.title,
        "调查对象": plan.audience,
        "学年学期": f"{spec.academic_year}-{spec.academic_year + 1}学年第一学期"
        if spec.term_code == 1
        else f"{spec.academic_year}-{spec.academic_year + 1}学年第二学期",
        "满分": "100分",
        "开始日期": _day(opened),
        "截止日期": _day(spec.ends_on),
        "发放份数": str(plan.invited),
    }


def _day(day: date) -> str:
    return f"{day.year}/{day.month:02d}/{day.day:02d}"


def _answers(college: College, day: date) -> Iterator[Record]:
    random = dice(college.spec.seed, "answers", day)
    for plan in _PLANS:
        for number in range(1, random.randint(2, 6)):
            moment = datetime.combine(day, time(8)) + timedelta(seconds=random.randrange(50_000))
            total = min(100, max(40, round(random.gauss(84, 9))))
            asked = {name: random.randint(least, most) for name, least, most in plan.asks}
            major = random.choice(MAJORS).code
            total -= 20 if major == _UNEASY else 0
            yield {
                "序号": str(number),
                "问卷ID": plan.number,
                "答卷编号": f"{plan.number}-{day:%Y%m%d}-{number:02d}",
                "提交答卷时间": moment.strftime("%Y/%m/%d %H:%M:%S"),
                "所用时间": f"{random.randint(40, 600)}秒",
                "来源": random.choice(("微信", "链接", "手机短信")),
                "所属群体": json.dumps({"major": major}),
                "所属专业": major,
                "总体满意度": next(word for least, word in _MARKS if total >= least),
                "总分": f"{total}分",
                "答案": json.dumps(asked, ensure_ascii=False),
            }
