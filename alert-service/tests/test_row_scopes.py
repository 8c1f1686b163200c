"""Everybody sees the alerts of his scopes, those he answers for, and those he oversees."""

from datetime import timedelta
from typing import Any

from shared.kit.clock import now
from shared.kit.identity import Caller
from shared.kit.sql import text

COURSE, OTHER, STUDENT = "course/C1", "course/C2", "student/S1"
PLACES = {
    "unit/U1": [],
    "unit/U2": [],
    "group/G1": ["unit/U1"],
    COURSE: ["unit/U1"],
    OTHER: ["unit/U2"],
    STUDENT: ["group/G1"],
}
SEEN = {
    "leader": ([("leader", "*")], {COURSE, OTHER}),
    "unit_head": ([("unit_head", "unit/U1")], {COURSE}),
    "teacher": ([("teacher", "class/K9")], {OTHER}),
    "student": ([("student", STUDENT)], set()),
    "counsellor": ([("counsellor", "group/G1")], {STUDENT}),
    "student_affairs": ([("student_affairs", "*")], {COURSE, OTHER, STUDENT}),
}
"""What is held, and the scopes whose alerts are seen: that of the student is one of welfare."""


async def test_lists_counts_and_files_are_those_of_ones_scopes(desk: Any) -> None:
    await sow(desk)
    every = {each["scope"]: each["id"] for each in await desk.get("alerts")}

    for role, (holds, seen) in SEEN.items():
        who = desk.reader("person/T009" if role == "teacher" else "person/X", *holds)
        await check(desk, who, every, seen)


async def check(desk: Any, who: dict[str, str], every: dict[str, str], seen: set[str]) -> None:
    """Ask for all that tells of alerts; it must be of the seen scopes."""

    async def get(path: str, **query: Any) -> Any:
        answer = await desk.running.client.get(f"/v1/alerts{path}", headers=who, params=query)
        assert answer.status_code == 200, answer.text
        return answer

    listed = await get("", totalCount="true")
    assert {each["scope"] for each in listed.json()} == seen
    assert int(listed.headers["total-count"]) == len(seen)
    for scope, alert in every.items():
        for path in (f"/v1/alerts/{alert}", f"/v1/alerts/{alert}/notifications"):
            answer = await desk.running.client.get(path, headers=who)
            assert answer.status_code == (200 if scope in seen else 404)
    assert (await get("/summary")).json()["open"] == len(seen)
    assert (await get("/statistics")).json()["total"]["raised"] == len(seen)
    levels = (await get("/board")).json()["levels"]
    assert sum(each["open"] for each in levels) == len(seen)
    assert (await get("/timeline")).json()[-1]["open"] == len(seen)
    cells = (await get("/heat-map")).json()["cells"]
    assert sum(each["open"] for each in cells) == len(seen)
    assert (await get("/deadlines.ics")).text.count("BEGIN:VEVENT") == len(seen)
    exported = (await get("/export")).content.decode("utf-8-sig").splitlines()[1:]
    assert {line.split(",")[7] for line in exported} == seen


async def sow(desk: Any) -> None:
    """Have two units, and an alert of a course of each and of a student of the first."""
    for seq, (scope, parents) in enumerate(PLACES.items(), start=1):
        await desk.handled(await desk.scope(seq, scope, parents=parents))
    owners = {COURSE: "teacher/T001", OTHER: "teacher/T009", STUDENT: "teacher/T002"}
    for number, (scope, owner) in enumerate(owners.items()):
        key = f"b{number}"
        await desk.bind(key, scope=scope, owner=owner)
        await desk.judge(1, "below_floor", "0.3", id=key, binding=key, scope=scope)
        await desk.facts(number + 1)
    async with desk.running.app.state.database.transaction() as tx:
        await tx.session.execute(
            text("UPDATE alert SET family = 'welfare' WHERE scope = :scope"), {"scope": STUDENT}
        )


