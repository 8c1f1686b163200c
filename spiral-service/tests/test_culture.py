"""Quality culture: who takes part, campaigns with materials, surveys, the index; advice."""

from datetime import date
from typing import Any

import pytest

from shared.contracts.datahub import ScopeOwner
from shared.contracts.gateway import PersonSignedIn
from shared.kit.identity import Caller

KEY = "AAA/2013-2014-1"
CYCLE = {"key": KEY, "scope": "class/AAA-2013J", "period": "term:2013-2014-1"}
SCHOOL = "school/S1"
CELL = {"scope": SCHOOL, "period": "year:2026", "level": "awareness", "measure": "spirit"}
CAMPAIGN = {
    "scope": SCHOOL,
    "level": "awareness",
    "measure": "spirit",
    "title": "质量月",
    "text": "人人讲质量",
    "held_on": "2026-10-15",
    "participants": 860,
}
DAYS_IN = ((2098, 12, 31), (2099, 1, 1))
DAYS = {"from": "2026-01-01", "to": "2099-12-31"}


async def advice_read_by(world: Any, who: str) -> Any:
    caller = Caller(subject=who, scopes=frozenset({"spiral:read"}))
    token = {"authorization": f"Bearer {world.signer.sign(caller, 'spiral')}"}
    params = {"student": "student/X1"}
    return await world.running.client.get("/v1/advice", params=params, headers=token)


async def test_participation_counts_who_acted_when_and_where(world: Any) -> None:
    owner = ScopeOwner(role="class_teacher", person="teacher/T001")
    await world.scope(CYCLE["scope"], seq=2, owners=(owner,))
    for person in ("teacher/T001", "teacher/T002", "student/X1"):
        await world.scope(person)
    await world.post("cycles", CYCLE)
    await world.ready()
    moved = await world.post_as("person/T001", f"cycles/{KEY}/moves", {"to": "standard"})
    await world.post_as("person/X1", "lessons", {"cycle": KEY, "title": "走访", "text": "尽早走访"})
    found = await world.get("culture/participation", **DAYS)
    before = await world.get("culture/participation", **{"from": "2020-01-01", "to": "2020-12-31"})

    def rates(shares: Any) -> dict[str, Any]:
        return {each["name"]: (each["count"], each["of"], each["rate"]) for each in shares}

    assert moved.status_code == 200, moved.text
    assert rates(found["roles"]) == {
        "class_teacher": (1, 1, "1.000000"),
        "student": (1, 1, "1.000000"),
        "teacher": (1, 2, "0.500000"),
    }
    assert rates(found["phases"]) == {
        "before": (1, 1, "1.000000"),
        "during": (0, 1, "0.000000"),
        "after": (1, 1, "1.000000"),
    }
    assert rates(found["fields"])["teacher"] == (0, 2, "0.000000")
    assert sum(each["count"] for each in before["roles"]) == 0
    assert "T001" not in str(found)


async def test_the_index_comes_from_surveys_and_from_use(world: Any, until: Any) -> None:
    await world.scope(SCHOOL)
    await world.scope("teacher/T001")
    before, within = (PersonSignedIn(person="person/T001", on=date(*day)) for day in DAYS_IN)
    await world.tell(before)
    empty = await world.get("culture/index", scope=SCHOOL, period="year:2099")
    told = CELL | {"respondents": 640, "period": "year:2099"}
    handed = [await world.post("culture/surveys", told | {"score": each}) for each in ("70", "80")]
    index = handed[-1].json()

    assert (empty["value"], len(empty["cells"])) == (None, 12)
    assert empty["words"].startswith("缺少调查数据")
    [cell] = [each for each in index["cells"] if each["score"] is not None]
    assert (cell["level_zh"], cell["measure_zh"], cell["score"]) == ("知晓", "精神", "80")
    # Of one teacher none has acted, and he signed in the year before.
    assert (index["survey"], index["use"], index["value"]) == ("80.00", "0.00", "48.00")
    assert index["words"] == "0.6 × 80.00 + 0.4 × 0.00 = 48.00"

    await world.tell(within, within)

    async def again() -> Any:
        return await world.get("culture/index", scope=SCHOOL, period="year:2099")

    used = await until(again, lambda each: each["use"] != "0.00")
    assert [(each["name"], each["count"], each["of"]) for each in used["uses"]][:2] == [
        ("participation", 0, 1),
        ("sign_ins", 1, 1),
    ]
    assert (used["use"], used["value"]) == ("50.00", "68.00")


async def test_a_measured_indicator_stands_in_for_a_survey(world: Any, told: Any) -> None:
    place = {"scope": CYCLE["scope"], "period": CYCLE["period"], "indicator": "satisfaction"}
    body = {"level": "identification", "measure": "conduct"} | place
    none = await world.post("culture/surveys", body)
    await world.knows(told.attainment(indicator="satisfaction"))
    measured = await world.post("culture/surveys", body)
    both = await world.post("culture/surveys", body | {"score": "9"})

    assert (none.status_code, list(none.json()["validationErrors"])) == (422, ["$.indicator"])
    assert both.status_code == 422
    [cell] = [each for each in measured.json()["cells"] if each["score"] is not None]
    assert (cell["indicator"], float(cell["score"])) == ("satisfaction", 20)


