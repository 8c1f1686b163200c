"""People say whether what was measured of them is right; who leads answers, and they are told."""

from typing import Any

import pytest
import pytest_asyncio

from datahub.tests.handing import as_person
from datahub.tests.national_college import deliver
from shared.kit.identity import Caller

pytestmark = pytest.mark.asyncio(loop_scope="module")

LECTURES: dict[str, Any] = {
    "indicator": "on_the_register",
    "zh": "在册",
    "en": "On the register",
    "unit": "count",
    "direction": "higher",
    "formula": "count(staff)",
    "scopes": [{"kind": "teacher", "period": "year"}],
}
PROBLEM = "urn:helix8:problem:"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(hub: Any, signing_keys: Any) -> Any:
    """A unit with its head and two teachers, whose register is measured; and the quality office."""
    await deliver(hub, "org_unit", {"org_code": "U", "name": "系", "leader_no": "T10"})
    people = (
        {"staff_no": f"T{each}", "name": f"员{each}", "org_code": "U"} for each in (10, 11, 12, 30)
    )
    await deliver(hub, "staff", *people)
    answer = await hub.client.put(f"/v1/indicators/{LECTURES['indicator']}", json=LECTURES)
    assert answer.status_code == 201, answer.text
    await hub.settled()

    async def told() -> bool:
        query = "SELECT count(*) FROM scope WHERE kind = 'unit' AND doc -> 'owners' <> '[]'"
        return bool((await hub.sql(query))[0]["count"])

    await hub.until(told)
    hub.who = {
        "teacher": as_person(signing_keys, 11),
        "other": as_person(signing_keys, 12),
        "head": as_person(signing_keys, 10, "approve"),
        "quality": as_person(signing_keys, 30, "approve", "every-scope"),
    }
    found = await hub.get("measurements", indicator=LECTURES["indicator"], scope="teacher/T11")
    hub.cell = {name: found[0][name] for name in ("indicator", "scope", "period")}
    return hub


async def say(desk: Any, who: str, **more: Any) -> Any:
    said = desk.cell | {"agrees": False, "reason": "少计一人"} | more
    said = {name: each for name, each in said.items() if each is not None}
    return await desk.client.post("/v1/statements", json=said, headers=desk.who[who])


async def do(desk: Any, who: str, path: str, body: Any = None) -> Any:
    return await desk.client.post(f"/v1/statements/{path}", json=body, headers=desk.who[who])


async def steps(desk: Any, key: str, count: int) -> list[tuple[str, str, Any]]:
    """Return what the work list was told, once it is so much: the step, what, and whose or how."""

    async def are_told() -> bool:
        return len(await _steps(desk, key)) >= count

    await desk.until(are_told)
    return await _steps(desk, key)


async def _steps(desk: Any, key: str) -> list[tuple[str, str, Any]]:
    told = []
    for fact in await desk.facts():
        data = fact["data"]
        if str(data.get("step", "")).startswith(f"datahub/statement/{key}"):
            step = data["step"].removeprefix(f"datahub/statement/{key}")
            kind = fact["type"].split(".")[3]
            whose = data.get("how") or (data["role"], tuple(data["owners"]), data["not_by"])
            told.append((step, kind, whose))
    return told


async def test_who_it_is_about_confirms_a_value(desk: Any) -> None:
    made = await say(desk, "teacher", agrees=True, reason=None)

    assert made.status_code == 201, made.text
    found = made.json()
    assert {name: found[name] for name in (*desk.cell, "value", "state", "by", "reason")} == {
        **desk.cell,
        "value": "1",
        "state": "confirmed",
        "by": "person/T11",
        "reason": None,
    }
    assert await steps(desk, found["id"], 0) == []


async def test_an_objection_is_answered_by_who_leads_and_read_by_who_made_it(desk: Any) -> None:
    made = (await say(desk, "teacher")).json()
    key = made["id"]
    again = await say(desk, "teacher")
    early = await do(desk, "teacher", f"{key}/reading")
    answer = {"state": "upheld", "reason": "已请人事处补录"}
    refused = [
        (await do(desk, who, f"{key}/answer", answer)).status_code for who in ("teacher", "other")
    ]
    taken = await do(desk, "head", f"{key}/answer", answer)
    twice = await do(desk, "quality", f"{key}/answer", answer)
    foreign = await do(desk, "head", f"{key}/reading")
    read = await do(desk, "teacher", f"{key}/reading")
    after = await do(desk, "teacher", f"{key}/reading")

    assert (made["state"], made["reason"], made["may"]) == (
        "contested",
        "少计一人",
        {"answer": False, "read": False},
    )
    assert [each.json()["type"] for each in (again, early, twice, foreign, after)] == [
        f"{PROBLEM}statement-state",
        f"{PROBLEM}statement-state",
        f"{PROBLEM}statement-state",
        f"{PROBLEM}statement-not-yours",
        f"{PROBLEM}statement-state",
    ]
    assert refused == [403, 403]
    assert (taken.status_code, taken.json()["answered_by"]) == (200, "person/T10")
    assert (read.json()["answer"], read.json()["read_at"] is not None) == ("已请人事处补录", True)
    assert await steps(desk, key, 4) == [
        ("", "opened", ("leader", (), "person/T11")),
        ("", "closed", "answered"),
        ("/answer", "opened", ("owner", ("teacher/T11",), "")),
        ("/answer", "closed", "accepted"),
    ]


@pytest.mark.parametrize(
    ("who", "more", "status", "code"),
    [
        ("other", {}, 403, "statement-not-yours"),
        ("teacher", {"reason": None}, 422, "invalid"),
        ("teacher", {"agrees": True}, 422, "invalid"),
        ("teacher", {"period": "year:1999"}, 409, "statement-state"),
        ("teacher", {"indicator": "nothing"}, 422, "measurements-question"),
    ],
)
async def test_what_cannot_be_said_is_refused(
    desk: Any, who: str, more: dict[str, Any], status: int, code: str
) -> None:
    answer = await say(desk, who, **more)

    assert (answer.status_code, answer.json()["type"]) == (status, f"{PROBLEM}{code}")


async def test_what_others_said_of_theirs_is_not_there(desk: Any, signing_keys: Any) -> None:
    made = (await say(desk, "head")).json()
    holds = frozenset({("teacher", "teacher/T12")})
    more: dict[str, Any] = {"roles": frozenset({"teacher"}), "holds": holds}
    caller = Caller(subject="person/T12", scopes=frozenset({"datahub:read"}), **more)
    who = {"authorization": f"Bearer {signing_keys[0].sign(caller, 'datahub')}"}
    listed = await desk.client.get("/v1/statements", headers=who)
    one = await desk.client.get(f"/v1/statements/{made['id']}", headers=who)
    own = await do(desk, "head", f"{made['id']}/answer", {"state": "dismissed", "reason": "无误"})

    assert (listed.json(), one.status_code) == ([], 404)
    assert (own.status_code, own.json()["type"]) == (403, f"{PROBLEM}statement-not-yours")