async def test_what_is_said_beside_the_alerts_is_of_ones_scopes_too(desk: Any) -> None:
    """Counts of rules and of silences, whom silences name, what one message says of several."""
    await sow(desk)
    every = {each["scope"]: each["id"] for each in await desk.get("alerts")}
    path = f"alerts/{every[OTHER]}/notifications"

    async def first() -> Any:
        return (await desk.get(path))["told"]

    message = (await desk.until(first))[0]["id"]
    rule = (await desk.get("rules"))[0]["key"]
    async with desk.running.app.state.database.transaction() as tx:
        await tx.session.execute(text("UPDATE alert SET rule = :rule"), {"rule": f"rule/{rule}"})
        change = text("UPDATE notification SET alerts = :all, open = :all WHERE id = :id")
        await tx.session.execute(change, {"all": sorted(every.values()), "id": message})
    silences = [
        await silence(desk, label="scope", value=STUDENT),
        await silence(desk, label="kind", value="course"),
    ]
    linted = {
        "title": "旷课",
        "family": "welfare",
        "unit": "ratio",
        "scopes": {"kind": "student"},
        "periods": ["term"],
        "condition": {"is": "value", "indicator": "pass_rate", "op": "<", "value": "0.8"},
    }

    async def told(*holds: tuple[str, str]) -> Any:
        who, client = desk.reader("person/X", *holds), desk.running.client
        rules = (await client.get("/v1/rules", headers=who)).json()
        listed = (await client.get("/v1/silences", headers=who)).json()
        one = await client.get(f"/v1/silences/{silences[0]}", headers=who)
        lint = (await client.post("/v1/rules/lint", json=linted, headers=who)).json()
        answer = (await client.get(f"/v1/{path}", headers=who)).json()
        [cut] = [each for each in answer["told"] if each["id"] == message]
        counts = [each["silences"] for each in listed]
        said = (set(cut["alerts"]), bool(cut["lines"]))
        return (rules[0]["open_alerts"], counts, one.status_code, lint["scopes"], *said)

    async def silenced() -> Any:
        return (await told(("student_affairs", "*")))[1] == [2, 1]

    await desk.until(silenced)
    assert await told(("student_affairs", "*")) == (
        *(3, [2, 1], 200, 1),
        *({*every.values()}, True),
    )
    assert await told(("leader", "*")) == (
        *(2, [2, 0], 200, 1),
        *({every[COURSE], every[OTHER]}, False),
    )
    assert await told(("unit_head", "unit/U2")) == (
        *(1, [1], 404, 0),
        *({every[OTHER]}, False),
    )


async def test_who_may_write_acts_on_no_alert_of_a_family_that_he_does_not_see(desk: Any) -> None:
    await sow(desk)
    every = {each["scope"]: each["id"] for each in await desk.get("alerts")}
    may = frozenset({"alert:read", "alert:write"})
    caller = Caller(subject="person/Q", roles=frozenset({"quality_office"}), scopes=may)
    who = {"Authorization": f"Bearer {desk.signer.sign(caller, 'alert')}", "If-Match": '"9"'}
    statuses = {}
    for scope, alert in every.items():
        answer = await desk.running.client.post(
            f"/v1/alerts/{alert}/acknowledgement", json={"note": ""}, headers=who
        )
        statuses[scope] = answer.status_code

    assert statuses == {COURSE: 412, OTHER: 412, STUDENT: 404}


async def test_who_answers_for_an_alert_of_such_a_family_may_hand_it_on(desk: Any) -> None:
    await sow(desk)
    [alert] = [each["id"] for each in await desk.get("alerts") if each["scope"] == STUDENT]
    who = desk.reader("person/T002", ("teacher", "class/K9"))
    path = f"/v1/alerts/{alert}"
    body = {"owner": "person/C1", "note": "请辅导员处理"}
    handed = await desk.running.client.post(f"{path}/assignment", json=body, headers=who)
    after = await desk.running.client.get(path, headers=who)

    assert (handed.status_code, after.status_code) == (200, 404)
    assert (await desk.get(f"alerts/{alert}"))["owner"] == "person/C1"


async def silence(desk: Any, **matcher: str) -> str:
    until = (now() + timedelta(days=1)).isoformat()
    body = {"matchers": [matcher], "ends_at": until, "reason": "停电检修"}
    answer = await desk.running.client.post("/v1/silences", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
