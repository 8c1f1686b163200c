"""Facts about alerts become corrections: from NATS to PostgreSQL, outbox and back out."""

from datetime import UTC, datetime
from typing import Any

from shared.contracts.datahub import ScopeChanged, ScopeItem

SCOPE = "class/AAA-2013J"
STANDARD = {"line": "standard", "op": "<=", "value": "0.25", "upper": None}
SOON = "2026-11-23T17:00:00Z"
FLOOR = {"line": "floor", "op": "<=", "value": "0.4", "upper": None}
WORST = {"severity": "red", "value": "0.42", "crossed": FLOOR, "at": "2026-11-23T09:00:00Z"}
CYCLE = {"key": "AAA", "scope": SCOPE, "period": "term:2013-2014-1"}


def types(facts: list[dict[str, Any]]) -> list[str]:
    return [each["type"].removeprefix("qa.spiral.").removesuffix(".v1") for each in facts]


async def test_an_alert_opens_a_correction_in_the_cycle_and_recovery_closes_it(
    world: Any, fact: Any
) -> None:
    await world.running.client.post("/v1/cycles", json=CYCLE)
    await world.tell(
        fact("raised", 1),
        fact("merged", 2, severity="red", value="0.42", crossed=FLOOR, worst=WORST, due_at=SOON),
        fact("merged", 3, worst=WORST),
        fact("settled", 4, value="0.2", worst=WORST),
    )
    facts = await world.facts(5)

    assert types(facts) == [
        "cycle.opened",
        "correction.opened",
        "correction.changed",
        "correction.changed",
        "correction.closed",
    ]
    opened, graver, eased, closed = (each["data"] for each in facts[1:])
    assert opened == {
        "correction": opened["correction"],
        "version": 1,
        "cycle": "AAA",
        "alert": "A1",
        "scope": SCOPE,
        "period": "term:2013-2014-1",
        "severity": "yellow",
        "indicator": "withdrawn_rate",
        "title": "退学率",
        "owner": "T001",
        "stage": "assigned",
        "joined": None,
        "reopened": 0,
        "cause": None,
        "measure": None,
        "work_due_on": None,
        "remeasured": None,
        "crossed": STANDARD,
        "worst": None,
        "value_before": "0.311688",
        "value": "0.311688",
        "opened_at": "2026-11-23T08:00:00Z",
        "due_at": "2026-11-26T08:00:00Z",
        "acknowledged_by": None,
        "acknowledged_at": None,
        "at": "2026-11-23T08:00:00Z",
    }
    assert graver == opened | {
        "version": 2,
        "severity": "red",
        "value": "0.42",
        "crossed": FLOOR,
        "worst": WORST,
        "due_at": SOON,
        "at": "2026-11-23T09:00:00Z",
    }
    assert eased == opened | {"version": 3, "worst": WORST, "at": "2026-11-23T10:00:00Z"}
    assert closed == eased | {
        "version": 4,
        "stage": "closed",
        "value": "0.2",
        "at": "2026-11-23T11:00:00Z",
        "how": "recovered",
        "value_after": "0.2",
        "effect": "-0.111688",
    }
    shown = await world.get(f"corrections/{opened['correction']}")
    told = [(entry["what"], entry["value"]) for entry in shown["history"]]
    assert told == [
        ("raised", "0.311688"),
        ("merged", "0.42"),
        ("merged", "0.311688"),
        ("settled", "0.2"),
    ]
    assert (shown["severity"], shown["crossed"], shown["worst"]) == ("yellow", STANDARD, WORST)
    loop = (await world.get("cycles/AAA"))["routine_loop"]
    assert (loop["open"], loop["closed"]) == (0, 1)
    assert loop["corrections"][0]["id"] == opened["correction"]


async def test_a_correction_waits_for_a_cycle_and_is_taken_in_when_one_opens(
    world: Any, fact: Any
) -> None:
    await world.tell(fact("raised", 1), fact("raised", 1, alert="A2", scope="class/other"))
    assert [each["data"]["cycle"] for each in await world.facts(2)] == [None, None]

    cycle = (await world.running.client.post("/v1/cycles", json=CYCLE)).json()

    assert (cycle["open_corrections"], cycle["routine_loop"]["open"]) == (1, 1)
    assert [step["step"] for step in cycle["routine_loop"]["steps"] if step["lit"]] == ["correct"]
    facts = await world.facts(4)
    assert types(facts)[2:] == ["cycle.opened", "correction.changed"]
    assert (facts[3]["data"]["version"], facts[3]["data"]["cycle"]) == (2, "AAA")
    [correction] = await world.get("corrections", scope=SCOPE, state="open", cycle="AAA")
    history = (await world.get(f"corrections/{correction['id']}"))["history"]
    assert [(entry["what"], entry["cycle"]) for entry in history] == [
        ("raised", None),
        ("attached", "AAA"),
    ]


