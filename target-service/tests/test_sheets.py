"""A whole sheet: what it says, and its page: circles in their columns, nothing cut or overlapping.

Boxes of text are reckoned from the SVG, and measured by a browser where there is one.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, product
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from playwright.async_api import async_playwright

from target_service.domain.sheets.band import _fitting
from target_service.domain.sheets.composing import MOST_OWNERS, compose
from target_service.domain.sheets.document import (
    About,
    Cost,
    Language,
    Objective,
    Role,
    Sheet,
    Work,
)
from target_service.domain.sheets.drawing import Size, draw
from target_service.domain.sheets.layout import HEIGHT, MARGIN, WIDTH, Box, lay_out
from target_service.domain.sheets.measuring import width_of

SVG = "{http://www.w3.org/2000/svg}"
SHEETS: list[tuple[int, Language]] = [*product((0, 1, 4, 12, 24, 30), ("zh", "en"))]  # type: ignore[list-item]
DAY = date(2026, 11, 26)
TITLES: dict[Language, tuple[str, ...]] = {
    "zh": (
        "建立诊改领导组织并发布文件",
        "校本数据中心建设与六个业务系统对接，实现源头即时采集，消除信息孤岛",
        "课程标准编制",
        "专业建设标准与专业教学标准修订（含人才培养方案）",
    ),
    "en": (
        "Set up the leading bodies",
        "Build the campus data centre and connect six source systems, with capture at the source",
        "Write course standards",
        "Revise the standards of majors and of their teaching, training plans included",
    ),
}
AIMS: dict[Language, tuple[str, ...]] = {
    "zh": ("学校将到课率提高到 97%", "双师型教师占比提高到 60%，其中专业课教师 80%，聘用企业人员"),
    "en": ("Raise attendance to 97%", "Raise the share of dual-qualified teachers to 60% by 2030"),
}
PEOPLE: dict[Language, tuple[str, ...]] = {
    "zh": ("张伟", "教务处", "马克思主义学院"),
    "en": ("Zhang Wei", "Academic Affairs Office", "School of Marxism"),
}
PROGRESS = [Decimal(each) for each in ("1", "0.75", "0.5", "0.3", "0")]


def make_work(number: int, language: Language, *, qualitative: bool, people: int) -> Work:
    """Return a task; its number chooses all it says."""
    start = date(2026, 3, 1) + timedelta(days=17 * number % 220)
    end = start + timedelta(days=60 + 23 * number % 150)
    progress = PROGRESS[number % 5]
    helper: Role = "B" if number % 2 else "C"
    is_done = progress == 1
    return Work(
        key=f"t{number}",
        title=f"{TITLES[language][number % 4]} {number}",
        state="done" if is_done else "in_progress",
        goals=(f"g{number % 4}",),
        starts_on=start,
        ends_on=end,
        done_on=end if is_done else None,
        progress=progress,
        is_overdue=not is_done and end < DAY,
        roles={f"p{number % people}": "A", f"p{(number + 1) % people}": helper},
        is_qualitative=qualitative,
        lights=((date(2026, 5, 4), "green"), (date(2026, 9, 7), "red")) if qualitative else (),
        budget=Decimal(10_000 * (number + 1)),
        spent=9_000 * (number + 1) * progress,
    )


def make_sheet(count: int, language: Language, *, people: int = 3) -> Sheet:
    """Return a sheet of so many tasks, one in six of them qualitative."""
    plain = count - (count + 5) // 6
    works = [
        make_work(number, language, qualitative=number >= plain, people=people)
        for number in range(count)
    ]
    about = About(
        key="unit/JWC",
        title="教务处 2026 年质量提升工程" if language == "zh" else "Quality programme of 2026",
        leader=PEOPLE[language][0],
        objective=AIMS[language][1],
        summary="",
        forecast="",
    )
    objectives = [Objective(f"g{at}", AIMS[language][at % 2]) for at in range(4)]
    names = {f"p{at}": PEOPLE[language][at % 3] for at in range(people)}
    return compose(about, works, objectives, names, (DAY, language))


def test_costs_count_a_task_once_and_all_of_them_first() -> None:
    sheet = make_sheet(4, "zh")

    total, *others = sheet.costs
    assert (total.label, total.planned, total.actual) == ("合计", 100_000, 46_800)
    assert sum(each.planned for each in others) == total.planned


def test_summary_and_forecast_are_reckoned() -> None:
    about = About(
        key="k", title="t", leader="", objective="", summary="人写的\n\n两行", forecast=""
    )
    work = make_work(2, "zh", qualitative=False, people=1)
    day = date(2026, 5, 15)

    sheet = compose(about, [work], [], {}, (day, "zh"))

    # 2026-04-04 to 2026-07-19 are 107 days; half of the work took 42.
    assert (work.starts_on, work.ends_on) == (date(2026, 4, 4), date(2026, 7, 19))
    assert sheet.summary == (
        "任务 1 项：完成 0，逾期 1，滞后 0",
        "总进度 50%，按日历应为 39%",
        "经费执行 13,500 / 30,000（45%）",
        "人写的",
        "两行",
    )
    assert sheet.forecast == ("按目前进度，2026-06-26 前全部完成，不晚于计划",)


def sheet_of(*works: Work, day: date = DAY, last_day: date | None = None) -> Sheet:
    about = About(
        key="k", title="t", leader="", objective="", summary="", forecast="", last_day=last_day
    )
    return compose(about, works, [Objective("g0", "甲")], {}, (day, "zh"))


def plain_work(key: str, **more: Any) -> Work:
    work = make_work(4, "zh", qualitative=False, people=1)
    return replace(work, key=key, title=key, goals=("g0",), is_overdue=False, **more)


def test_a_plan_of_the_past_is_not_forecast_to_have_ended() -> None:
    past = {"starts_on": date(2021, 1, 1), "ends_on": date(2021, 12, 31), "state": "draft"}

    sheet = sheet_of(plain_work("a", **past))

    assert sheet.forecast[0] == "1 项任务期限已过而没有进度，无从预测"
    assert sheet.periods[-1].ends_on >= DAY  # the line of today lies inside


def test_what_is_late_is_told_beside_what_is_in_time() -> None:
    begun = {"starts_on": date(2026, 1, 1), "progress": Decimal("0.5")}
    late = plain_work("late", **begun, ends_on=date(2026, 12, 31))
    long = plain_work("long", **begun, ends_on=date(2028, 1, 1))
    lost = plain_work("lost", starts_on=date(2021, 1, 1), ends_on=date(2021, 12, 31))

    by, rest = sheet_of(late, long).forecast[0], sheet_of(late, long, lost).forecast[0]

    assert by == "按目前进度，2027-10-22 前全部完成，但 1 项晚于各自的期限"
    assert rest == "其余任务按目前进度 2027-10-22 前完成，其中 1 项晚于各自的期限"


def test_today_outside_the_timeline_is_said() -> None:
    sheet = sheet_of(plain_work("a", starts_on=date(2028, 1, 3), ends_on=date(2028, 2, 6)))

    assert "今日 2026-11-26 不在时间轴 2028-01-03 – 2028-02-06 之内" in sheet.summary


def test_a_task_without_an_end_goes_on_to_the_end_of_the_plan() -> None:
    going = plain_work("a", starts_on=date(2026, 1, 1), ends_on=None)

    [line] = sheet_of(going, last_day=date(2027, 12, 31)).tasks

    assert [each.fill for each in line.circles] == ["empty"] * 24
    assert not any(each.is_late for each in line.circles)


def test_costs_of_what_serves_no_objective_and_of_what_has_no_room_are_summed() -> None:
    none = replace(plain_work("b", budget=Decimal(70)), goals=())
    total, first, others = sheet_of(plain_work("a", budget=Decimal(30)), none).costs
    rows = [Cost(str(at), Decimal(at), Decimal(1)) for at in (10, 1, 2, 3, 4)]

    assert [(each.label, each.planned) for each in (total, first, others)] == [
        ("合计", 100),
        ("甲", 30),
        ("其他", 70),
    ]
    assert _fitting(rows, 3, "其他") == [*rows[:2], Cost("其他", Decimal(9), Decimal(3))]


def test_thirty_tasks_are_shown_and_the_others_told() -> None:
    sheet = make_sheet(33, "en")

    assert (len(sheet.tasks) + len(sheet.qualitative), sheet.left_out) == (30, 3)
    assert "3 more tasks are not on this page" in sheet.summary
    assert sheet.summary[0].startswith("33 tasks")


def test_who_has_most_to_do_gets_a_column_and_the_rest_share_one() -> None:
    sheet = make_sheet(30, "zh", people=20)

    assert len(sheet.owners) == MOST_OWNERS
    assert (sheet.owners[-1].key, sheet.owners[-1].name) == ("", "其他")
    assert all(line.roles for line in sheet.tasks)


@pytest.mark.parametrize(("count", "language"), SHEETS)
def test_every_circle_stands_in_its_period_and_row(count: int, language: Language) -> None:
    sheet = make_sheet(count, language)
    layout, root = lay_out(sheet), parsed(sheet)
    rows = [*sheet.tasks, *sheet.qualitative]

    found = {
        (int(each.attrib["data-task"]), int(each.attrib["data-period"])): box_of_circle(each)
        for each in root.iter(f"{SVG}circle")
        if "data-task" in each.attrib
    }

    planned = {(line.number, each.period) for line in rows for each in line.circles}
    assert set(found) == planned
    for (number, period), box in found.items():
        row = layout.row_of(number - 1, len(sheet.tasks))
        column = layout.timeline.x + period * layout.period
        assert is_inside(box, Box(column, row.y, layout.period, row.height))


def test_dots_stand_in_their_objective() -> None:
    sheet = make_sheet(12, "zh")
    layout, root = lay_out(sheet), parsed(sheet)

    dots = [each for each in root.iter(f"{SVG}circle") if "data-objective" in each.attrib]

    assert len(dots) == sum(len(line.objectives) for line in (*sheet.tasks, *sheet.qualitative))
    for each in dots:
        x = layout.objectives.x + int(each.attrib["data-objective"]) * layout.objective
        band = Box(x, layout.objectives.y, layout.objective, layout.objectives.height)
        assert is_inside(box_of_circle(each), band)


@pytest.mark.parametrize("count", [1, 4, 24])
def test_the_line_of_today_stands_where_the_day_begins(count: int) -> None:
    sheet = make_sheet(count, "zh")
    layout, root = lay_out(sheet), parsed(sheet)
    at = [n for n, each in enumerate(sheet.periods) if each.starts_on <= DAY <= each.ends_on]

    lines = [each for each in root.iter(f"{SVG}line") if "data-today" in each.attrib]

    assert len(lines) == len(at)
    for each, period in zip(lines, at, strict=True):
        # 25 of 30 days of November are over in the morning of the 26th.
        x = layout.timeline.x + (period + 25 / 30) * layout.period
        assert float(each.attrib["x1"]) == float(each.attrib["x2"]) == pytest.approx(x, abs=0.01)
        assert each.attrib["data-today"] == "2026-11-26"


@pytest.mark.parametrize(("count", "language"), SHEETS)
def test_no_text_overlaps_another_or_leaves_the_page(count: int, language: Language) -> None:
    boxes = list(texts_of(parsed(make_sheet(count, language))))
    page = Box(MARGIN, MARGIN, WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN)

    assert [text for text, box in boxes if not is_inside(box, page)] == []
    assert [
        (one, other)
        for (one, first), (other, second) in combinations(boxes, 2)
        if overlaps(first, second)
    ] == []


@pytest.mark.parametrize(("count", "people"), [(4, 3), (24, 7), (30, 20)])
def test_the_boxes_of_a_page_do_not_overlap(count: int, people: int) -> None:
    layout = lay_out(make_sheet(count, "zh", people=people))
    columns = [layout.objectives, layout.numbers, layout.titles, layout.timeline, layout.owners]
    boxes = [layout.header, layout.heading, *columns, layout.band, layout.foot, layout.legend]

    assert [pair for pair in combinations(boxes, 2) if overlaps(*pair)] == []
    assert layout.legend.bottom == pytest.approx(HEIGHT - MARGIN)
    assert layout.owners.right == pytest.approx(WIDTH - MARGIN)
    assert layout.foot.height >= 50


def test_nothing_on_a_page_needs_a_style_and_markup_in_a_title_is_text() -> None:
    sheet = make_sheet(4, "zh")
    about = About(key="k", title="<b>&", leader="", objective="", summary="", forecast="")
    named = compose(about, [], [], {}, (DAY, "zh"))

    assert not re.search("style|class=|href", draw(sheet, "A3"))
    assert "&lt;b&gt;&amp;" in draw(named, "A3")


def test_paper_is_the_only_thing_that_a_size_changes() -> None:
    sheet = make_sheet(12, "zh")

    small, large = draw(sheet, "A4"), draw(sheet, "A3")

    assert 'width="297mm" height="210mm"' in small
    assert large == small.replace('width="297mm" height="210mm"', 'width="420mm" height="297mm"')


MEASURE = """
    (texts) => {
        // The ink of letters is lower than their line, of which a browser tells the box.
        const inkOf = (text) => {
            const { left, right, top, bottom } = text.getBoundingClientRect();
            const up = text.hasAttribute("transform");
            const x = up ? (right - left) * 0.16 : 0;
            const y = up ? 0 : (bottom - top) * 0.16;
            return { left: left + x, right: right - x, top: top + y, bottom: bottom - y };
        };
        const boxes = texts.map((text) => [text.textContent, inkOf(text)]);
        const page = texts[0].ownerSVGElement.getBoundingClientRect();
        const faults = boxes.filter(([, box]) => box.left < page.left || box.right > page.right);
        const meets = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5
            && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5;
        boxes.forEach(([one, first], at) => boxes.slice(0, at).forEach(([other, second]) => {
            if (meets(first, second)) faults.push([one, other]);
        }));
        return faults;
    }
