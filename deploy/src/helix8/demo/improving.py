"""One turn of the stage loop on the college: a diagnosis signed, a lesson, a measure carried.

And the culture of quality: a campaign with its poster, a survey, advice of a counsellor to a
student; and a review of the annual report that the committee of experts is asked for. The loader's
key drafts and proposes, the leader signs, and the demonstration's account accepts: nobody decides
on what he entered. Where a diagnosis is there already, all of it is left alone.
"""

import asyncio
from datetime import date, timedelta
from typing import Final

from helix8.demo.access import OwnSuite
from helix8.demo.college import College
from helix8.demo.person import Person, Said, another, members
from helix8.demo.portal import Portal, RefusedError
from helix8.progress import Progress
from shared.contracts.vocabulary import STATE_ZH, State

SPIRAL: Final = "/api/spiral/v1"
GOALS: Final = "/api/target/v1/goals"
GOAL: Final = "school-ratio"
"""The goal of the college that is put in force and diagnosed."""

SECONDS: Final = 60.0
"""Until a person has an answer: issuing a report makes its files."""

LOOKS: Final = 120
LOOK_SECONDS: Final = 0.25
CAUSE: Final = "resources"
COMMITTEE: Final = "M142"
"""The committee of experts of the plan."""

_CELLS: Final = {
    ("awareness", "spirit"): "86", ("awareness", "institution"): "78",
    ("identification", "spirit"): "74", ("identification", "conduct"): "71",
    ("construction", "institution"): "66", ("construction", "conduct"): "63",
}  # fmt: skip
"""Results of the questionnaire of the college, which is invented like the college."""


async def improve(
    portal: Portal, suite: OwnSuite, progress: Progress, college: College, day: date
) -> None:
    """Bring one cycle of the college through its stage loop, as far as people do that.

    Raises:
        RefusedError: a step was refused.
    """
    judged = await _find_judged(portal)
    if judged is None:
        progress.step("阶段改进：已有诊断，或尚无已判定的目标", "stage loop: nothing to diagnose")
        return
    student = college.students[0]
    numbers = (college.staff[0].no, student.group.counsellor_no)
    leader, counsellor = (f"teacher/{number}" for number in numbers)
    async with another(suite) as person, members(suite, (leader, counsellor)) as people:
        await _diagnose(portal, people[leader], person, judged)
        await _carry(portal, person, judged)
        advice = {"topic": "学习方法", "text": "每周参加一次课程组答疑，期中后复盘学习计划"}
        advised = {"student": f"student/{student.no}"}
        await people[counsellor].say(f"{SPIRAL}/advice", advised | advice)
    index = await _culture(portal, day)
    await _ask_the_committee(portal, day)
    progress.step(
        f"阶段改进：{judged['goal_title']} 已诊断并签署；质量文化指数 {index}",
        f"stage loop: one goal diagnosed, its measure carried; culture index {index}",
    )


async def _find_judged(portal: Portal) -> Said | None:
    """Return the diagnosis of the goal that can be drafted on data; None where it is drafted."""
    goal = (await portal.get(f"{GOALS}/{GOAL}")).json()
    listed = await portal.get(f"{SPIRAL}/cycles", scope=goal["scope"], state="open")
    # The newest comes first: after the first load that is the next one.
    cycle = listed.json()[-1]
    if goal["state"] == "draft":
        await _publish(portal, goal)
    for _ in range(LOOKS):
        said = (await portal.get(f"{SPIRAL}/diagnoses", cycle=cycle["key"])).json()
        found: Said | None = next((each for each in said if each["goal"] == GOAL), None)
        if found and found["known"]["state"]:
            return None if found["id"] else found | {"period": cycle["period"]}
        await asyncio.sleep(LOOK_SECONDS)
    raise RefusedError(f"{GOAL}: 诊改服务尚未得知 (the spiral has not heard of it)")


async def _publish(portal: Portal, goal: Said) -> None:
    """Put a goal in force; what its SMART check misses is waived with a reason."""
    path = f"{GOALS}/{GOAL}"
    for letter in (each["letter"] for each in goal["smart"] if not each["met"]):
        await portal.send(
            f"{path}/waivers", {"letter": letter, "reason": "首个诊改周期，无往年数据"}
        )
    await portal.send(f"{path}/publish", {"note": "经校长办公会审定"})


