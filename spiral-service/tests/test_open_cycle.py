"""``POST /cycles`` and the readers of cycles, from HTTP to PostgreSQL and outbox."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from shared.kit.paging import encode_token, question_of

CYCLE = {"key": "AAA/2013-2014-1", "scope": "class/AAA-2013J", "period": "term:2013-2014-1"}
OTHER = {"key": "b", "period": "year:2014"}


async def test_a_cycle_opens_once_and_says_so_once(world: Any) -> None:
    post = world.running.client.post
    first, again = await post("/v1/cycles", json=CYCLE), await post("/v1/cycles", json=CYCLE)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["location"] == "cycles/AAA/2013-2014-1"
    assert first.headers["etag"] == '"1"'
    assert again.headers["changed"] == "false"
    assert again.json() == first.json() == await world.get("cycles/AAA/2013-2014-1")
    [event] = await world.facts(1)
    assert (event["type"], event["subject"]) == ("qa.spiral.cycle.opened.v1", CYCLE["scope"])
    assert event["data"] == {
        "cycle": CYCLE["key"],
        "version": 1,
        "scope": CYCLE["scope"],
        "period": CYCLE["period"],
        "definition": "figure_eight@1",
        "step": "goal",
        "definition_zh": event["data"]["definition_zh"],
        "step_zh": "目标",
        "at": event["data"]["at"],
        "state": "open",
        "in_routine": False,
        "parent": None,
        "starts_on": None,
        "ends_on": None,
        "owners": {},
        "beside": False,
        "opened_at": event["data"]["at"],
        "entered_at": event["data"]["at"],
        "step_due_at": None,
        "by": "person/admin",
        "reason": "",
    }


async def test_a_cycle_shows_both_loops_and_where_they_stand(world: Any) -> None:
    cycle = (await world.running.client.post("/v1/cycles", json=CYCLE)).json()

    assert [step["step"] for step in cycle["steps"] if step["lit"]] == ["goal"]
    assert cycle["next_steps"] == ["standard"]
    assert cycle["steps"][0]["gates"][0]["gate"] == "goal_is_smart"
    loop = cycle["routine_loop"]
    assert [step["step"] for step in loop["steps"] if step["lit"]] == ["monitor"]
    assert (loop["open"], loop["closed"], loop["corrections"]) == (0, 0, [])
    assert (cycle["scope_name"], cycle["level"]) == ("名 class/AAA-2013J", "course")
    assert (cycle["step_zh"], cycle["open_corrections"]) == ("目标", 0)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"key": "other"}, 409, "cycle-already-open"),
        ({"period": "term:2013-2014-2"}, 409, "cycle-pinned"),
        ({"definition": "figure_eight@2"}, 409, "cycle-pinned"),
        (OTHER | {"definition": "figure_nine"}, 422, "definition-unknown"),
        (OTHER | {"definition": "figure_eight@9"}, 422, "definition-unknown"),
        ({"scope": "planet/mars"}, 422, "invalid"),
        ({"key": " a"}, 422, "invalid"),
        ({"period": "term:2013-2015-1"}, 422, "invalid"),
        ({"colour": "red"}, 422, "invalid"),
    ],
)
async def test_a_cycle_that_cannot_be_is_refused(
    world: Any, change: dict[str, str], status: int, code: str
) -> None:
    await world.running.client.post("/v1/cycles", json=CYCLE)
    refused = await world.running.client.post("/v1/cycles", json=CYCLE | change)

    assert (refused.status_code, refused.json()["type"]) == (status, f"urn:helix8:problem:{code}")
    assert len(await world.get("cycles")) == 1


async def test_a_scope_that_nobody_told_of_is_refused_with_what_is_like_it(world: Any) -> None:
    await world.scope("class/AAA-2013B")
    await world.scope("class/GONE", gone=True)
    wanted = {"key": "k", "scope": "class/AAA-2013X", "period": "term:2013-2014-1"}
    post = world.running.client.post
    unknown, gone, both = await asyncio.gather(
        post("/v1/cycles", json=wanted),
        post("/v1/cycles", json=wanted | {"scope": "class/GONE"}),
        post("/v1/cycles", json=wanted | {"definition": "figure_nine"}),
    )

    problem = unknown.json()
    assert (unknown.status_code, problem["type"]) == (422, "urn:helix8:problem:reference-unknown")
    [reason] = problem["validationErrors"]["$.scope"]
    assert reason.startswith("没有诊改对象 class/AAA-2013X，已有 class/AAA-2013")
    assert "class/AAA-2013B（名 class/AAA-2013B）" in reason
    assert "GONE" not in reason
    assert problem["fixes"]
    assert (gone.status_code, list(gone.json()["validationErrors"])) == (422, ["$.scope"])
    assert set(both.json()["validationErrors"]) == {"$.scope", "$.definition"}
    assert await world.get("cycles") == []


async def test_a_scope_on_its_way_is_waited_for(world: Any) -> None:
    wanted = {"key": "k", "scope": "class/NEW", "period": "term:2013-2014-1"}
    asked = asyncio.create_task(world.running.client.post("/v1/cycles", json=wanted))
    await asyncio.sleep(0.3)
    assert not asked.done()

    await world.scope("class/NEW")

    assert (await asked).status_code == 201


async def test_a_cycle_outlives_its_scope(world: Any) -> None:
    await world.running.client.post("/v1/cycles", json=CYCLE)
    await world.scope(CYCLE["scope"], seq=5, gone=True)

    again = await world.running.client.post("/v1/cycles", json=CYCLE)

    assert (again.status_code, again.headers["changed"]) == (200, "false")


async def test_a_cycle_is_reached_by_whatever_key_its_scope_gives_it(world: Any) -> None:
    """Teaching classes are called so in most academic systems."""
    scope = "class/(2013-2014-1)-AAA 01#2"
    key = f"2013-2014-1/{scope}"
    await world.scope(scope)
    opened = await world.post("cycles", {"key": key, "scope": scope, "period": CYCLE["period"]})
    path = quote(f"cycles/{key}")
    due = {"clock": "goal_due", "due_at": "2099-01-01T00:00:00Z", "reason": "因为"}
    planned = await world.post(f"{path}/deadlines", due)
    moved = await world.post(f"{path}/moves", {"to": "standard", "force": True, "reason": "因为"})

    assert opened.headers["location"] == path
    assert (planned.status_code, moved.status_code) == (200, 200)
    assert (await world.get(path))["step"] == "standard"
    assert await world.get("corrections", cycle=key) == []


async def test_creating_only_is_refused_where_the_cycle_is_there(world: Any) -> None:
    headers = {"if-none-match": "*"}
    first = await world.running.client.post("/v1/cycles", json=CYCLE, headers=headers)
    again = await world.running.client.post("/v1/cycles", json=CYCLE, headers=headers)

    assert (first.status_code, again.status_code) == (201, 412)


async def test_the_cycles_of_rules_run_beside_that_of_their_scope_and_period(world: Any) -> None:
    """Of the main ones, and of those of one rule, a single one is open; they do not mix."""
    await world.scope("school/S1")
    await world.scope("unit/U1", parents=("school/S1",))
    opened: dict[str, int] = {}
    for scope, name, key in (
        ("school/S1", "school_year", "S"),
        ("school/S1", "internal_control", "S-control"),
        ("school/S1", "figure_eight", "S-2"),
        ("school/S1", "internal_control", "S-control-2"),
        ("unit/U1", "annual_assessment", "U-assessment"),
        ("unit/U1", "internal_control", "U-control"),
        ("unit/U1", "department_year", "U"),
    ):
        said = {"key": key, "scope": scope, "period": "year:2098", "definition": name}
        opened[key] = (await world.post("cycles", said)).status_code
    found = {each["key"]: each for each in await world.get("cycles")}
    other = {"definition": "school_year@1", "reason": "换制度", "step": "goal"}
    mixed = await world.post("cycles/S-control/migrations", other)

    assert opened == {
        "S": 201,
        "S-control": 201,
        "S-2": 409,
        "S-control-2": 409,
        "U-assessment": 201,
        "U-control": 201,
        "U": 201,
    }
    assert {key: (each["beside"], each["parent"]) for key, each in found.items()} == {
        "S": (False, None),
        "S-control": (True, None),
        "U-assessment": (True, "S"),
        "U-control": (True, "S-control"),
        "U": (False, "S"),
    }
    assert mixed.json()["type"].endswith("migration-refused")


async def test_of_cycles_opened_at_the_same_time_one_wins(world: Any) -> None:
    answers = await asyncio.gather(
        *[
            world.running.client.post("/v1/cycles", json=CYCLE | {"key": f"K{number}"})
            for number in range(4)
        ]
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_lists_page_in_both_styles_without_gap_or_repeat(world: Any) -> None:
    client = world.running.client
    for number in range(5):
        await client.post(
            "/v1/cycles", json=CYCLE | {"key": f"K{number}", "period": f"year:202{number}"}
        )

    counted = await client.get("/v1/cycles", params={"limit": 2, "offset": 1, "totalCount": True})
    assert counted.headers["total-count"] == "5"
    assert [cycle["key"] for cycle in counted.json()] == ["K3", "K2"]
    walked, token = [], None
    while True:
        params = {"pageSize": 2} | ({"pageToken": token} if token else {})
        page = await client.get("/v1/cycles", params=params)
        walked += [cycle["key"] for cycle in page.json()]
        token = page.headers.get("next-page-token")
        if token is None:
            break
    assert walked == ["K4", "K3", "K2", "K1", "K0"]
    assert (await client.get("/v1/cycles", params={"scope": "class/other"})).json() == []
    assert (await client.get("/v1/cycles", params={"state": "closed"})).json() == []


async def test_what_is_not_there_is_a_named_problem(world: Any) -> None:
    cycle = await world.running.client.get("/v1/cycles/nothing/here")
    correction = await world.running.client.get(
        f"/v1/corrections/{'0' * 8}-0000-0000-0000-{'0' * 12}"
    )

    beyond = [
        await world.running.client.get(f"/v1/{path}", params=query)
        for path, query in (
            ("cycles/C1", {"asOf": "0001-01-01T00:00:00+14:00"}),
            ("cycles/C1", {"asOf": "9999-12-31T23:59:59-14:00"}),
            ("audit", {"since": "0001-01-01T00:00:00+14:00"}),
            ("audit", {"until": "9999-12-31T23:59:59-14:00"}),
            ("corrections/statistics", {"since": "0001-01-01"}),
            ("corrections/statistics", {"until": "9999-12-31"}),
        )
    ]

    assert [each.status_code for each in beyond] == [422] * 6
    assert (cycle.status_code, cycle.json()["title"]) == (404, "没有这个诊改周期")
    assert (correction.status_code, correction.json()["title"]) == (404, "没有这条纠偏")


@pytest.mark.parametrize(
    "after",
    [
        [1],
        ["2026-01-01T00:00:00", "K1"],
        ["0001-01-01T00:00:00+23:59", "K1"],
        ["2026-01-01T00:00:00Z", "K\0"],
        ["2026-01-01T00:00:00Z", None],
    ],
)
async def test_a_page_token_of_another_make_is_refused(world: Any, after: list[Any]) -> None:
    token = encode_token(after, question_of("/v1/cycles", []))
    answer = await world.running.client.get("/v1/cycles", params={"pageToken": token})

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:helix8:problem:page-token")
