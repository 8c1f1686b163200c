"""The figure eight of every level of the plan, from its opening to the next cycle, on facts.

What lifts each gate is a fact of the service that owns it: a goal that is published, a standard in
force, a task accepted and reported on, a value that was handed in and approved, an assessment that
is published, and what the cycle concludes, learns, proposes and hands on. All levels are walked at
once, through the gateway; two persons decide on each other's work.
"""

import asyncio
import re
import subprocess
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import httpx

from tests.conftest import HELIX8, Suite, until
from tests.system.test_correcting import person
from tests.system.test_figure_eight import STEPS, TODAY, SignIn, do, signed_in
from tests.system.test_journey import rows

__all__ = ["person", "signed_in"]

YEAR: Final = TODAY.year
SPIRAL, TARGET, HUB = "/api/spiral/v1", "/api/target/v1", "/api/datahub/v1"
OWNER: Final = "teacher/LV-T1"
SPAN, AFTER = f"span:{YEAR - 1}-01-01/{YEAR + 2}-01-01", f"span:{YEAR + 2}-01-01/{YEAR + 5}-01-01"
TERM, AYEAR = "term:{}-{}-1", "ayear:{}-{}"


@dataclass(frozen=True)
class Level:
    """A definition, the object that it is walked for, and when."""

    definition: str
    scope: str
    period: str
    following: str
    judged: str
    """Period of the goal and of its value: that of the cycle, or one in its window."""

    purpose: str = "evaluation"

    @property
    def key(self) -> str:
        return f"lv-{self.definition.replace('_', '-')}"

    @property
    def indicator(self) -> str:
        return f"lv_content_{self.judged.partition(':')[0]}"

    @property
    def kind(self) -> str:
        return self.scope.partition("/")[0]

    @property
    def owner(self) -> str:
        """Who answers for it: whoever it is about, else the member of staff who leads it."""
        return self.scope if self.kind in {"teacher", "student"} else OWNER

    def before(self, years: int) -> str:
        """Return the period of its kind so many years ago."""
        kind = self.judged.partition(":")[0]
        year = YEAR - years
        form = {"term": TERM, "ayear": AYEAR}.get(kind, "year:{}")
        return form.format(year, year + 1)


def _year(definition: str, scope: str, purpose: str = "evaluation") -> Level:
    now, following = f"year:{YEAR}", f"year:{YEAR + 1}"
    return Level(definition, scope, now, following, now, purpose)


def _span(definition: str, scope: str, purpose: str = "evaluation") -> Level:
    return Level(definition, scope, SPAN, AFTER, f"year:{YEAR}", purpose)


def _study(definition: str, scope: str, form: str) -> Level:
    now = form.format(YEAR, YEAR + 1)
    return Level(definition, scope, now, form.format(YEAR + 1, YEAR + 2), now)


LEVELS: Final = (
    _year("school_year", "school/LV-S"),
    _year("department_year", "unit/LV-U", "department"),
    _span("cadre_term", "teacher/LV-T2", "cadre"),
    _span("major_construction", "major/LV-M"),
    _span("course_construction", "course/LV-C"),
    _study("classroom_teaching", "class/LV-K", TERM),
    _span("teacher_title", "teacher/LV-T3"),
    _span("teacher_appointment", "teacher/LV-T4"),
    _study("student_term", "student/LV-X1", TERM),
    _study("student_year", "student/LV-X2", AYEAR),
)
RECORDS: Final = {
    "staff": ("hr", "staff_no", [f"LV-T{number}" for number in range(1, 5)]),
    "school": ("academic", "school_code,leader_no", ["LV-S,LV-T1"]),
    "org_unit": ("hr", "org_code,school_code,leader_no", ["LV-U,LV-S,LV-T1"]),
    "major": ("academic", "major_code,org_code,director_no", ["LV-M,LV-U,LV-T1"]),
    "course": ("academic", "course_code,org_code,owner_no", ["LV-C,LV-U,LV-T1"]),
    "teaching_class": (
        *("academic", "class_no,course_code,term,teacher_no"),
        [f"LV-K,LV-C,{YEAR}-{YEAR + 1}-1,LV-T1"],
    ),
    "student": ("academic", "student_no,major_code", ["LV-X1,LV-M", "LV-X2,LV-M"]),
}
"""By entity its source system, the fields, and records of our own."""


