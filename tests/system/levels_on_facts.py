"""The figure eight of every level of the plan, from its opening to the next cycle, on facts.

What lifts each gate is a fact of the service that owns it: a goal that is published, a standard in
force, a task accepted and reported on, a value that was handed in and approved, an assessment that
is published, and what the cycle concludes, learns, proposes and hands on. All levels are walked at
once, for objects of the demonstration college and through the gateway; two persons decide on each
other's work. The college is busy with its present periods: these cycles are of later ones.
"""

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import httpx

from tests import conftest
from tests.system.test_figure_eight import STEPS, TODAY, do
from tests.system.test_journey import rows

YEAR: Final = TODAY.year + 6
until = partial(conftest.until, seconds=120)
"""The college measures much else beside."""

SPIRAL, TARGET, HUB = "/api/spiral/v1", "/api/target/v1", "/api/datahub/v1"
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
    owner: str = ""
    """Whom its cycle names as its lead, once it is open."""

    @property
    def key(self) -> str:
        return f"lv-{self.definition.replace('_', '-')}"

    @property
    def indicator(self) -> str:
        return f"lv_content_{self.judged.partition(':')[0]}"

    @property
    def kind(self) -> str:
        return self.scope.partition("/")[0]

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
    _year("school_year", "school/19001"),
    _year("department_year", "unit/JWC", "department"),
    _span("cadre_term", "teacher/T060", "cadre"),
    _span("major_construction", "major/440301"),
    _span("course_construction", "course/C0011"),
    _study("classroom_teaching", "class/2026-2027-1-C0011-01", TERM),
    _span("teacher_title", "teacher/T061"),
    _span("teacher_appointment", "teacher/T062"),
    _study("student_term", "student/20260001", TERM),
    _study("student_year", "student/20260002", AYEAR),
)


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


async def prepare(portal: httpx.AsyncClient) -> None:
    """Put what the levels are measured by, and its standard."""
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
    [lead] = opened["owners"]["lead"]
    walk = replace(walk, level=replace(walk.level, owner=lead))
    await before(walk)
    known, measure = await after(walk)
    closed, landing = await follow(walk, measure)
    entries = await rows(walk.portal, f"{walk.path}/entries")
    return {
        "definition": opened["definition"],
        "left": [each["left"] for each in entries if each["what"] != "reassigned"],
        "known": (known["state"], known["value"]),
        "closed": (closed["state"], closed["forced"], closed["open_corrections"]),
        "landed": (landing["carried"], landing["rate"]),
    }


async def walk_all(
    portal: httpx.AsyncClient, person: httpx.AsyncClient, office: httpx.AsyncClient
) -> list[dict[str, Any]]:
    """Walk every level at once; return what was seen of each."""
    await prepare(portal)
    return await asyncio.gather(*(walked(Walk(each, portal, person, office)) for each in LEVELS))


WALKED: Final = [
    {
        "definition": f"{level.definition}@1",
        "left": [None, *STEPS],
        "known": ("met_target", "0.92"),
        "closed": ("closed", [], 0),
        "landed": (1, "1.000000"),
    }
    for level in LEVELS
]
"""What is to be seen of each level."""
