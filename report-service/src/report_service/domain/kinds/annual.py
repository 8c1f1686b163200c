"""The tables of the annual quality report (年度质量报告), filled from what is measured.

A row whose indicator has no value says so: nothing is typed in its place.

Source: 高等职业教育质量年度报告, by the names of its tables (计分卡、满意度、教学资源、国际影响、
服务贡献、落实政策); which indicator fills a row is our default.
"""

from collections.abc import Callable, Sequence
from typing import Final

from report_service.domain.document.blocks import Block, Cell
from report_service.domain.document.writing import columns, paragraph, plain, soft, table
from report_service.domain.kinds.kind import SectionRule, Told
from report_service.domain.wording import figure, instant_words, period_words, reason_words

TABLES: Final[dict[str, tuple[str, tuple[tuple[str, str], ...]]]] = {
    "scorecard": (
        "计分卡",
        (
            ("毕业生毕业去向落实率", "destination_ratio"),
            ("毕业生月收入", "graduate_salary"),
            ("专业对口就业比例", "related_job_ratio"),
            ("自主创业比例", "self_employed_ratio"),
            ("毕业率", "graduation_ratio"),
            ("到课率", "attendance_rate"),
            ("课程及格率", "course_pass_rate"),
        ),
    ),
    "satisfaction": (
        "满意度调查",
        (
            ("毕业生满意度", "graduate_satisfaction"),
            ("用人单位满意度", "employer_satisfaction"),
            ("家长满意度", "parent_satisfaction"),
            ("教职工满意度", "staff_satisfaction"),
        ),
    ),
    "resources": (
        "教学资源",
        (
            ("生师比", "student_staff_ratio"),
            ("双师素质专任教师比例", "dual_qualified_ratio"),
            ("高级专业技术职务专任教师比例", "senior_title_ratio"),
            ("研究生学历教师比例", "postgraduate_teacher_ratio"),
            ("生均教学科研仪器设备值", "equipment_value_per_student"),
            ("生均教学及辅助、行政办公用房面积", "teaching_area_per_student"),
            ("生均校内实践教学工位数", "stations_per_student"),
            ("生均图书", "books_per_student"),
            ("百名学生教学用计算机", "computers_per_100"),
            ("网络出口带宽", "network_bandwidth"),
            ("优质课程（加权）", "excellent_courses_weighted"),
            ("专业教学资源库（加权）", "resource_banks_weighted"),
        ),
    ),
    "international": (
        "国际影响",
        (
            ("国际合作项目数", "exchange_projects"),
            ("在校国（境）外留学生数", "overseas_students"),
        ),
    ),
    "service": (
        "服务贡献",
        (
            ("横向技术服务到款额", "commissioned_funds"),
            ("纵向科研经费到款额", "public_funds"),
            ("技术交易到款额", "transfer_funds"),
            ("授权专利数", "patents_granted"),
            ("非学历培训到款额", "training_income"),
            ("公益性培训服务", "public_training_hours"),
            ("社会培训人次与在校生之比", "social_training_ratio"),
        ),
    ),
    "policy": (
        "落实政策",
        (
            ("年生均财政拨款水平", "grant_per_student"),
            ("教学经费占比", "teaching_spend_ratio"),
            ("师资培训经费占比", "training_spend_ratio"),
            ("招生计划完成率", "plan_fulfilment_ratio"),
            ("订单培养学生比例", "order_student_ratio"),
            ("现代学徒制学生比例", "apprentice_ratio"),
            ("有合作企业的专业比例", "majors_with_company_ratio"),
            ("企业兼职教师比例", "part_time_teacher_ratio"),
        ),
    ),
}
"""By key: title, and rows with the indicator that fills each."""

_COLUMNS = columns(
    ("row", "指标", 6), ("current#", "本年", 3), ("before#", "上年", 3), ("fresh", "数据时间", 4)
)


def table_of(key: str) -> Callable[[Told], Sequence[Block]]:
    """Return what makes one of the tables."""
    title, rows = TABLES[key]

    def make(told: Told) -> Sequence[Block]:
        measured = [
            found
            for _, each in rows
            if (found := told.facts.measurements.get(each)) and found.value is not None
        ]
        made = table(
            key, f"{title}表", _COLUMNS, [(each, _row(told, name, each)) for name, each in rows], ""
        )
        said = paragraph(
            f"{title}表列 ",
            told.writer.counted(len(rows), " 项"),
            "，有数据 ",
            told.writer.counted(len(measured), " 项"),
            "。",
        )
        return [said, made]

    return make


SECTIONS: Final = tuple(
    SectionRule(key=key, title=title, make=table_of(key)) for key, (title, _) in TABLES.items()
)


def _row(told: Told, name: str, indicator: str) -> tuple[Cell, ...]:
    measured = told.facts.measurements.get(indicator)
    past = told.facts.history.get(indicator, ())
    unit = told.facts.unit_of(indicator)
    if measured is None:
        return plain(name), plain("无数据"), plain("—"), plain("—")
    current = told.writer.bound(figure(measured.value, unit), f"measurement/{indicator}")
    reason = reason_words(measured.reason)
    before: Cell = plain("—")
    if past:
        key = f"past/{past[0].id}@{past[0].version}"
        before = (
            told.writer.bound(figure(past[0].value, unit), key),
            soft(period_words(past[0].period)),
        )
    return (
        plain(name),
        (current, *([soft(reason)] if reason else [])),
        before,
        plain(instant_words(measured.freshest_at)),
    )
