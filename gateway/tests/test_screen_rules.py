"""The pure rules of the screens: the way to them, their forms, the series, what is said."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.access.domain.origins import LANDING, landing
from gateway.portal.api.goals import side_of
from gateway.portal.domain import cycle_forms, goal_forms, guide, mending
from gateway.portal.domain.navigation import GROUPS, group_of, groups_for, place_of
from gateway.portal.domain.pictures import picture, style_of
from gateway.portal.domain.series import Line, Point, draw_series
from gateway.portal.domain.terms import TERMS
from gateway.portal.domain.texts import (
    fault_text,
    one_language,
    periods_in,
    periods_near,
    place_in,
)
from gateway.portal.domain.words import WORDS, Words
from gateway.portal.schemas.goals import Limit

GLOSSARY = Path(__file__).parents[2] / "shared" / "GLOSSARY.md"
CAMPUS = ZoneInfo("Asia/Shanghai")


def test_everybody_finds_the_way_to_what_he_may_see() -> None:
    everywhere = groups_for(lambda _: True)
    assert everywhere == list(GROUPS)
    reader = {
        place.path for each in groups_for(lambda p: p == "target:read") for place in each.places
    }
    assert {"/chains", "/sheets", "/map", "/tasks"} <= reader
    assert not {"/import", "/operations", "/cycles"} & reader
    strangers = [place.path for each in groups_for(None) for place in each.places]
    assert strangers == ["/docs", "/events"]


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/", "nav-home"),
        ("/goals/school-pass", "nav-goals"),
        ("/cycles/2026-2027-1/school/19001", "nav-spiral"),
        ("/quarantine/7", "nav-data"),
        ("/mapx", None),
    ],
)
def test_a_page_lies_in_its_group(path: str, word: str | None) -> None:
    group = group_of(list(GROUPS), path)
    assert (group.word if group else None) == word


def test_every_screen_of_the_domain_tells_its_terms_and_they_are_those_of_the_glossary() -> None:
    glossary = GLOSSARY.read_text(encoding="utf-8")
    told = {term for group in GROUPS for place in group.places for term in place.terms}
    assert told == set(TERMS)
    named = [word for zh, *_ in TERMS.values() for word in re.split("[、：（）/ ]+", zh) if word]
    assert [word for word in named if word not in glossary and word != "标准"] == []
    goals = group_of(list(GROUPS), "/goals/x")
    assert place_of(goals, "/goals/x") == place_of(goals, "/chains")
    assert place_of(None, "/x") is None


def test_a_first_visit_follows_one_number_on_the_way_of_ones_role() -> None:
    assert guide.way_of("", frozenset({"student_affairs"})) == "counsellor"
    assert guide.way_of("teacher", frozenset({"admin"})) == "teacher"
    assert guide.way_of("nobody", frozenset()) == guide.FIRST
    assert guide.home_of(frozenset({"teacher", "unit_head"})) == "/tasks"
    assert guide.home_of(frozenset({"student"})) == "/mine"
    expert = frozenset({"teacher", "body_member"})
    assert (guide.home_of(expert), guide.way_of("", expert)) == ("/reviews", "body_member")
    assert (landing("/"), landing("/alerts")) == (LANDING, "/alerts")
    trace, work = guide.STOPS["trace"], guide.STOPS["correction"]
    number = {"cell": "i|course/C1|term:2026-2027-1", "correction": ""}
    assert guide.address(trace, number) == "/trace?cell=i%7Ccourse%2FC1%7Cterm%3A2026-2027-1"
    assert guide.address(work, number) == "/corrections"
    words = {stop.title or stop.word for stop in guide.STOPS.values()}
    assert words | {f"guide-{word}" for word in guide.STOPS} <= WORDS.keys()
    assert {stop for way in guide.WAYS.values() for stop in way} == guide.STOPS.keys()


def test_a_picture_carries_the_style_of_figures_alone_and_no_variable() -> None:
    sheet = (
        ":root{--ink:var(--h8-ink, #111);--line:#eee} @media (x){:root{--ink:#fff}.chart a{top:0}}"
        ".chart text, .radar a{fill:var(--ink)} .card{color:var(--ink)} .chart .axis{stroke:"
        "var(--line)} .eight.tall{display:none}"
    )
    style = style_of(sheet)
    assert style == ".chart text, .radar a{fill:#111}.chart .axis{stroke:#eee}"
    drawn = picture('<p><svg viewBox="0 0 20 10"><g/></svg><svg viewBox="1 1 1 1"></svg>', style)
    assert drawn.startswith('<svg xmlns="http://www.w3.org/2000/svg" width="52" height="42"')
    assert drawn.endswith('fill="#fff"/><svg viewBox="0 0 20 10"><g/></svg></svg>')
    assert f"<style>{style}</style>" in drawn
    assert picture("<p>no figure</p>", style) == ""


def test_a_move_is_forced_only_where_the_form_says_so() -> None:
    assert cycle_forms.moving({"to": "design"}) == {"to": "design", "reason": ""}
    forced = cycle_forms.moving({"to": "design", "reason": "急", "force": "1"})
    assert forced == {"to": "design", "reason": "急", "force": True}


def test_alerts_are_carried_over_with_a_reason_each() -> None:
    said = cycle_forms.closing({"reason": "期满", "carry.A1": "整改跨学期", "version": "3"})
    assert said == {"reason": "期满", "carried": [{"alert": "A1", "reason": "整改跨学期"}]}


def test_a_deadline_lies_at_the_end_of_its_day_on_campus() -> None:
    given = {"clock": "goal_due", "due_at": "2026-12-01", "reason": "顺延"}
    assert cycle_forms.planning(given, CAMPUS)["due_at"] == "2026-12-01T23:59:00+08:00"
    assert cycle_forms.planning({"due_at": "明天"}, CAMPUS)["due_at"] == "明天"


@dataclass(frozen=True)
class Asked:
    """A field of a form."""

    name: str
    type: str


def test_the_form_of_a_step_says_lists_by_line_and_leaves_out_what_is_empty() -> None:
    fields = [Asked("title", "text"), Asked("items", "list"), Asked("open", "boolean")]
    given = {"data.items": "甲\n\n 乙 ", "data.other": "x", "data.open": "false"}
    data = {"items": ["甲", "乙"], "open": False}
    assert cycle_forms.filing("scheme", fields, given) == {"form": "scheme", "data": data}


def test_a_goal_keeps_what_its_form_does_not_ask() -> None:
    kept = {"key": "g", "title": "旧", "budget": "5", "target": {"op": "<=", "value": "1"}}
    assert goal_forms.goal({"title": "新"}, kept) == kept | {"title": "新"}
    said = goal_forms.goal({"key": "g", "op": "<=", "target": "17"})
    assert said == {"key": "g", "target": {"op": "<=", "value": "17"}}


def test_a_goal_is_divided_among_the_rows_that_name_a_scope() -> None:
    parent = {"key": "p", "title": "提高", "period": "year:2026", "indicator": "i"}
    parent |= {"deadline": "2026-12-31", "system": None, "target": {"op": "<=", "value": "3"}}
    given = {"allocation": "weighted", "children.1.scope": "major/1", "children.1.target": "2"}
    given |= {"children.1.weight": "1", "children.2.title": "没有对象"}
    said = goal_forms.children(given, parent)
    assert said["allocation"] == "weighted"
    [child] = said["children"]
    assert (child["key"], child["title"]) == ("p.major-1", "提高")
    assert (child["target"], child["weight"]) == ({"op": "<=", "value": "2"}, "1")
    assert (child["period"], child["indicator"]) == ("year:2026", "i")


def test_a_row_is_mended_where_it_was_touched() -> None:
    raw = {"XH": "1", "CQSJ": "2026-13-05", "n": 3, "答案": {"a": 1}, "空": None}
    shown = mending.shown(raw)
    assert shown[2:] == [("n", "3"), ("答案", '{"a": 1}'), ("空", "")]
    given = {f"column.{name}": text for name, text in shown} | {"column.CQSJ": "2026-12-05"}
    assert mending.mended(raw, given) == raw | {"CQSJ": "2026-12-05"}
    assert mending.shown("not a record") == []


def test_a_series_shades_where_its_limits_hold_and_where_its_floor_fails() -> None:
    at_least, warns = Limit(op=">=", value="0.9"), Limit(op="<", value="0.7")
    sides = [side_of(kind, at_least) for kind in ("target", "standard", "floor")]
    sides += [side_of("warning", warns), side_of("target", Limit(op="=", value="1"))]
    lines = [
        Line("target", "目标", Decimal("0.9"), "above"),
        Line("floor", "底线", Decimal("0.5"), "below"),
    ]
    svg = draw_series([Point("一", Decimal("0.7"), "70%")], lines, "x")

    assert sides == ["above", "above", "below", "below", ""]
    assert re.findall(r'class="band (.*?)" d="(.*?)"', svg) == [
        ("target", "M40 36.8H490V18H40Z"),
        ("floor", "M40 187.2H490V206H40Z"),
    ]


def test_a_series_is_drawn_with_its_lines_and_a_gap_where_nothing_was_measured() -> None:
    points = [
        Point("一", Decimal("0.9"), "90%"),
        Point("二", Decimal("0.92"), "92%"),
        Point("三", None, "—"),
        Point("<四>", Decimal("0.95"), "95%"),
    ]
    svg = draw_series(points, [Line("target", "目标 ≥ 97%", Decimal("0.97"))], '"x"')
    assert svg.count('class="line"') == 1
    assert svg.count("<circle") == 3
    assert svg.count('class="limit target"') == 1
    assert "<四>" not in svg
    assert "style=" not in svg
    assert draw_series([Point("一", None, "—")], [], "x") == ""


def test_names_of_lines_that_lie_close_do_not_touch() -> None:
    lines = [Line("target", "a", Decimal(10)), Line("warning", "b", Decimal("10.01"))]
    svg = draw_series([Point("一", Decimal(1), "1")], lines, "x")
    places = [float(part.split('y="')[1].split('"')[0]) for part in svg.split('class="name"')[1:]]
    assert abs(places[1] - places[0]) >= 13


def test_a_fault_is_told_without_the_pattern_that_programs_read() -> None:
    assert fault_text("不合格式 ^(role|person)/x$", Words("zh")) == "写法不对，参照框里的例子"
    assert fault_text("String should match pattern '^a$'", Words("en")).startswith("Not written")
    assert fault_text("须为日期", Words("zh")) == "须为日期"


def test_the_address_in_a_letter_leads_to_a_page_of_the_portal_alone() -> None:
    assert place_in("https://qa.example.edu.cn/cycles/2026/unit/JWC") == "/cycles/2026/unit/JWC"
    assert place_in("/cycles/2026") == "/cycles/2026"
    assert place_in("//elsewhere.example/cycles") is None
    assert place_in("教务处｜/cycles/2026") is None


def test_a_letter_tells_its_period_in_words() -> None:
    letter = "红色｜工程测量｜term:2026-2027-1｜现值 5%"
    assert periods_in(letter, Words("zh")) == "红色｜工程测量｜2026-2027 学年第 1 学期｜现值 5%"
    assert periods_in("10:30 year:2026", Words("en")) == "10:30 year 2026"


@pytest.mark.parametrize(
    ("today", "terms"),
    [
        ("2026-11-27", ["2026-2027-1", "2025-2026-2"]),
        ("2027-01-31", ["2026-2027-1", "2025-2026-2"]),
        ("2027-02-01", ["2026-2027-2", "2026-2027-1"]),
        ("2027-08-01", ["2027-2028-1", "2026-2027-2"]),
    ],
)
def test_a_form_offers_the_terms_about_today(today: str, terms: list[str]) -> None:
    near = periods_near(datetime.fromisoformat(f"{today}T00:30:00+08:00"), CAMPUS)
    assert [each for each in near if each.startswith("term:")] == [f"term:{t}" for t in terms]
    assert near[4:6] == [f"year:{today[:4]}", f"year:{int(today[:4]) - 1}"]
    assert near[-1] == f"month:{today[:7]}"


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("还没有目标 (there is no goal yet)", "还没有目标", "there is no goal yet"),
        ("目标", "目标", "目标"),
        ("没有“是” (no mapping for “是”; add it)", "没有“是”", "no mapping for “是”; add it"),
        ("plain (words)", "plain (words)", "plain (words)"),
        ("甲 (乙)", "甲 (乙)", "甲 (乙)"),
        ("甲：没有 (甲: there is none)", "甲：没有", "甲: there is none"),
    ],
)
def test_what_is_said_in_both_languages_is_read_in_one(text: str, zh: str, en: str) -> None:
    assert one_language(text, Words("zh")) == zh
    assert one_language(text, Words("en")) == en