@pytest.mark.parametrize(("who", "status"), [("person/T001", 201), ("person/X1", 403)])
async def test_who_leads_a_scope_records_its_campaigns(world: Any, who: str, status: int) -> None:
    owner = ScopeOwner(role="school_leader", person="teacher/T001")
    await world.scope(SCHOOL, owners=(owner,))
    member = frozenset({"spiral:take-part"})
    answer = await world.post_as(who, "culture/campaigns", CAMPAIGN, may=member)

    assert answer.status_code == status, answer.text


async def test_a_campaign_is_kept_with_its_materials(world: Any) -> None:
    await world.scope(SCHOOL)
    client = world.running.client
    kind = {"content-type": "application/octet-stream"}
    file = (await client.post("/v1/evidence", content="海报文字".encode(), headers=kind)).json()
    poster = {"digest": file["digest"], "name": "海报.txt"}
    made = await world.post("culture/campaigns", CAMPAIGN | {"materials": [poster]})
    strange = await world.post(
        "culture/campaigns", CAMPAIGN | {"materials": [poster | {"digest": "0" * 64}]}
    )
    nowhere = await world.post("culture/campaigns", CAMPAIGN | {"scope": "school/S9"})
    [listed] = await world.get("culture/campaigns", scope=SCHOOL)
    content = await client.get(f"/v1/evidence/{file['digest']}")
    index = await world.get("culture/index", scope=SCHOOL, period="year:2026")
    await world.scope("teacher/T001")
    await world.post("cycles", CYCLE)
    idea = {"cycle": KEY, "title": "家校联系", "text": "建立家校联系"}
    proposed = await world.post_as("person/T001", "proposals", idea)
    place = f"proposals/{proposed.json()['id']}/decision"
    await world.post_as("person/T002", place, {"state": "accepted"})
    wall = await world.get("culture/wall")

    assert made.status_code == 201, made.text
    assert listed == made.json()
    assert listed["materials"] == [poster]
    assert content.content.decode() == "海报文字"
    assert list(strange.json()["validationErrors"]) == ["$.materials[0].digest"]
    assert list(nowhere.json()["validationErrors"]) == ["$.scope"]
    assert [each["campaigns"] for each in index["cells"]] == [1, *[0] * 11]
    assert wall["campaigns"] == [listed]
    assert [(each["kind"], each["title"], each["scope"]) for each in wall["results"]] == [
        ("proposal", "家校联系", CYCLE["scope"])
    ]
    rates = [(each["name"], each["count"], each["of"]) for each in wall["values"]]
    assert rates == [("cherish", 1, 1), ("create", 1, 1), ("enjoy", 0, 0)]


@pytest.mark.parametrize(
    ("who", "status"), [("person/T001", 201), ("person/T002", 403), ("person/X1", 403)]
)
async def test_who_answers_for_a_student_puts_advice_on_record(
    world: Any, who: str, status: int
) -> None:
    owner = ScopeOwner(role="counsellor", person="teacher/T001")
    await world.scope(CYCLE["scope"], seq=2, owners=(owner,))
    await world.scope("student/X1", parents=(CYCLE["scope"],))
    member = frozenset({"spiral:read", "spiral:take-part"})
    advice = {"student": "student/X1", "topic": "学习方法", "text": "每周答疑一次"}
    answer = await world.post_as(who, "advice", advice, may=member)
    own, other = [await advice_read_by(world, each) for each in ("person/X1", "person/T002")]
    roles = (await world.get("culture/participation", **DAYS))["roles"]

    assert answer.status_code == status, answer.text
    assert [each["text"] for each in own.json()] == (["每周答疑一次"] if status == 201 else [])
    assert other.status_code == 403
    took_part = {each["name"]: (each["count"], each["of"]) for each in roles}
    assert took_part["counsellor"] == (int(status == 201), 1)


async def test_who_may_not_is_told_neither_which_persons_there_are_nor_who_is_like_them(
    world: Any,
) -> None:
    await world.scope("student/X1", name_zh="王小明")
    member = frozenset({"spiral:read", "spiral:take-part"})

    async def told(may: frozenset[str], student: str) -> tuple[int, str]:
        advice = {"student": student, "topic": "学习方法", "text": "每周答疑一次"}
        campaign = CAMPAIGN | {"scope": student}
        asked = {"advice": advice, "culture/campaigns": campaign}
        answers = [await world.post_as("person/T9", *each, may=may) for each in asked.items()]
        [status] = {each.status_code for each in answers}
        kinds = [(each.json()["type"], each.json().get("validationErrors")) for each in answers]
        return status, str(kinds).replace(student, "")

    [known, unknown] = [await told(member, f"student/X{each}") for each in (1, 2)]
    misspelt = await told(frozenset({"spiral:*"}), "student/X2")

    assert known == unknown
    assert (known[0], misspelt[0]) == (403, 422)
    assert "王小明" not in misspelt[1]
