"""Who may hand in, decide and read the evidence: what his role allows, where he answers for it."""

import hashlib
from typing import Any

import pytest
import pytest_asyncio

from datahub.tests.handing import EMPLOYERS, LINK, PERIOD, as_person, entry
from datahub.tests.national_college import deliver
from shared.kit.clock import CAMPUS, now
from shared.kit.identity import Caller

pytestmark = pytest.mark.asyncio(loop_scope="module")

PDF = b"%PDF-1.7 the answers of 50 employers"
ELSEWHERE = "urn:helix8:problem:handed-elsewhere"
SMALL = {**EMPLOYERS, "indicator": "employers_of_few", "minimum_sample": 1}
NOTHING: list[Any] = []
PEOPLE = {
    "lead": (11, ("hand-in",)),
    "head": (10, ("hand-in", "approve")),
    "other_lead": (21, ("hand-in",)),
    "other_head": (20, ("hand-in", "approve")),
    "lead_who_may_decide": (11, ("hand-in", "approve")),
    "quality": (30, ("hand-in", "approve", "every-scope")),
    "other_quality": (31, ("hand-in", "approve", "every-scope")),
    "principal": (1, ("hand-in", "approve")),
    "reader": (40, ()),
}
"""Number of a member of staff, and what his role allows."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(hub: Any, signing_keys: Any) -> Any:
    """Two units with a head, a major each with its lead, a principal, and the quality office."""
    numbers = sorted({number for number, _ in PEOPLE.values()})
    await deliver(
        hub, "staff", *({"staff_no": f"T{each}", "name": f"员{each}"} for each in numbers)
    )
    await deliver(hub, "school", {"school_code": "S", "name": "示例学校", "leader_no": "T1"})
    units = [
        {"org_code": f"U{each}", "name": f"系{each}", "leader_no": f"T{each}0"} for each in "12"
    ]
    await deliver(hub, "org_unit", *units)
    majors = [
        {
            "major_code": f"M{place}{each}",
            "name": f"专业{place}{each}",
            "org_code": f"U{place}",
            "director_no": f"T{place}1",
        }
        for place in "12"
        for each in range(8)
    ]
    await deliver(hub, "major", *majors)
    for document in (EMPLOYERS, SMALL):
        answer = await hub.client.put(f"/v1/indicators/{document['indicator']}", json=document)
        assert answer.status_code == 201, answer.text
    await hub.settled()

    async def told() -> bool:
        query = "SELECT count(*) FROM scope WHERE doc -> 'owners' <> '[]' AND kind <> 'teacher'"
        return (await hub.sql(query))[0]["count"] == len(majors) + len(units) + 1

    await hub.until(told)
    hub.who = {
        name: as_person(signing_keys, number, *may) for name, (number, may) in PEOPLE.items()
    }
    return hub


async def hand(desk: Any, who: str, scope: str, **more: Any) -> Any:
    body = entry(scope=scope, **more)
    return await desk.client.post("/v1/handed-in", json=body, headers=desk.who[who])


async def handed(desk: Any, who: str, scope: str, **more: Any) -> Any:
    answer = await hand(desk, who, scope, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def decide(desk: Any, who: str, key: str, step: str = "approval") -> Any:
    body = None if step == "approval" else {"reason": "样本算错"}
    path = f"/v1/handed-in/{key}/{step}"
    return await desk.client.post(path, json=body, headers=desk.who[who])


async def upload(desk: Any, who: str, content: bytes) -> str:
    answer = await desk.client.post("/v1/evidence", content=content, headers=desk.who[who])
    assert answer.is_success, answer.text
    return str(answer.json()["digest"])


async def readers(desk: Any, digest: str, *names: str) -> dict[str, int]:
    """Return what each of some people gets who asks for a file."""
    path = f"/v1/evidence/{digest}"
    return {
        name: (await desk.client.get(path, headers=desk.who[name])).status_code for name in names
    }


@pytest.mark.parametrize(
    ("who", "scope", "status"),
    [
        ("lead", "major/M10", 201),
        ("head", "major/M11", 201),
        ("principal", "school/S", 201),
        ("quality", "major/M20", 201),
        ("lead", "major/M21", 403),
        ("head", "major/M21", 403),
        ("lead", "school/S", 403),
        ("reader", "major/M12", 403),
        ("lead", "student/NOBODY", 403),
        ("quality", "student/NOBODY", 422),
    ],
)
async def test_a_value_is_handed_in_for_what_one_answers_for(
    desk: Any, who: str, scope: str, status: int
) -> None:
    answer = await hand(desk, who, scope)

    assert answer.status_code == status
    if status == 403 and who != "reader":
        assert answer.json()["type"] == ELSEWHERE
        assert list(answer.json()["validationErrors"]) == ["$.scope"]


async def test_a_system_that_is_bound_to_its_scopes_hands_in_nothing(
    desk: Any, signing_keys: Any
) -> None:
    caller = Caller(subject="system/T11", scopes=frozenset({"datahub:hand-in"}))
    who = {"authorization": f"Bearer {signing_keys[0].sign(caller, 'datahub')}"}
    answer = await desk.client.post("/v1/handed-in", json=entry(scope="major/M12"), headers=who)

    assert (answer.status_code, answer.json()["type"]) == (403, ELSEWHERE)


async def test_who_leads_the_unit_decides_and_nobody_else_does(desk: Any) -> None:
    found = await handed(desk, "lead", "major/M13")
    refused = {
        who: (await decide(desk, who, found["id"])).status_code
        for who in ("other_head", "other_lead", "reader")
    }
    own = await decide(desk, "lead_who_may_decide", found["id"])
    taken = await decide(desk, "head", found["id"])

    assert refused == {"other_head": 403, "other_lead": 403, "reader": 403}
    assert (own.status_code, own.json()["type"]) == (403, "urn:helix8:problem:own-value")
    assert taken.status_code == 200


async def test_to_lead_a_major_is_not_to_decide_on_what_its_unit_hands_in(desk: Any) -> None:
    found = await handed(desk, "head", "major/M14")
    answer = await decide(desk, "lead_who_may_decide", found["id"])
    own = await decide(desk, "head", found["id"])
    above = await decide(desk, "quality", found["id"])

    assert (answer.status_code, answer.json()["type"]) == (403, ELSEWHERE)
    assert (own.status_code, own.json()["type"]) == (403, "urn:helix8:problem:own-value")
    assert above.status_code == 200


async def test_the_quality_office_decides_everywhere_on_what_others_entered(desk: Any) -> None:
    found = await handed(desk, "quality", "major/M22")
    own = await decide(desk, "quality", found["id"], "rejection")
    other = await decide(desk, "other_quality", found["id"], "rejection")

    assert (own.status_code, other.status_code) == (403, 200)


async def test_each_is_told_what_he_may_do(desk: Any) -> None:
    found = await handed(desk, "lead", "major/M15")
    may = {}
    for who in ("lead", "head", "other_head", "quality", "reader"):
        told = await desk.client.get(f"/v1/handed-in/{found['id']}", headers=desk.who[who])
        may[who] = {name for name, each in told.json()["may"].items() if each}

    assert may == {
        "lead": {"revise", "withdraw"},
        "head": {"approve", "reject", "revise", "withdraw"},
        "other_head": set(),
        "quality": {"approve", "reject", "revise", "withdraw"},
        "reader": set(),
    }


async def test_what_is_approved_is_taken_back_by_who_leads_there(desk: Any) -> None:
    found = await handed(desk, "lead", "major/M16")
    await decide(desk, "head", found["id"])
    refused = [
        (await decide(desk, who, found["id"], "withdrawal")).status_code
        for who in ("lead", "other_head", "reader")
    ]
    taken = await decide(desk, "head", found["id"], "withdrawal")

    assert refused == [403, 403, 403]
    assert taken.json()["state"] == "withdrawn"


async def test_a_sheet_tells_of_the_rows_that_are_not_ones_own(desk: Any) -> None:
    head = "indicator,scope,period,numerator,denominator,n,link"
    rows = [f"employers_content,major/{each},{PERIOD},45,50,50,{LINK}" for each in ("M17", "M23")]
    answer = await desk.client.post(
        "/v1/handed-in-sheet",
        params={"dryRun": True},
        content="\n".join(
            [head, *rows, f"employers_content,major/M17,{PERIOD},,,,", "x,y,z,1,,a,"]
        ),
        headers={**desk.who["lead"], "content-type": "text/csv"},
    )
    told = answer.json()

    assert (told["received"], told["entered"], told["rejected"]) == (3, 1, 2)
    assert [list(each["cells"]) for each in told["rows"]] == [[], ["B3"], ["A5", "B5", "C5", "F5"]]


async def test_a_sheet_tells_nobody_elsewhere_that_he_guessed_a_value(desk: Any) -> None:
    row = "employers_content,major/M16,year:2023,45,50,50,https://survey.example.edu/2025"
    sheet = f"indicator,scope,period,numerator,denominator,n,link\n{row}"

    async def verdicts(who: str) -> list[Any]:
        headers = {**desk.who[who], "content-type": "text/csv"}
        answer = await desk.client.post("/v1/handed-in-sheet", content=sheet, headers=headers)
        return [(each["verdict"], [*each["errors"]]) for each in answer.json()["rows"]]

    before = await verdicts("other_lead")
    assert await verdicts("lead") == [("entered", [])]
    assert await verdicts("other_lead") == before == [("rejected", ["$.scope"])]
    assert await verdicts("lead") == [("unchanged", [])]


async def test_a_value_out_of_sight_is_not_there_for_who_would_decide_on_it(
    desk: Any, signing_keys: Any
) -> None:
    """By no step, though it waits no more; who sees it is told what he may."""
    found = await handed(desk, "lead", "major/M11", period="year:2023")
    assert (await decide(desk, "head", found["id"])).status_code == 200
    may = frozenset({"datahub:read", "datahub:hand-in", "datahub:approve"})

    async def statuses(scope: str, key: str) -> set[int]:
        caller = Caller(
            subject="person/T20",
            roles=frozenset({"unit_head"}),
            scopes=may,
            holds=frozenset({("unit_head", scope)}),
        )
        who = {"authorization": f"Bearer {signing_keys[0].sign(caller, 'datahub')}"}
        path, why = f"/v1/handed-in/{key}", {"reason": "样本算错"}
        body = entry(scope="major/M11", period="year:2023")
        asked = [
            desk.client.get(path, headers=who),
            desk.client.put(path, headers=who, json=body),
            desk.client.post(f"{path}/approval", headers=who),
            desk.client.post(f"{path}/rejection", headers=who, json=why),
            desk.client.post(f"{path}/withdrawal", headers=who, json=why),
        ]
        return {(await each).status_code for each in asked}

    assert await statuses("unit/U2", found["id"]) == {404}
    assert await statuses("unit/U1", found["id"]) == {200, 403, 409}


async def test_who_may_hand_in_no_more_takes_back_nothing(desk: Any, signing_keys: Any) -> None:
    found = await handed(desk, "lead", "major/M12", period="year:2023")
    desk.who["lead_no_more"] = as_person(signing_keys, 11)
    answer = await decide(desk, "lead_no_more", found["id"], "withdrawal")

    assert (answer.status_code, answer.json()["type"]) == (403, ELSEWHERE)


async def test_the_template_has_the_scopes_that_one_answers_for(desk: Any) -> None:
    async def scopes(who: str) -> int:
        query = {"indicator": "employers_content", "period": PERIOD, "format": "csv"}
        answer = await desk.client.get(
            "/v1/handed-in-template", params=query, headers=desk.who[who]
        )
        return len(answer.text.split()) - 1

    assert [await scopes(who) for who in ("lead", "head", "principal", "quality")] == [8, 8, 17, 17]


async def test_evidence_is_for_those_who_answer_for_the_scope(desk: Any) -> None:
    digest = await upload(desk, "lead", PDF)
    before = await readers(desk, digest, "lead", "head", "quality")
    await handed(desk, "lead", "major/M17", evidence=digest, evidence_name="问卷.pdf", note="张三")
    after = await readers(desk, digest, *PEOPLE)
    got = await desk.client.get(f"/v1/evidence/{digest}", headers=desk.who["head"])
    told = {
        who: (
            await desk.client.get(
                "/v1/handed-in", params={"scope": "major/M17"}, headers=desk.who[who]
            )
        ).json()[0]
        for who in ("head", "reader")
    }

    assert before == {"lead": 200, "head": 404, "quality": 404}
    disposition = "attachment; filename*=UTF-8''%E9%97%AE%E5%8D%B7.pdf"
    assert got.headers["content-disposition"] == disposition
    assert after == {
        "lead": 200,
        "head": 200,
        "other_lead": 404,
        "other_head": 404,
        "lead_who_may_decide": 200,
        "quality": 200,
        "other_quality": 200,
        "principal": 200,
        "reader": 404,
    }
    seen = {
        who: (each["value"], each["evidence_name"], each["note"], each["may"]["evidence"])
        for who, each in told.items()
    }
    assert seen == {
        "head": ("0.900000", "问卷.pdf", "张三", True),
        "reader": ("0.900000", None, None, False),
    }


async def test_evidence_of_what_few_say_is_for_those_who_entered_it_or_decide(desk: Any) -> None:
    digest = await upload(desk, "head", PDF + b" of four")
    more = {"indicator": "employers_of_few", "evidence": digest, "n": 4}
    await handed(desk, "head", "major/M10", **more, numerator="3", denominator="4")

    found = await readers(desk, digest, "head", "principal", "quality", "lead", "reader")

    assert found == {"head": 200, "principal": 200, "quality": 200, "lead": 404, "reader": 404}


async def test_who_knows_a_digest_alone_does_not_come_by_the_file(desk: Any) -> None:
    digest = await upload(desk, "lead", PDF + b" of the first unit")
    await handed(desk, "lead", "major/M12", evidence=digest)
    answer = await hand(desk, "other_lead", "major/M24", evidence=digest)
    absent = await hand(desk, "other_lead", "major/M24", evidence="0" * 64)
    again = await upload(desk, "other_lead", PDF + b" of the first unit")
    taken = await hand(desk, "other_lead", "major/M24", evidence=digest)

    assert [each.status_code for each in (answer, absent, taken)] == [422, 422, 201]
    assert answer.json()["validationErrors"] == absent.json()["validationErrors"]
    assert again == digest == hashlib.sha256(PDF + b" of the first unit").hexdigest()


async def test_a_reviser_keeps_the_evidence_that_was_there(desk: Any) -> None:
    digest = await upload(desk, "lead", PDF + b" once")
    found = await handed(desk, "lead", "major/M10", period="year:2023", evidence=digest)
    body = entry(scope="major/M10", period="year:2023", numerator="44", evidence=digest)
    path = f"/v1/handed-in/{found['id']}"
    answer = await desk.client.put(path, json=body, headers=desk.who["head"])

    assert (answer.status_code, answer.json()["evidence"]) == (200, digest)


async def told_facts(desk: Any) -> list[Any]:
    """Return the facts about steps, once everything is told."""

    async def is_told() -> bool:
        return (await desk.sql("SELECT count(*) FROM outbox"))[0]["count"] == 0

    await desk.until(is_told)
    return [each for each in await desk.facts() if ".step." in each["type"]]


async def steps_of(desk: Any, *keys: str) -> list[tuple[str, str, Any]]:
    """Return what was told of the steps of some values: what, of which, how."""
    told = await told_facts(desk)
    found = [(each["type"].split(".")[3], each["data"]["step"], each["data"]) for each in told]
    return [(what, step, data) for what, step, data in found if step.rpartition("/")[2] in keys]


async def test_what_waits_is_a_step_until_somebody_decides(desk: Any) -> None:
    when = {"period": "year:2022"}
    first = await handed(desk, "lead", "major/M10", **when)
    body = entry(scope="major/M10", numerator="44", **when)
    path = f"/v1/handed-in/{first['id']}"
    second = (await desk.client.put(path, json=body, headers=desk.who["lead"])).json()
    await decide(desk, "head", second["id"], "rejection")
    third = (
        await desk.client.put(f"/v1/handed-in/{second['id']}", json=body, headers=desk.who["lead"])
    ).json()
    await decide(desk, "head", third["id"])
    await decide(desk, "head", third["id"], "withdrawal")
    fourth = await handed(desk, "lead", "major/M10", **when)
    await decide(desk, "lead", fourth["id"], "withdrawal")
    keys = [each["id"] for each in (first, second, third, fourth)]
    told = await steps_of(desk, *keys)

    assert [(what, keys.index(step.rpartition("/")[2])) for what, step, _ in told] == [
        *(("opened", 0), ("closed", 0), ("opened", 1), ("closed", 1)),
        *(("opened", 2), ("closed", 2), ("opened", 3), ("closed", 3)),
    ]
    how = [(data["how"], data["by"]) for what, _, data in told if what == "closed"]
    assert how == [
        ("replaced", "person/T11"),
        ("rejected", "person/T10"),
        ("approved", "person/T10"),
        ("withdrawn", "person/T11"),
    ]
    opened = told[0][2]
    assert opened == {
        "step": f"datahub/handed-in/{first['id']}",
        "kind": "approval",
        "scope": "major/M10",
        "link": f"/handed-in/{first['id']}",
        "title_zh": "审批填报：用人单位满意度",
        "title_en": "Approve a value: Employers' satisfaction",
        "period": "year:2022",
        "role": "leader",
        "owners": [],
        "permission": "datahub:approve",
        "not_by": "person/T11",
        "opened_at": first["entered_at"],
        "due_at": opened["due_at"],
    }


async def test_a_dry_run_tells_of_no_step(desk: Any) -> None:
    before = await told_facts(desk)
    head = "indicator,scope,period,numerator,denominator,n,link"
    answer = await desk.client.post(
        "/v1/handed-in-sheet",
        params={"dryRun": True},
        content=f"{head}\nemployers_content,major/M10,year:2021,45,50,50,{LINK}",
        headers={**desk.who["lead"], "content-type": "text/csv"},
    )
    after = await told_facts(desk)

    assert answer.json()["entered"] == 1
    assert after == before


STEPS = """
SELECT convert_from(payload, 'UTF8')::jsonb -> 'data' AS told
  FROM (SELECT id, payload, type FROM fact UNION ALL SELECT id, payload, type FROM outbox) f
 WHERE type LIKE 'qa.datahub.step.%' AND convert_from(payload, 'UTF8') LIKE '%' || :step || '%'
 ORDER BY id
