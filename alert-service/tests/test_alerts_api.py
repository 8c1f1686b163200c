"""``/alerts``: lists, one alert, the acknowledgement, the counts."""

from typing import Any
from uuid import uuid4

import pytest


async def raise_alerts(desk: Any, *kinds: tuple[str, str]) -> None:
    """Raise an alert for each (scope, state), in this order."""
    for number, (scope, state) in enumerate(kinds):
        key = f"b{number}"
        await desk.bind(key, scope=scope)
        gap = "0.05" if state == "below_standard" else None
        await desk.judge(1, state, "0.7", id=key, binding=key, scope=scope, relative_gap=gap)
        await desk.facts(number + 1)


async def test_the_gravest_and_newest_come_first_in_both_ways_of_paging(desk: Any) -> None:
    await raise_alerts(
        desk,
        ("course/C1", "below_standard"),
        ("major/M1", "below_floor"),
        ("course/C2", "below_standard"),
        ("school/1", "below_floor"),
    )
    order = ["school/1", "major/M1", "course/C2", "course/C1"]

    counted = await desk.running.client.get(
        "/v1/alerts", params={"limit": 3, "offset": 1, "totalCount": "true"}
    )
    pages, query = [], {"pageSize": 3}
    while True:
        page = await desk.running.client.get("/v1/alerts", params=query)
        pages.append([alert["scope"] for alert in page.json()])
        if "Next-Page-Token" not in page.headers:
            break
        query["pageToken"] = page.headers["Next-Page-Token"]

    assert [alert["scope"] for alert in counted.json()] == order[1:]
    assert counted.headers["Total-Count"] == "4"
    assert pages == [order[:3], order[3:]]
    assert [a["scope"] for a in await desk.get("alerts", severity="red")] == order[:2]
    assert [a["scope"] for a in await desk.get("alerts", level="course")] == order[2:]
    assert [a["scope"] for a in await desk.get("alerts", scope="major/M1")] == ["major/M1"]
    assert await desk.get("alerts", indicator="other") == []


async def test_a_list_in_another_order_pages_in_that_order(desk: Any) -> None:
    """Red is due after 8 hours, yellow after 48: what is due first is not what came first."""
    await raise_alerts(
        desk,
        ("course/C1", "below_standard"),
        ("major/M1", "below_floor"),
        ("course/C2", "below_standard"),
        ("school/1", "below_floor"),
    )
    orders = {
        "newest": ["school/1", "course/C2", "major/M1", "course/C1"],
        "due": ["major/M1", "school/1", "course/C1", "course/C2"],
    }

    for sort, order in orders.items():
        first = await desk.running.client.get("/v1/alerts", params={"pageSize": 3, "sort": sort})
        token = first.headers["Next-Page-Token"]
        rest = await desk.get("alerts", pageSize=3, pageToken=token, sort=sort)
        other = await desk.running.client.get("/v1/alerts", params={"pageToken": token})

        assert [alert["scope"] for alert in [*first.json(), *rest]] == order
        assert [a["scope"] for a in await desk.get("alerts", limit=3, sort=sort)] == order[:3]
        assert other.status_code == 400


async def test_what_once_was_red_is_found_by_it_and_comes_first_among_the_settled(
    desk: Any,
) -> None:
    await raise_alerts(desk, ("course/C1", "below_floor"), ("major/M1", "below_standard"))
    eased = {"id": "b0", "binding": "b0", "scope": "course/C1"}
    await desk.judge(2, "below_standard", "0.75", relative_gap="0.05", **eased)
    await desk.facts(3)

    red = [each["scope"] for each in await desk.get("alerts", worst="red")]
    open_ones = [each["scope"] for each in await desk.get("alerts", state="open")]
    await desk.judge(3, "met_standard", "0.9", **eased)
    other = {"id": "b1", "binding": "b1", "scope": "major/M1"}
    await desk.judge(2, "met_standard", "0.9", **other)
    await desk.facts(5)

    assert red == ["course/C1"]
    assert open_ones == ["major/M1", "course/C1"]
    settled = [each["scope"] for each in await desk.get("alerts", state="settled")]
    assert settled == ["course/C1", "major/M1"]
    assert await desk.get("alerts", severity="red") == []