"""


@pytest.mark.needs("chromium")
async def test_a_browser_finds_no_text_cut_or_overlapping() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    sizes: tuple[Size, ...] = ("A3", "A4")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1700, "height": 1200})
        faults = []
        for count, language, size in product((4, 24), ("zh", "en"), sizes):
            await page.set_content(draw(make_sheet(count, language), size))  # type: ignore[arg-type]
            faults += await page.locator("svg text").evaluate_all(MEASURE)
        await browser.close()
    assert faults == []


def parsed(sheet: Sheet) -> ET.Element:
    return ET.fromstring(draw(sheet, "A4"))  # noqa: S314 — our own


def box_of_circle(circle: ET.Element) -> Box:
    x, y, r = (float(circle.attrib[name]) for name in ("cx", "cy", "r"))
    return Box(x - r, y - r, 2 * r, 2 * r)


def texts_of(root: ET.Element) -> Iterator[tuple[str, Box]]:
    """Yield each line of text with the box of its letters."""
    for each in root.iter(f"{SVG}text"):
        content = "".join(each.itertext()) if each.find(f"{SVG}title") is None else each[0].tail
        assert content is not None
        x, y, size = (float(each.attrib[name]) for name in ("x", "y", "font-size"))
        wide = width_of(content, size)
        x -= {"middle": wide / 2, "end": wide}.get(each.attrib.get("text-anchor", ""), 0)
        box = Box(x, y - 0.8 * size, wide, 0.92 * size)
        yield content, turned(box, each.attrib.get("transform"))


def turned(box: Box, transform: str | None) -> Box:
    if transform is None:
        return box
    x, y = map(float, re.findall(r"[\d.]+", transform)[1:])
    return Box(x + box.y - y, y - (box.right - x), box.height, box.width)


def is_inside(box: Box, frame: Box, slack: float = 0.1) -> bool:
    across = frame.x - slack <= box.x and box.right <= frame.right + slack
    return across and frame.y - slack <= box.y and box.bottom <= frame.bottom + slack


def overlaps(one: Box, other: Box, slack: float = 0.05) -> bool:
    wide = min(one.right, other.right) - max(one.x, other.x)
    high = min(one.bottom, other.bottom) - max(one.y, other.y)
    return wide > slack and high > slack