async def test_who_acknowledged_the_alert_is_known_of_its_correction(world: Any, fact: Any) -> None:
    seen = {"acknowledged_by": "person/P1", "acknowledged_at": "2026-11-23T09:00:00Z"}
    await world.tell(fact("raised", 1), fact("acknowledged", 2, by="person/P1", **seen))
    facts = await world.facts(2)

    [shown] = await world.get("corrections")
    assert types(facts) == ["correction.opened", "correction.changed"]
    for told in (facts[1]["data"], shown):
        assert {name: told[name] for name in seen} == seen


async def test_facts_that_come_twice_or_late_leave_one_correction(world: Any, fact: Any) -> None:
    settled, raised = fact("settled", 3, value="0.2"), fact("raised", 1)
    await world.tell(settled, settled, ids=["same", "same"])
    await world.facts(2)
    await world.tell(fact("merged", 2, value="0.42"), raised, raised)
    facts = await world.facts(3)

    assert types(facts) == ["correction.opened", "correction.closed", "correction.closed"]
    assert [each["data"]["version"] for each in facts] == [1, 2, 3]
    assert facts[2]["data"]["value_before"] == "0.311688"
    assert facts[2]["data"]["effect"] == "-0.111688"
    [correction] = await world.get("corrections")
    assert (correction["state"], correction["value"]) == ("closed", "0.2")


async def test_names_come_from_the_hub_and_the_newest_counts(
    world: Any, fact: Any, until: Any
) -> None:
    def named(name: str, seq: int) -> ScopeChanged:
        return ScopeChanged(items=(ScopeItem(scope=SCOPE, name_zh=name, seq=seq),))

    await world.running.client.post("/v1/cycles", json=CYCLE)
    await world.tell(fact("raised", 1))
    await world.tell(named("新名", 7), named("旧名", 3), key=SCOPE)
    await until(lambda: world.get("cycles"), lambda cycles: cycles[0]["scope_name"] == "新名")
    await world.tell(named("更旧", 2), named("最新", 9), key=SCOPE)

    await until(lambda: world.get("cycles/AAA"), lambda cycle: cycle["scope_name"] == "最新")
    [correction] = await until(lambda: world.get("corrections"), len)
    assert correction["scope_name"] == "最新"


async def test_corrections_are_found_by_level_and_colour_and_sorted_by_colour_or_date(
    world: Any, fact: Any
) -> None:
    def due(hour: int | None) -> datetime | None:
        return None if hour is None else datetime(2026, 11, 27, hour, tzinfo=UTC)

    given = {
        "A1": ("class/C1", "yellow", 9, 3),
        "A2": ("course/C", "red", None, 4),
        "A3": ("major/M", "red", 8, 5),
        "A4": ("class/C2", "red", 9, 6),
    }
    for alert, (scope, severity, hour, at) in given.items():
        more = {"due_at": due(hour), "raised_at": datetime(2026, 11, 23, at, tzinfo=UTC)}
        await world.tell(fact("raised", 1, alert=alert, scope=scope, severity=severity, **more))
    await world.facts(4)

    async def scopes(**query: Any) -> list[str]:
        return [each["scope"] for each in await world.get("corrections", **query)]

    first = await world.running.client.get("/v1/corrections?pageSize=3&sort=due")
    rest = await scopes(pageSize=3, sort="due", pageToken=first.headers["next-page-token"])
    by_date = [each["scope"] for each in first.json()] + rest
    assert by_date == ["major/M", *by_date[1:3], "course/C"]
    assert sorted(by_date[1:3]) == ["class/C1", "class/C2"]
    assert await scopes(sort="due") == by_date
    assert await scopes(sort="newest") == ["class/C2", "major/M", "course/C", "class/C1"]
    gravest = ["major/M", "class/C2", "course/C", "class/C1"]
    assert await scopes() == await scopes(sort="gravest") == gravest
    paged, token = [], {}
    for _ in gravest:
        page = await world.running.client.get("/v1/corrections", params={"pageSize": 1} | token)
        paged += [each["scope"] for each in page.json()]
        token = {"pageToken": page.headers.get("next-page-token")}
    assert (paged, token) == (gravest, {"pageToken": None})
    other = {"pageSize": 1, "pageToken": first.headers["next-page-token"]}
    refused = await world.running.client.get("/v1/corrections", params=other)
    assert refused.status_code == 400
    assert await scopes(level="course", severity="red") == ["class/C2", "course/C"]
    assert await scopes(level="teacher") == []


async def test_a_flood_of_alerts_becomes_one_correction_each(
    world: Any, fact: Any, until: Any
) -> None:
    alerts = [f"A{number:03}" for number in range(300)]
    for alert in alerts:
        await world.tell(fact("raised", 1, alert=alert), fact("merged", 2, alert=alert), key=alert)

    answer = await until(
        lambda: world.running.client.get(
            "/v1/corrections", params={"limit": 1, "totalCount": True}
        ),
        lambda answer: answer.headers["total-count"] == "300",
    )
    assert len(answer.json()) == 1
    assert {each["data"]["alert"] for each in await world.facts(600)} == set(alerts)