@pytest.mark.parametrize("owner", ["T067", "teacher/T067", "person/T067", "role/counsellor"])
async def test_the_owner_acknowledges_without_the_right_to_write(desk: Any, owner: str) -> None:
    await desk.bind(owner=owner)
    await desk.judge(1, "below_floor", "0.4")
    await desk.facts(1)
    mine = desk.reader("person/T067", ("reader", "*"), ("counsellor", "*"))
    other = desk.reader("person/T068")
    [alert] = await desk.get("alerts")
    path = f"/v1/alerts/{alert['id']}/acknowledgement"

    may = [
        (await desk.running.client.get("/v1/alerts", headers=who)).json()[0]["may"]
        for who in (mine, other)
    ]
    refused = await desk.running.client.post(path, json={}, headers=other)
    taken = await desk.running.client.post(path, json={}, headers=mine)

    assert may == [
        {"acknowledge": True, "assign": True, "dismiss": False},
        {"acknowledge": False, "assign": False, "dismiss": False},
    ]
    assert (refused.status_code, taken.status_code) == (403, 200)
    assert taken.json()["acknowledged_by"] == "person/T067"
    assert [each["id"] for each in await desk.get("alerts", mine="false")] == [alert["id"]]
    assert await desk.get("alerts", overdue="true") == []
    for who, found in ((mine, [alert["id"]]), (other, [])):
        answer = await desk.running.client.get("/v1/alerts?mine=true", headers=who)
        assert [each["id"] for each in answer.json()] == found


async def test_the_summary_counts_open_alerts_by_level_and_colour(desk: Any) -> None:
    await raise_alerts(desk, ("course/C1", "below_standard"), ("major/M1", "below_floor"))
    [first] = await desk.get("alerts", scope="major/M1")
    await desk.running.client.post(f"/v1/alerts/{first['id']}/acknowledgement", json={})

    summary = await desk.get("alerts/summary")

    nothing = {"blue": 0, "yellow": 0, "orange": 0, "red": 0}
    assert summary == {
        "open": 2,
        "held": 0,
        "unacknowledged": 1,
        "overdue": 0,
        "severities": nothing | {"yellow": 1, "red": 1},
        "levels": {
            "school": nothing,
            "major": nothing | {"red": 1},
            "course": nothing | {"yellow": 1},
            "teacher": nothing,
            "student": nothing,
        },
    }


async def test_an_acknowledgement_is_kept_and_told_once(desk: Any) -> None:
    await raise_alerts(desk, ("course/C1", "below_standard"))
    [alert] = await desk.get("alerts")
    assert alert["may"] == {"acknowledge": True, "assign": True, "dismiss": True}
    path = f"/v1/alerts/{alert['id']}/acknowledgement"

    stale = await desk.running.client.post(path, json={}, headers={"If-Match": '"9"'})
    first = await desk.running.client.post(path, json={"note": "已约谈任课教师"})
    again = await desk.running.client.post(path, json={"note": "又一次"})

    assert stale.status_code == 412
    assert (first.headers["Changed"], again.headers["Changed"]) == ("true", "false")
    assert first.headers["ETag"] == again.headers["ETag"] == '"2"'
    seen = again.json()
    assert (seen["acknowledged_by"], seen["note"]) == ("person/admin", "已约谈任课教师")
    assert [(step["step"], step["by"], step["note"]) for step in seen["history"]] == [
        ("raised", None, None),
        ("acknowledged", "person/admin", "已约谈任课教师"),
    ]
    kind, fact = (await desk.facts(2))[-1]
    assert (kind, fact["by"], fact["version"]) == ("acknowledged", "person/admin", 2)
    assert (fact["acknowledged_by"], fact["acknowledged_at"]) == ("person/admin", fact["at"])


async def test_what_grows_graver_must_be_acknowledged_anew(desk: Any) -> None:
    await desk.bind()
    await desk.judge(1, "met_standard", "0.6", warning=True)
    await desk.facts(1)
    [blue] = await desk.get("alerts")
    path = f"/v1/alerts/{blue['id']}/acknowledgement"
    await desk.running.client.post(path, json={"note": "已知"})

    await desk.handled(await desk.judge(2, "below_floor", "0.3", warning=True))

    [red] = await desk.get("alerts")
    assert (red["severity"], red["acknowledged_by"], red["note"]) == ("red", None, None)
    assert red["may"]["acknowledge"]
    assert (await desk.get("alerts/summary"))["unacknowledged"] == 1
    kind, fact = (await desk.facts(3))[-1]
    assert (kind, fact["acknowledged_by"]) == ("merged", None)

    again = (await desk.running.client.post(path, json={"note": "已约谈"})).json()

    assert (again["acknowledged_by"], again["may"]["acknowledge"]) == ("person/admin", False)
    taken = [each for each in again["history"] if each["step"] == "acknowledged"]
    assert [(each["severity"], each["note"]) for each in taken] == [
        ("blue", "已知"),
        ("red", "已约谈"),
    ]


