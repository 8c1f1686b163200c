"""The figure eight of a class, whole: what lifts each gate is a fact of the service that owns it.

A goal that is published, a standard in force, a task accepted and reported on, values measured from
records, an alert and its correction, an assessment published; and the measure that the next cycle
takes over. Nothing is waived and no move is forced. The teacher of the class does his own work, by
his own account; another person decides.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest_asyncio
from nats.aio.client import Client

from shared.calendar import CAMPUS
from shared.kit.clock import now
from tests.conftest import Suite, until
from tests.system.test_correcting import act, person
from tests.system.test_journey import FEEDS, push, rows

__all__ = ["person"]

TODAY: Final = now().astimezone(CAMPUS).date()
YEAR, NEXT = f"year:{TODAY.year}", f"year:{TODAY.year + 1}"
CLASS: Final = "E-2026-01"
TEACHER, COUNSELLOR = "EIGHT-T1", "EIGHT-T2"
SCOPE: Final = f"class/{CLASS}"
SPIRAL, TARGET = "/api/spiral/v1", "/api/target/v1"
KEY: Final = f"eight-{TODAY.year}"
CYCLE: Final = f"{SPIRAL}/cycles/{KEY}"
PASSED: Final = {
    "indicator": "eight_pass_rate",
    "zh": "课程及格率",
    "en": "Pass rate of a course",
    "unit": "ratio",
    "direction": "higher",
    "basis": "系统旅程",
    "formula": "count(enrolment where final_result = 'pass') / count(enrolment)",
    "scopes": [
        {
            "kind": "class",
            "key": "class_no",
            "period": {"kind": "year", "from": {"constant": str(TODAY.year)}},
        }
    ],
}
GOAL: Final = {
    "key": "eight-goal",
    "title": "将课程及格率提高到 90%",
    "scope": SCOPE,
    "period": YEAR,
    "indicator": PASSED["indicator"],
    "baseline": "0.85",
    "target": {"op": ">=", "value": "0.9"},
    "owner": f"teacher/{TEACHER}",
    "aim": "人才培养质量持续提升",
    "history": [
        {"period": f"year:{TODAY.year - back}", "value": value}
        for back, value in ((3, "0.75"), (2, "0.8"), (1, "0.85"))
    ],
}
STANDARD: Final = {
    "key": "eight-standard",
    "title": "课程及格率标准",
    "indicator": PASSED["indicator"],
    "tiers": {"floor": {"op": ">=", "value": "0.6"}, "qualified": {"op": ">=", "value": "0.8"}},
}
TASK: Final = {
    "key": "eight-task",
    "title": "每周答疑一次",
    "kind": "key",
    "system": "generation",
    "scope": SCOPE,
    "owner": f"teacher/{TEACHER}",
    "goals": [GOAL["key"]],
    "starts_on": f"{TODAY.year}-01-01",
    "ends_on": f"{TODAY.year}-12-31",
    "resources": [
        {"kind": "people", "what": "助教", "needed": "1", "available": "1", "unit": "人"}
    ],
}
SCHEME: Final = {
    "key": "eight-scheme",
    "title": "课程评价办法",
    "purpose": "evaluation",
    "kind": "class",
    "items": [
        {"key": "goals", "title": "目标达成", "takes": "goals", "weight": "1"},
    ],
    "objection_days": 0,
}
STEPS: Final = (
    "goal", "standard", "design", "organise", "implement",
    "diagnose", "incentive", "learn", "innovate", "improve",
)  # fmt: skip


async def do(client: httpx.AsyncClient, path: str, said: Any = None, **headers: str) -> Any:
    """Do what must succeed."""
    answer = await client.post(path, json=said, headers=headers)
    assert answer.is_success, f"{path}: {answer.text}"
    return answer.json() if answer.content else None


SignIn = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest_asyncio.fixture
async def signed_in(suite: Suite, person: httpx.AsyncClient) -> AsyncIterator[SignIn]:
    """Make accounts of members of staff, and sign in by them."""
    async with AsyncExitStack() as opened:

        async def sign_in(key: str, role: str = "reader") -> httpx.AsyncClient:
            who = {"login": key.lower(), "password": "correct horse battery"}
            account = who | {"subject": f"person/{key}", "name": key, "roles": [role]}
            await do(person, "/api/gateway/v1/accounts", account)
            client = await opened.enter_async_context(
                httpx.AsyncClient(
                    base_url=suite.url, headers={"origin": suite.url}, timeout=30, trust_env=False
                )
            )
            await do(client, "/api/gateway/v1/sessions", who)
            return client

        yield sign_in


async def records(portal: httpx.AsyncClient) -> None:
    """Hand over a class, who answers for it, its students, and what it is measured by."""
    staff = {
        "feed": "eight.staff",
        "source": "hr",
        "entity": "staff",
        "fields": {"staff_no": {"from": "gh"}, "name": {"from": "xm"}},
    }
    classes = {
        "feed": "eight.class",
        "source": "academic",
        "entity": "teaching_class",
        "fields": FEEDS[0]["fields"] | {"teacher_no": {"from": "jsh"}},
    }
    groups = {
        "feed": "eight.group",
        "source": "student_affairs",
        "entity": "admin_class",
        "fields": {"admin_class_code": {"from": "bj"}, "counsellor_no": {"from": "fdy"}},
    }
    students = {
        "feed": "eight.student",
        "source": "student_affairs",
        "entity": "student",
        "fields": {"student_no": {"from": "xh"}, "admin_class_code": {"from": "bj"}},
    }
    for feed in (*FEEDS, staff, classes, groups, students):
        answer = await portal.put(f"/api/datahub/v1/feeds/{feed['feed']}", json=feed)
        assert answer.status_code in {200, 201}, answer.text
    for feed, csv in (
        ("eight.staff", f"gh,xm\n{TEACHER},周明\n{COUNSELLOR},吴静\n"),
        ("eight.class", f"jxbh,kch,xq,mc,jsh\n{CLASS},E01,2096-2097-1,测量一班,{TEACHER}\n"),
        ("eight.group", f"bj,fdy\nEIGHT-G1,{COUNSELLOR}\n"),
        ("eight.student", "xh,bj\nEIGHT-S1,EIGHT-G1\n"),
        ("journey.student", "xh\n" + "".join(f"S{number}\n" for number in range(10))),
    ):
        answer = await portal.post(
            f"/api/datahub/v1/batches?feed={feed}",
            content=csv.encode(),
            headers={"Content-Type": "text/csv"},
        )
        assert answer.status_code == 200, answer.text
    answer = await portal.put(f"/api/datahub/v1/indicators/{PASSED['indicator']}", json=PASSED)
    assert answer.status_code in {200, 201}, answer.text


async def cycle(portal: httpx.AsyncClient) -> Any:
    return (await portal.get(CYCLE)).json()


async def walk(portal: httpx.AsyncClient, to: str) -> Any:
    """Wait until the gates of the step hold, and go on to the next one."""
    seen = await until(lambda: cycle(portal), lambda each: not each["blockedBy"])
    assert seen["may"]["move"], seen["may"]
    tag = f'"{seen["version"]}"'
    return await do(portal, f"{CYCLE}/moves", {"to": to}, **{"If-Match": tag})


async def blocked(portal: httpx.AsyncClient, to: str) -> list[str]:
    """Return the gates that refuse to let the cycle go on."""
    answer = await portal.post(f"{CYCLE}/moves", json={"to": to})
    assert answer.status_code == 409, answer.text
    return [each.removeprefix("$.gates.") for each in answer.json()["validationErrors"]]


async def judged(portal: httpx.AsyncClient, value: str) -> Any:
    """Wait until the goal is judged on a value."""

    async def found() -> Any:
        each = (await portal.get(f"{TARGET}/attainments", params={"scope": SCOPE})).json()
        return [one["value"] for one in each if one["period"] == YEAR]

    return await until(found, lambda values: value in values)


async def before(
    portal: httpx.AsyncClient, teacher: httpx.AsyncClient, person: httpx.AsyncClient
) -> None:
    """Take the steps before the work: each gate refuses until its fact is there."""
    assert await blocked(teacher, "standard") == ["goal_is_smart"]
    await do(portal, f"{TARGET}/goals", GOAL)
    await do(portal, f"{TARGET}/goals/{GOAL['key']}/publish", {"note": "经集体审议"})
    await walk(teacher, "standard")
    assert await blocked(teacher, "design") == ["standard_is_approved"]
    await do(portal, f"{TARGET}/standards", STANDARD)
    binding = {name: GOAL[name] for name in ("indicator", "scope", "period", "owner")}
    more = {"title": "及格率", "goal": GOAL["key"], "standard": STANDARD["key"]}
    await do(portal, f"{TARGET}/bindings", binding | more)
    await walk(teacher, "design")
    assert await blocked(teacher, "organise") == ["tasks_are_planned"]
    task = f"{TARGET}/tasks/{TASK['key']}"
    await do(portal, f"{TARGET}/tasks", TASK)
    await do(portal, f"{task}/issue")
    await walk(teacher, "organise")
    assert await blocked(teacher, "implement") == ["tasks_are_accepted"]
    await do(teacher, f"{task}/accept")
    await walk(teacher, "implement")
    assert await blocked(teacher, "diagnose") == ["progress_is_reported"]
    await do(teacher, f"{task}/reports", {"progress": "0.5", "said": "已答疑八次"})
    await do(person, f"{task}/reports/1/approve")


async def correct(teacher: httpx.AsyncClient, person: httpx.AsyncClient, integrator: Client) -> Any:
    """Let the value fall below its standard, and correct it in the routine loop."""
    for number in range(10):
        await push(integrator, f"S{number}", "及格" if number < 7 else "不及格", class_no=CLASS)

    async def corrections() -> list[dict[str, Any]]:
        return await rows(teacher, f"{SPIRAL}/corrections", scope=SCOPE)

    await judged(teacher, "0.700000")
    [opened] = await until(corrections, lambda all_: all_ and all_[0]["value"] == "0.700000")
    assert opened["cycle"] == KEY
    due = (TODAY + timedelta(days=1)).isoformat()
    plan = {"cause": "execution", "cause_text": "答疑少", "measure": "每周答疑", "due_on": due}
    await act(teacher, opened["id"], "plan", **plan, back_to="design")
    file = await teacher.post(f"{SPIRAL}/evidence", content="答疑记录".encode())
    named = {"digest": file.json()["digest"], "name": "记录.txt"}
    await act(teacher, opened["id"], "evidence", said="已答疑", files=[named])
    for number in (7, 8):
        await push(integrator, f"S{number}", "及格", class_no=CLASS)

    async def again() -> Any:
        return (await corrections())[0]

    await until(again, lambda each: each["remeasured"] == "0.900000")
    await act(person, opened["id"], "verification", effective=True, note="属实")
    return opened


async def after(
    portal: httpx.AsyncClient,
    teacher: httpx.AsyncClient,
    person: httpx.AsyncClient,
    office: httpx.AsyncClient,
) -> Any:
    """Take the steps after the work; return the measure that was accepted."""
    place, path = {"cycle": KEY}, f"{SPIRAL}/diagnoses"

    async def facts() -> Any:
        [goal] = await rows(teacher, path, **place)
        return goal

    # What the services told one another of the verified correction has arrived.
    known = await until(facts, lambda goal: all(a["settled"] for a in goal["known"]["alerts"]))
    said = {"goal": GOAL["key"], "conclusion": "答疑见效"}
    drafted = await do(teacher, path, place | said)
    await do(person, f"{path}/{drafted['id']}/signature", {"note": "同意"})
    await walk(teacher, "incentive")
    assert await blocked(person, "learn") == ["assessment_is_recorded"]
    run = f"{TARGET}/assessment-runs/eight-run"
    await do(portal, f"{TARGET}/assessment-schemes", SCHEME)
    await do(person, f"{TARGET}/assessment-schemes/{SCHEME['key']}/approval")
    opened = {"key": "eight-run", "title": "课程评价", "scheme": SCHEME["key"], "period": YEAR}
    await do(person, f"{TARGET}/assessment-runs", opened | {"subjects": [{"subject": SCOPE}]})
    for step in ("collect", "compute", "review"):
        await do(person, f"{run}/steps", {"step": step})
    await do(office, f"{run}/publication", {})
    await walk(person, "learn")
    lesson = {"cause": "execution", "indicator": PASSED["indicator"], "title": "答疑要早"}
    assert await blocked(teacher, "innovate") == ["lesson_is_linked"]
    await do(teacher, f"{SPIRAL}/lessons", place | lesson | {"text": "开学第二周起每周一次。"})
    await walk(teacher, "innovate")
    assert await blocked(teacher, "improve") == ["proposal_is_filed"]
    await do(teacher, f"{SPIRAL}/proposals", place | {"title": "题库", "text": "自测题库上线"})
    await walk(teacher, "improve")
    measure = {"goal": GOAL["key"], "text": "答疑列入课表", "owner": f"teacher/{TEACHER}"}
    made = await do(teacher, f"{SPIRAL}/measures", place | measure)
    refused = await person.post(f"{CYCLE}/closing", json={})
    assert list(refused.json()["validationErrors"]) == ["$.gates.measures_are_carried"]
    await do(person, f"{SPIRAL}/measures/{made['id']}/decision", {"accepted": True})
    return known["known"], made["id"]


async def test_the_figure_eight_is_walked_on_facts_of_every_service(
    signed_in: SignIn, portal: httpx.AsyncClient, person: httpx.AsyncClient, integrator: Client
) -> None:
    await records(portal)
    teacher = await signed_in(TEACHER)
    office = await signed_in("EIGHT-T3", "quality_office")

    async def opened() -> Any:
        said = {"key": KEY, "scope": SCOPE, "period": YEAR}
        return await portal.post(f"{SPIRAL}/cycles", json=said)

    await until(opened, lambda answer: answer.is_success)
    await before(portal, teacher, person)
    correction = await correct(teacher, person, integrator)
    await walk(teacher, "diagnose")
    known, measure = await after(portal, teacher, person, office)
    closed = await do(teacher, f"{CYCLE}/closing", {})
    following = {"key": f"{KEY}-2", "scope": SCOPE, "period": NEXT}
    await do(portal, f"{SPIRAL}/cycles", following)
    carried = await rows(portal, f"{SPIRAL}/measures", carriedTo=following["key"])
    said = {"effective": True, "note": "本轮及格率稳定"}
    await do(person, f"{SPIRAL}/measures/{measure}/verification", said)
    landing = await portal.get(f"{SPIRAL}/measures/landing", params={"cycle": following["key"]})
    entries = await rows(portal, f"{CYCLE}/entries")

    assert (known["state"], known["value"]) == ("met_target", "0.900000")
    assert [(each["alert"], each["settled"]) for each in known["alerts"]] == [
        (correction["alert"], True)
    ]
    assert [each["effect"] for each in known["corrections"]] == ["0.200000"]
    assert known["suggested_cause"] == "execution"
    assert (closed["state"], closed["forced"]) == ("closed", [])
    assert [each["left"] for each in entries] == [None, *STEPS]
    seen = {each["kind"] for entry in entries for each in entry["seen"]}
    assert seen >= {"goal", "binding", "task", "attainment", "diagnosis", "assessment"}
    assert seen >= {"lesson", "proposal", "measure", "alert"}
    assert [each["id"] for each in carried] == [measure]
    assert (landing.json()["carried"], landing.json()["rate"]) == (1, "1.000000")


async def test_a_counsellor_puts_advice_on_record_and_his_sign_in_counts_for_the_culture(
    signed_in: SignIn, portal: httpx.AsyncClient
) -> None:
    await records(portal)
    counsellor = await signed_in(COUNSELLOR)
    advice = {"student": "student/EIGHT-S1", "topic": "学习方法", "text": "每周答疑一次"}

    async def advised() -> Any:
        return await counsellor.post(f"{SPIRAL}/advice", json=advice)

    answer = await until(advised, lambda each: each.status_code != 403)
    assert answer.status_code == 201, answer.text
    found = await rows(counsellor, f"{SPIRAL}/advice", student=advice["student"])
    assert [(each["text"], each["by"]) for each in found] == [
        (advice["text"], f"person/{COUNSELLOR}")
    ]
    school = (await portal.get("/api/datahub/v1/scopes", params={"kind": "teacher"})).json()

    async def used() -> Any:
        said = {"scope": f"teacher/{COUNSELLOR}", "period": YEAR}
        answer = await portal.get(f"{SPIRAL}/culture/index", params=said)
        uses = {each["name"]: each["count"] for each in answer.json()["uses"]}
        return uses["sign_ins"]

    assert await until(used, lambda count: count >= 1) <= len(school)