def indicator(period: str) -> dict[str, Any]:
    """Return an indicator that people hand in, for the levels that judge by this kind of period."""
    kinds = {each.kind for each in LEVELS if each.judged.startswith(f"{period}:")}
    return {
        "indicator": f"lv_content_{period}",
        "zh": "满意度",
        "en": "Satisfaction",
        "unit": "ratio",
        "direction": "higher",
        "basis": "系统旅程",
        "manual": True,
        "scopes": [{"kind": kind, "period": period} for kind in sorted(kinds)],
    }


def standard(period: str) -> dict[str, Any]:
    """Return the standard of that indicator."""
    return {
        "key": f"lv-{period}",
        "title": "满意度标准",
        "indicator": f"lv_content_{period}",
        "tiers": {"floor": {"op": ">=", "value": "0.6"}, "qualified": {"op": ">=", "value": "0.8"}},
    }


async def records(portal: httpx.AsyncClient) -> None:
    """Hand over an object of each level, what it is measured by, and its standard."""
    for entity, (source, fields, lines) in RECORDS.items():
        feed = f"lv.{entity}"
        said = {"feed": feed, "source": source, "entity": entity}
        columns = {each: {"from": each} for each in fields.split(",")}
        answer = await portal.put(f"{HUB}/feeds/{feed}", json=said | {"fields": columns})
        assert answer.status_code in {200, 201}, answer.text
        answer = await portal.post(
            f"{HUB}/batches?feed={feed}",
            content="\n".join([fields, *lines, ""]).encode(),
            headers={"Content-Type": "text/csv"},
        )
        assert answer.json()["quarantined"] == 0, answer.text
    for period in sorted({each.judged.partition(":")[0] for each in LEVELS}):
        said = indicator(period)
        answer = await portal.put(f"{HUB}/indicators/{said['indicator']}", json=said)
        assert answer.is_success, answer.text
        # The target service hears of the indicator.
        put = partial(portal.post, f"{TARGET}/standards", json=standard(period))
        await until(put, lambda answer: answer.is_success)


@dataclass(frozen=True)
class Walk:
    """A level that is walked: its cycle, who does the work, and who decides on it."""

    level: Level
    portal: httpx.AsyncClient
    person: httpx.AsyncClient
    office: httpx.AsyncClient

    @property
    def path(self) -> str:
        return f"{SPIRAL}/cycles/{self.level.key}"

    async def cycle(self) -> Any:
        return (await self.portal.get(self.path)).json()

    async def to(self, step: str, gate: str) -> None:
        """Go on as soon as the gate holds, which blocked until its facts were there."""
        seen = await until(self.cycle, lambda each: not each["blockedBy"])
        lit = next(one for one in seen["steps"] if one["lit"])
        assert gate in {each["gate"] for each in lit["gates"]}
        await do(self.portal, f"{self.path}/moves", {"to": step}, **_tag(seen))

    async def blocked(self, step: str) -> list[str]:
        """Return the gates that refuse to let the cycle go on."""
        answer = await self.portal.post(f"{self.path}/moves", json={"to": step})
        assert answer.status_code == 409, answer.text
        return [each.removeprefix("$.gates.") for each in answer.json()["validationErrors"]]

    async def open(self, key: str, period: str) -> Any:
        place = {"scope": self.level.scope, "definition": self.level.definition}
        said = place | {"key": key, "period": period}

        async def opened() -> Any:
            return await self.portal.post(f"{SPIRAL}/cycles", json=said)

        return (await until(opened, lambda answer: answer.is_success)).json()