async def test_the_alert_of_a_withdrawn_binding_ends(desk: Any) -> None:
    await desk.bind()
    await desk.judge(1, "below_standard", "0.7")
    await desk.facts(1)

    await desk.handled(await desk.bind(version=2, withdrawn=True))

    [alert] = await desk.get("alerts")
    assert (alert["state"], alert["how"], alert["effect"]) == ("settled", "withdrawn", None)
    kind, fact = (await desk.facts(2))[-1]
    assert (kind, fact["how"], fact["value"], fact["effect"]) == (
        "settled",
        "withdrawn",
        "0.7",
        None,
    )

    await desk.handled(await desk.bind(version=3))
    await desk.handled(await desk.judge(2, "below_standard", "0.7"))

    assert [each["state"] for each in await desk.get("alerts")] == ["open", "settled"]


LINES = [
    ("below_floor", {"warning": True}, "red", "floor", ">=", "0.5", "底线", "≥ 0.5"),
    (
        "below_standard",
        {"relative_gap": "0.05", "warning": True},
        "yellow",
        "standard",
        ">=",
        "0.8",
        "标准",
        "≥ 0.8",
    ),
    ("met_standard", {"warning": True}, "blue", "warning", "<", "0.85", "预警值", "< 0.85"),
    ("met_standard", {"overdue": True}, "red", "target", ">=", "0.9", "目标值", "≥ 0.9"),
]


async def test_every_alert_names_the_line_it_was_raised_on(desk: Any) -> None:
    for number, (state, flags, *_) in enumerate(LINES):
        key, scope = f"b{number}", f"course/C{number}"
        await desk.bind(key, scope=scope)
        await desk.judge(1, state, "0.7", id=key, binding=key, scope=scope, **flags)
    facts = await desk.facts(len(LINES))

    for number, (_, _, colour, line, op, value, name, words) in enumerate(LINES):
        scope = f"course/C{number}"
        [alert] = await desk.get("alerts", scope=scope)
        detail = await desk.get(f"alerts/{alert['id']}")
        [fact] = [fact for _, fact in facts if fact["scope"] == scope]
        crossed = {"line": line, "op": op, "value": value, "upper": None}

        assert alert["severity"] == colour
        assert fact["crossed"] == crossed
        told = crossed | {"name_zh": name, "words": words, "words_en": words}
        assert (alert["crossed"], alert["worst"]["crossed"]) == (told, told)
        assert [step["crossed"] for step in detail["history"]] == [alert["crossed"]]


async def test_a_line_is_told_in_the_unit_of_its_indicator(desk: Any) -> None:
    await desk.bind()
    await desk.publish(2, "score")
    await desk.judge(1, "below_floor", "0.4", relative_gap="0.5")
    await desk.facts(1)
    await desk.handled(await desk.publish(3, "ratio"))
    await desk.handled(await desk.publish(1, "money"))

    [alert] = await desk.get("alerts")
    detail = await desk.get(f"alerts/{alert['id']}")

    assert alert["unit"] == "ratio"
    for crossed in (alert["crossed"], alert["worst"]["crossed"], detail["history"][0]["crossed"]):
        assert (crossed["words"], crossed["value"]) == ("≥ 50%", "0.5")


async def test_a_settled_alert_keeps_the_line_and_each_step_its_own(desk: Any) -> None:
    await desk.bind()
    await desk.judge(1, "met_standard", "0.84", warning=True)
    await desk.judge(2, "below_floor", "0.4", warning=True)
    await desk.judge(3, "met_target", "0.95")

    facts = await desk.facts(3)
    [alert] = await desk.get("alerts", state="settled")
    detail = await desk.get(f"alerts/{alert['id']}")

    lines = ["warning", "floor", "floor"]
    assert [fact["crossed"]["line"] for _, fact in facts] == lines
    assert [step["crossed"]["line"] for step in detail["history"]] == lines
    assert alert["crossed"]["name_zh"] == "底线"


async def test_a_settled_alert_refuses_an_acknowledgement(desk: Any) -> None:
    await raise_alerts(desk, ("course/C1", "below_standard"))
    await desk.judge(2, "met_target", "0.95", id="b0", binding="b0", scope="course/C1")
    await desk.facts(2)
    [alert] = await desk.get("alerts", state="settled")

    answer = await desk.running.client.post(
        f"/v1/alerts/{alert['id']}/acknowledgement", json={"note": ""}
    )

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:helix8:problem:alert-settled"