"""


async def test_a_value_that_only_people_can_say_is_a_step_of_who_answers_for_its_scope(
    desk: Any,
) -> None:
    """It is closed when one is handed in, and asked anew when that one is rejected."""
    year = now().astimezone(CAMPUS).year - 1
    cell = f"employers_of_few|major/M27|year:{year}"
    said = {"indicator": "employers_of_few", "period": f"year:{year}"}

    async def told(count: int) -> list[Any]:
        async def enough() -> bool:
            return len(await desk.sql(STEPS, step=cell)) == count

        await desk.until(enough)
        return [each["told"] for each in await desk.sql(STEPS, step=cell)]

    [opened] = await told(1)
    value = await handed(desk, "other_lead", "major/M27", **said)
    await told(2)
    await decide(desk, "quality", value["id"], "rejection")
    _, closed, again = await told(3)

    names = ("step", "kind", "role", "owners", "permission", "title_zh", "period", "link")
    assert {name: opened[name] for name in names} == {
        "step": f"datahub/to-hand-in/{cell}/1",
        "kind": "form",
        "role": "owner",
        "owners": ["teacher/T21"],
        "permission": "datahub:hand-in",
        "title_zh": "填报：用人单位满意度",
        "period": f"year:{year}",
        "link": f"/handed-in?indicator=employers_of_few&scope=major/M27&period=year:{year}",
    }
    assert (closed["step"], closed["how"]) == (opened["step"], "answered")
    assert again["step"] == f"datahub/to-hand-in/{cell}/2"