def _tag(cycle: Any) -> dict[str, str]:
    return {"If-Match": f'"{cycle["version"]}"'}


async def before(walk: Walk) -> None:
    """Take the steps before the work: each gate refuses until its fact is there."""
    level, portal = walk.level, walk.portal
    place = {"scope": level.scope, "period": level.judged, "owner": level.owner}
    assert await walk.blocked("standard") == ["goal_is_smart"]
    history = [
        {"period": level.before(back), "value": value}
        for back, value in ((3, "0.75"), (2, "0.8"), (1, "0.85"))
    ]
    goal = {
        "key": level.key,
        "title": "将满意度提高到 90%",
        "indicator": level.indicator,
        "baseline": "0.85",
        "target": {"op": ">=", "value": "0.9"},
        "aim": "人才培养质量持续提升",
        "history": history,
    }
    await do(portal, f"{TARGET}/goals", goal | place)
    await do(portal, f"{TARGET}/goals/{level.key}/publish", {"note": "经集体审议"})
    await walk.to("standard", "goal_is_smart")
    binding = {
        "indicator": level.indicator,
        "title": "满意度",
        "standard": f"lv-{level.judged.partition(':')[0]}",
    }
    await do(portal, f"{TARGET}/bindings", binding | place | {"goal": level.key})
    await walk.to("design", "standard_is_approved")
    task = {
        "key": level.key,
        "title": "每月座谈",
        "kind": "key",
        "system": "generation",
        "scope": level.scope,
        "owner": level.owner,
        "goals": [level.key],
        "starts_on": f"{YEAR}-01-01",
        "ends_on": f"{YEAR}-12-31",
        "resources": [
            {"kind": "people", "what": "助理", "needed": "1", "available": "1", "unit": "人"}
        ],
    }
    path = f"{TARGET}/tasks/{level.key}"
    await do(portal, f"{TARGET}/tasks", task)
    await do(portal, f"{path}/issue")
    await walk.to("organise", "tasks_are_planned")
    await do(portal, f"{path}/accept")
    await walk.to("implement", "tasks_are_accepted")
    await do(portal, f"{path}/reports", {"progress": "0.5", "said": "已座谈六次"})
    await do(walk.person, f"{path}/reports/1/approve")
    said = {"indicator": level.indicator, "scope": level.scope, "period": level.judged}
    value = {"value": "0.92", "n": 50, "link": "https://survey.example.edu"}
    handed = await do(portal, f"{HUB}/handed-in", said | value)
    await do(walk.person, f"{HUB}/handed-in/{handed['id']}/approval")
    await walk.to("diagnose", "progress_is_reported")


async def assess(walk: Walk) -> None:
    """Publish an assessment of the object."""
    level, person = walk.level, walk.person
    scheme = {
        "key": level.key,
        "title": "考核办法",
        "purpose": level.purpose,
        "kind": level.kind,
        "items": [{"key": "goals", "title": "目标达成", "takes": "goals", "weight": "1"}],
        "objection_days": 0,
    }
    await do(walk.portal, f"{TARGET}/assessment-schemes", scheme)
    await do(person, f"{TARGET}/assessment-schemes/{level.key}/approval")
    run = {"key": level.key, "title": "考核", "scheme": level.key, "period": level.judged}
    term = {"since": f"{YEAR - 1}-01-01", "until": f"{YEAR + 1}-12-31"}
    subjects = [{"subject": level.scope} | (term if level.purpose == "cadre" else {})]
    await do(person, f"{TARGET}/assessment-runs", run | {"subjects": subjects})
    for step in ("collect", "compute", "review"):
        await do(person, f"{TARGET}/assessment-runs/{level.key}/steps", {"step": step})
    await do(walk.office, f"{TARGET}/assessment-runs/{level.key}/publication", {})