async def test_scopes_give_names_and_the_owner_who_was_missing(desk: Any) -> None:
    await desk.bind(owner="")
    await desk.judge(1, "below_floor", "0.1")
    [(_, raised)] = await desk.facts(1)

    owners = [{"role": "lead", "person": "T009"}, {"role": "deputy", "person": "T010"}]
    await desk.scope(5, owners=owners)
    await desk.handled(await desk.scope(4, name_zh="旧名"))

    kind, merged = (await desk.facts(2))[-1]
    assert (raised["owner"], kind, merged["owner"]) == ("role/qa_office", "merged", "person/T009")
    [alert] = await desk.get("alerts")
    assert (alert["scope_name"], alert["scope_name_en"]) == ("高等数学", "Mathematics")


BAD_QUESTIONS: list[tuple[dict[str, Any], int, set[str]]] = [
    ({"state": "closed", "severity": "pink"}, 422, {"query.state", "query.severity"}),
    ({"sort": "title"}, 422, {"query.sort"}),
    ({"scope": "C1"}, 422, {"query.scope"}),
    ({"limit": 1, "pageSize": 1}, 400, set()),
    ({"pageToken": "bm90IG91cnM"}, 400, set()),
    ({"pageToken": "WzEsIjIwMjYiLDFd"}, 400, set()),
    ({"pageToken": "WzEsIjAwMDEtMDEtMDFUMDA6MDA6MDArMjM6NTkiLCJhIl0"}, 400, set()),
]


async def test_bad_questions_are_answered_with_every_fault(desk: Any) -> None:
    for query, status, at_fault in BAD_QUESTIONS:
        answer = await desk.running.client.get("/v1/alerts", params=query)

        assert (answer.status_code, set(answer.json()["validationErrors"])) == (status, at_fault)
    for path, year in (("statistics", "0001"), ("timeline", "9999")):
        far = {"since": f"{year}-12-31T23:59:59-12:00"}
        answer = await desk.running.client.get(f"/v1/alerts/{path}", params=far)
        faults = set(answer.json()["validationErrors"])
        assert (answer.status_code, faults) == (422, {"query.since"})


async def test_bad_acknowledgements_are_refused(desk: Any) -> None:
    path = f"/v1/alerts/{uuid4()}/acknowledgement"

    unknown = await desk.running.client.post(path, json={})
    malformed = await desk.running.client.post(path, json={"note": 1, "by": "me"})
    no_id = await desk.running.client.get("/v1/alerts/summary-of-all")

    assert unknown.status_code == 404
    assert malformed.status_code == 422
    assert set(malformed.json()["validationErrors"]) == {"$.note", "$.by"}
    assert no_id.status_code == 422


async def test_an_alert_is_a_step_on_the_work_list_until_somebody_has_acknowledged_it(
    desk: Any,
) -> None:
    async def steps(count: int) -> list[Any]:
        async def told() -> Any:
            every = [each["event"] for each in await desk.get("facts", limit=1000)]
            found = [each["data"] for each in every if ".step." in each["type"]]
            return found if len(found) >= count else None

        return list(await desk.until(told))

    await desk.bind()
    await desk.judge(1, "below_floor", "0.3", relative_gap="0.6")
    [(_, raised)] = await desk.facts(1)
    [waits] = await steps(1)
    path = f"alerts/{raised['alert']}"
    await desk.running.client.post(f"/v1/{path}/assignment", json={"owner": "teacher/T9"})
    await steps(3)
    await desk.running.client.post(f"/v1/{path}/acknowledgement", json={"note": "已知"})
    _, replaced, anew, taken = await steps(4)

    step = f"alert/{raised['alert']}/acknowledgement"
    assert (waits["step"], waits["kind"], waits["owners"]) == (
        f"{step}/1",
        "acceptance",
        ["teacher/T001"],
    )
    assert (waits["title_zh"], waits["link"]) == ("签收预警：通过率", f"/{path}")
    assert (waits["due_at"], waits["permission"]) == (raised["due_at"], "alert:read")
    assert (replaced["step"], replaced["how"]) == (f"{step}/1", "replaced")
    assert (anew["step"], anew["owners"]) == (f"{step}/2", ["teacher/T9"])
    assert (taken["step"], taken["how"]) == (f"{step}/2", "accepted")