async def _diagnose(portal: Portal, leader: Person, person: Person, judged: Said) -> None:
    known, place = judged["known"], {"cycle": judged["cycle"]}
    cause = known["suggested_cause"] or CAUSE
    state = STATE_ZH[State(known["state"])]
    drafted = await portal.send(
        f"{SPIRAL}/diagnoses",
        place
        | {"goal": judged["goal"], "cause": cause}
        | {"conclusion": f"结果为“{state}”，新增专任教师少于计划"},
    )
    path = f"{SPIRAL}/diagnoses/{drafted['id']}"
    for source, speaker, rating in (
        ("self", "责任人", "80"),
        ("student", "学生座谈会", "76"),
        ("peer", "教研室", "82"),
    ):
        said = {"source": source, "speaker": speaker, "rating": rating, "text": "见座谈记录"}
        await leader.say(f"{path}/contributions", said)
    await leader.say(f"{path}/signature", {"note": "同意结论，下一周期跟踪"})
    lesson = {"cause": cause, "indicator": known["indicator"], "title": "招聘计划要早报"}
    text = {"text": "上一年十月前报招聘计划的部门到岗率高，开春再报多半落空。"}
    await leader.say(f"{SPIRAL}/lessons", place | lesson | text)
    idea = {"title": "企业教师双聘", "text": "与合作企业双聘专业教师，先补实训课缺口"}
    proposal = await leader.say(f"{SPIRAL}/proposals", place | idea)
    said = {"state": "accepted", "reason": "列入下一年招聘计划"}
    await person.say(f"{SPIRAL}/proposals/{proposal['id']}/decision", said)


async def _carry(portal: Portal, person: Person, judged: Said) -> None:
    """Let a measure be accepted, and open the next cycle, which takes it over."""
    measure = {"cycle": judged["cycle"], "goal": judged["goal"], "cause": CAUSE}
    said = {"text": "十月底前报齐下一年招聘计划，每月通报到岗情况", "owner": "teacher/T001"}
    made = await portal.send(f"{SPIRAL}/measures", measure | said)
    await person.say(f"{SPIRAL}/measures/{made['id']}/decision", {"accepted": True})
    period = _next_period(judged["period"])
    scope = judged["scope"]
    following = {"key": f"{period.partition(':')[2]}/{scope}", "scope": scope, "period": period}
    await portal.send(f"{SPIRAL}/cycles", following)


async def _culture(portal: Portal, day: date) -> str:
    """Record a campaign and a survey; return the culture index that comes of them."""
    found = (await portal.get("/api/datahub/v1/scopes", kind="school", limit=1)).json()
    scope, period = found[0]["scope"], f"year:{day.year}"
    campaign = {"level": "awareness", "measure": "spirit", "title": "质量月：人人讲质量"}
    told = {"text": "宣讲诊改方案，征集改进建议", "held_on": day.isoformat(), "participants": 860}
    poster = await portal.upload(f"{SPIRAL}/evidence", "人人重视质量、人人创造质量\n".encode())
    files = {"materials": [{"digest": poster["digest"], "name": "质量月海报.txt"}]}
    await portal.send(f"{SPIRAL}/culture/campaigns", {"scope": scope} | campaign | told | files)
    handed = {"respondents": 640, "origin": f"{day.year} 年质量文化问卷"}
    for (level, measure), score in _CELLS.items():
        cell = {"scope": scope, "period": period, "level": level, "measure": measure}
        await portal.send(f"{SPIRAL}/culture/surveys", cell | handed | {"score": score})
    index = await portal.get(f"{SPIRAL}/culture/index", scope=scope, period=period)
    return str(index.json()["value"])


async def _ask_the_committee(portal: Portal, day: date) -> None:
    """Lay the annual report before the committee of experts: three teachers are invited to vote."""
    school = (await portal.get("/api/datahub/v1/scopes", kind="school", limit=1)).json()[0]
    experts = (await portal.get("/api/datahub/v1/scopes", kind="teacher", limit=3)).json()
    said = {
        "document": f"annual-report-{day.year}",
        "kind": "annual_report",
        "title": f"{day.year} 年度质量报告（送审稿）",
        "text": "提请专家委员会审议，重点是存在问题与改进措施",
        "scope": school["scope"],
        "body": COMMITTEE,
        "clauses": [
            {"clause": "2.2", "text": "存在问题"},
            {"clause": "2.3", "text": "改进措施与成效"},
        ],
        "invited": [each["scope"] for each in experts],
        "due_at": f"{day + timedelta(days=14)}T18:00:00+08:00",
    }
    await portal.send(f"{SPIRAL}/review-rounds", said)


def _next_period(period: str) -> str:
    """Return the period after a term, school year or calendar year; empty for others."""
    kind, _, name = period.partition(":")
    parts = [int(each) for each in name.split("-") if each.isdigit()]
    if kind == "year":
        return f"year:{parts[0] + 1}"
    if kind == "ayear":
        return f"ayear:{parts[0] + 1}-{parts[1] + 1}"
    if kind == "term" and parts[2] == 1:
        return f"term:{parts[0]}-{parts[1]}-2"
    return f"term:{parts[0] + 1}-{parts[1] + 1}-1" if kind == "term" else ""