async def after(walk: Walk) -> Any:
    """Take the steps after the work; return the goal as it was known, and the measure."""
    level, portal, place = walk.level, walk.portal, {"cycle": walk.level.key}

    async def facts() -> Any:
        [goal] = await rows(portal, f"{SPIRAL}/diagnoses", **place)
        return goal

    known = await until(facts, lambda goal: goal["known"]["value"] is not None)
    said = {"goal": level.key, "conclusion": "座谈见效"}
    drafted = await do(portal, f"{SPIRAL}/diagnoses", place | said)
    await do(walk.person, f"{SPIRAL}/diagnoses/{drafted['id']}/signature", {"note": "同意"})
    await walk.to("incentive", "attainment_is_concluded")
    await assess(walk)
    await walk.to("learn", "assessment_is_recorded")
    lesson = {"indicator": level.indicator, "cause": "execution", "title": "座谈要早"}
    await do(portal, f"{SPIRAL}/lessons", place | lesson | {"text": "每月第一周。"})
    await walk.to("innovate", "lesson_is_linked")
    await do(portal, f"{SPIRAL}/proposals", place | {"title": "问卷", "text": "匿名问卷上线"})
    await walk.to("improve", "proposal_is_filed")
    measure = {"goal": level.key, "text": "座谈列入校历", "owner": level.owner}
    made = await do(portal, f"{SPIRAL}/measures", place | measure)
    await do(walk.person, f"{SPIRAL}/measures/{made['id']}/decision", {"accepted": True})
    return known["known"], made["id"]


async def follow(walk: Walk, measure: str) -> Any:
    """Close the cycle and open the next one, which takes the measure over."""
    seen = await until(walk.cycle, lambda each: not each["blockedBy"])
    closed = await do(walk.portal, f"{walk.path}/closing", {}, **_tag(seen))
    key = f"{walk.level.key}-2"
    await walk.open(key, walk.level.following)
    verdict = {"effective": True, "note": "满意度稳定"}
    await do(walk.person, f"{SPIRAL}/measures/{measure}/verification", verdict)
    landing = await walk.portal.get(f"{SPIRAL}/measures/landing", params={"cycle": key})
    return closed, landing.json()


async def walked(walk: Walk) -> dict[str, Any]:
    """Walk a level from its opening to the next cycle; return what was seen of it."""
    opened = await walk.open(walk.level.key, walk.level.period)
    await before(walk)
    known, measure = await after(walk)
    closed, landing = await follow(walk, measure)
    entries = await rows(walk.portal, f"{walk.path}/entries")
    return {
        "definition": opened["definition"],
        "lead": opened["owners"]["lead"],
        "left": [each["left"] for each in entries if each["what"] != "reassigned"],
        "known": (known["state"], known["value"]),
        "closed": (closed["state"], closed["forced"], closed["open_corrections"]),
        "landed": (landing["carried"], landing["rate"]),
    }


async def test_every_level_is_walked_on_facts_of_the_services_to_its_next_cycle(
    signed_in: SignIn, portal: httpx.AsyncClient, person: httpx.AsyncClient
) -> None:
    await records(portal)
    office = await signed_in("LV-Q1", "quality_office")
    walks = [Walk(each, portal, person, office) for each in LEVELS]
    seen = await asyncio.gather(*(walked(each) for each in walks))

    assert seen == [
        {
            "definition": f"{level.definition}@1",
            "lead": [level.owner],
            "left": [None, *STEPS],
            "known": ("met_target", "0.92"),
            "closed": ("closed", [], 0),
            "landed": (1, "1.000000"),
        }
        for level in LEVELS
    ]


def test_the_state_of_every_cycle_is_that_of_its_events(suite: Suite) -> None:
    command = [HELIX8, "rebuild", "cycles", "--data", str(suite.home.root)]
    done = subprocess.run(command, check=False, timeout=60, capture_output=True, text=True)
    found = re.fullmatch(r"(\d+) 个周期，0 个不符 · \d+ cycles, 0 differ\n", done.stdout)

    assert done.returncode == 0, done.stdout + done.stderr
    assert found
    assert int(found.group(1)) >= 2 * len(LEVELS)
