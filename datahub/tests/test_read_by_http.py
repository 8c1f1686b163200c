"""What goes out by HTTP: records, pages, entity tags, the change feed; nothing closed with it."""

import asyncio
import itertools
import json
import random
from typing import Any

import pytest

from datahub.changes.repository.seeing import list_seen_changes
from datahub.dictionary.domain.entity import Dictionary
from datahub.tests.test_quality_runs import statements

pytestmark = pytest.mark.asyncio(loop_scope="module")
COURSE = {"course_code": None, "name": None}
MAJOR = {"major_code": None, "name": None}


async def watermark(hub: Any) -> int:
    answer = await hub.client.get("/v1/changes", params={"after": 9007199254740991, "limit": 1})
    assert answer.json() == []
    return int(answer.headers["feed-watermark"])


async def test_pages_by_offset_and_by_token_hold_the_same_rows(hub: Any) -> None:
    feed = await hub.feed("major", MAJOR)
    codes = [f"M{number:02}" for number in range(7)]
    await hub.push(feed, *({"major_code": code, "name": "x"} for code in codes))

    async def by_offset(offset: int) -> Any:
        return await hub.client.get(
            "/v1/records/major", params={"limit": 3, "offset": offset, "totalCount": True}
        )

    answers = [await by_offset(offset) for offset in (0, 3, 6)]
    assert [row["key"] for answer in answers for row in answer.json()] == codes
    assert {answer.headers["total-count"] for answer in answers} == {"7"}

    paged: list[str] = []
    token = None
    while True:
        query = {"pageSize": 3} | ({"pageToken": token} if token else {})
        answer = await hub.client.get("/v1/records/major", params=query)
        paged += [row["key"] for row in answer.json()]
        token = answer.headers.get("next-page-token")
        if token is None:
            break
    assert paged == codes


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("records/major", {"limit": 1, "pageSize": 1}, 400, "paging-mixed"),
        ("records/major", {"offset": 0, "pageToken": "WyJhIl0"}, 400, "paging-mixed"),
        ("records/major", {"pageToken": "no token"}, 400, "page-token"),
        ("records/major", {"pageToken": "WzFd"}, 400, "page-token"),
        ("batches", {"pageToken": "WyJhIl0"}, 400, "page-token"),
        ("batches", {"pageToken": "W10"}, 400, "page-token"),
        ("quarantine", {"pageToken": "W3RydWVd"}, 400, "page-token"),
        ("measurements", {"pageToken": "W251bGxd"}, 400, "page-token"),
        ("records/major", {"limit": 0}, 422, "invalid"),
        ("records/major", {"limit": 1001}, 422, "invalid"),
        ("records/major", {"offset": 10**20}, 422, "invalid"),
        ("records/nothing", {}, 404, "unknown-entity"),
        ("dictionary/entities/nothing", {}, 404, "unknown-entity"),
        ("scopes", {"scope": "nonsense"}, 422, "invalid"),
        ("scopes", {"scope": ["teacher/T1"] * 201}, 422, "invalid"),
        ("records/major/none", {}, 404, "record-not-found"),
        ("records/major/a%00b", {}, 400, "malformed"),
        ("batches/99999999999999999999", {}, 422, "invalid"),
        ("batches/999999", {}, 404, "batch-not-found"),
        ("changes", {"after": 10**30}, 422, "invalid"),
        ("changes", {"after": -1}, 422, "invalid"),
        ("dead-letters/99999999999999999999", {}, 422, "invalid"),
        ("dead-letters/999", {}, 404, "dead-letter-not-found"),
        ("quarantine", {"batch": 10**30}, 422, "invalid"),
        ("measurements", {"scope": "nonsense"}, 422, "invalid"),
        ("measurements/a|b|c/explanation", {}, 404, "measurement-not-found"),
        ("indicators/none", {}, 404, "indicator-not-found"),
        ("feeds/none", {}, 404, "feed-not-found"),
    ],
)
async def test_a_question_that_has_no_answer_is_refused_with_a_problem(
    hub: Any, path: str, query: dict[str, Any], status: int, code: str
) -> None:
    answer = await hub.client.get(f"/v1/{path}", params=query or None)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:helix8:problem:{code}"


async def test_an_entity_tag_saves_the_second_answer_until_the_record_changes(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    path = f"/v1/records/course/{code}"
    await hub.push(feed, {"course_code": code, "name": "x"})
    first = await hub.client.get(path)
    tag = {"If-None-Match": first.headers["etag"]}

    same = await hub.client.get(path, headers=tag)
    await hub.push(feed, {"course_code": code, "name": "y"})
    other = await hub.client.get(path, headers=tag)

    assert (first.headers["etag"], same.status_code, same.content) == ('"1"', 304, b"")
    assert (other.status_code, other.headers["etag"], other.json()["name"]) == (200, '"2"', "y")


async def test_lists_of_batches_and_of_what_is_put_aside_page_both_ways(hub: Any) -> None:
    feed = await hub.feed("course", COURSE)
    pushed = [
        (await hub.push(feed, {"course_code": None, "name": str(number)}))["batch"]
        for number in range(3)
    ]

    second = await hub.client.get(
        "/v1/batches", params={"feed": feed, "limit": 1, "offset": 1, "totalCount": True}
    )
    first = await hub.client.get("/v1/batches", params={"feed": feed, "pageSize": 2})
    rest = await hub.client.get(
        "/v1/batches", params={"feed": feed, "pageToken": first.headers["next-page-token"]}
    )
    aside = await hub.client.get(
        "/v1/quarantine", params={"batch": pushed[0], "limit": 1, "totalCount": True}
    )

    assert ([row["batch"] for row in second.json()], second.headers["total-count"]) == (
        [pushed[1]],
        "3",
    )
    assert [row["batch"] for row in [*first.json(), *rest.json()]] == pushed[::-1]
    assert aside.headers["total-count"] == "1"


async def test_closed_fields_never_leave(hub: Any) -> None:
    canary = {"id_number": "110101200602280011", "phone": "13900001111"}
    feed = await hub.feed(
        "student",
        {"student_no": None, "name": None, "id_number": None, "phone": None},
    )
    no = hub.name("canary")
    after = await watermark(hub)
    row = {"student_no": no, "name": "张三", **canary}
    answers = [
        json.dumps(await hub.push(feed, row)),
        json.dumps(await hub.push(feed, row | {"phone": "13900002222"})),
        json.dumps(await hub.push(feed, row, row)),
    ]
    await hub.settled()

    answers += [
        (await hub.client.get(f"/v1/records/student/{no}")).text,
        (await hub.client.get("/v1/records/student", params={"limit": 1000})).text,
        (await hub.client.get("/v1/changes", params={"after": after})).text,
        json.dumps(await hub.facts()),
    ]

    assert [f"records/student/{no}" for text in answers if no not in text] == [
        f"records/student/{no}"
    ] * 2, "only the two ledgers without verdicts do not name the student"
    assert [
        text for text in answers for value in [*canary.values(), "13900002222"] if value in text
    ] == []
    [stored] = await hub.sql("SELECT id_number, phone FROM record_student WHERE key = :k", k=no)
    assert stored == canary


KEYS = {"course": "course_code", "major": "major_code", "school": "school_code"}


async def write(hub: Any, entity: str, feed: str, seed: int) -> None:
    """Push and delete records of few keys, with random delays."""
    chance = random.Random(seed)  # noqa: S311 — repeatable, not secret
    for step in range(12):
        rows = [
            {KEYS[entity]: f"W{chance.randrange(9)}", "name": f"{seed}.{step}"}
            for _ in range(chance.randrange(1, 6))
        ]
        await hub.push(feed, *rows, mode="delete" if chance.random() < 0.25 else "upsert")
        await asyncio.sleep(chance.random() / 50)


async def follow(hub: Any, start: int, writers: "asyncio.Future[Any]") -> list[dict[str, Any]]:
    """Read the change feed while others write, in pages of changing size."""
    seen: list[dict[str, Any]] = []
    last = start
    sizes = itertools.cycle([1, 3, 10])
    while not writers.done():
        page = await hub.get("changes", after=last, limit=next(sizes))
        seen += page
        last = page[-1]["seq"] if page else last
        await asyncio.sleep(0.001)
    await writers
    await hub.settled()
    return seen + list(await hub.get("changes", after=last, limit=1000))


async def test_who_sees_few_records_and_asks_for_one_costs_few_questions(
    hub: Any, dictionary: Dictionary
) -> None:
    feed = await hub.feed("course", COURSE)
    await hub.push(feed, *({"course_code": f"{feed}-{at}", "name": "x"} for at in range(30)))
    await hub.settled()
    start, nothing = await watermark(hub) - 30, dict.fromkeys(dictionary.entities, ())
    async with hub.database.transaction() as tx:
        with statements(hub, "FROM change_set s JOIN change c") as asked:
            found = await list_seen_changes(tx, start, 1, dictionary, nothing)

    assert (found, len(asked)) == (([], start + 30), 1)


async def test_the_change_feed_is_dense_and_complete_under_concurrent_writers(hub: Any) -> None:
    """Writers of three entities with random delays; a reader follows and rebuilds the state."""
    start = await watermark(hub)
    feeds = {
        entity: await hub.feed(entity, dict.fromkeys([key, "name"])) for entity, key in KEYS.items()
    }
    writers = asyncio.gather(
        *(write(hub, entity, feeds[entity], seed) for seed in range(3) for entity in feeds)
    )

    seen = await follow(hub, start, writers)

    assert [each["seq"] for each in seen] == list(range(start + 1, await watermark(hub) + 1))
    state: dict[tuple[str, str], int] = {}
    for each in seen:
        place = (each["entity"], each["key"])
        assert each["version"] > state.get(place, 0)
        state[place] = each["version"]
    assert "delete" in {each["op"] for each in seen}
    for entity in feeds:
        rows = await hub.sql(
            f"SELECT key, version FROM record_{entity} WHERE key LIKE 'W_'"  # noqa: S608
        )
        assert {row["key"]: row["version"] for row in rows} == {
            key: version for (name, key), version in state.items() if name == entity
        }


async def test_a_change_says_what_became_of_the_record(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    start = await watermark(hub)
    await hub.push(feed, {"course_code": code, "name": "x"})
    await hub.push(feed, {"course_code": code, "name": "y"})
    await hub.push(feed, {"course_code": code}, mode="delete")
    await hub.settled()

    changes = await hub.get("changes", after=start)

    assert [(each["op"], each["version"], each["doc"]) for each in changes] == [
        ("upsert", 1, None),
        ("upsert", 2, None),
        ("delete", 3, None),
    ]
    facts = [
        each["data"] for each in await hub.facts() if each["type"] == "qa.datahub.course.changed.v1"
    ]
    items = [item for fact in facts for item in fact["items"] if item["key"] == code]
    assert [(item["op"], item["version"], item["fields"]) for item in items] == [
        ("upsert", 1, []),
        ("upsert", 2, ["name"]),
        ("delete", 3, []),
    ]
    assert [item["seq"] for item in items] == [each["seq"] for each in changes]


async def test_scopes_are_told_with_their_names_parents_and_owners(hub: Any) -> None:
    feed = await hub.feed(
        "teaching_class",
        {"class_no": None, "name": None, "course_code": None, "teacher_no": None},
    )
    no = hub.name("class")

    await hub.push(feed, {"class_no": no, "name": "甲班", "course_code": "C9", "teacher_no": "T1"})
    await hub.settled()

    told = [
        item
        for each in await hub.facts()
        if each["type"] == "qa.datahub.scope.changed.v1"
        for item in each["data"]["items"]
        if item["scope"] == f"class/{no}"
    ]
    assert [(item["name_zh"], item["parents"], item["owners"], item["gone"]) for item in told] == [
        ("甲班", ["course/C9"], [{"role": "class_teacher", "person": "teacher/T1"}], False)
    ]
    scopes = await hub.get("scopes", kind="class", limit=1000)
    assert {"scope": f"class/{no}", "name": "甲班"} in scopes


async def test_scopes_that_are_asked_for_by_name_are_told_and_no_others(hub: Any) -> None:
    staff, major = await hub.feed("staff", {"staff_no": None, "name": None}), hub.name("T")
    no = hub.name("T")
    await hub.push(staff, {"staff_no": no, "name": "王芳"}, {"staff_no": major, "name": "李强"})
    feed = await hub.feed("major", MAJOR)
    await hub.push(feed, {"major_code": no, "name": "同号的专业"})

    wanted = [f"teacher/{no}", f"major/{major}", "teacher/nobody"]
    found = await hub.client.get("/v1/scopes", params={"scope": wanted, "limit": 1})

    assert found.json() == [{"scope": f"teacher/{no}", "name": "王芳"}]


async def test_of_two_open_states_the_one_that_began_last_is_in_force(hub: Any) -> None:
    no = await hub.have("student", hub.name("S"))
    fields = dict.fromkeys(("student_no", "valid_from", "valid_to", "status"))
    feed = await hub.feed("student_state", fields)
    spans = [("2026-01-01", ""), ("2026-03-01", ""), ("2026-04-01", "2026-05-01")]
    await hub.push(
        feed,
        *(
            {"student_no": no, "valid_from": begin, "valid_to": end, "status": "01"}
            for begin, end in spans
        ),
    )
    await hub.settled()
    [mark] = await hub.sql("SELECT last_seq FROM watermark")
    place = {"asOf": f"seq:{mark['last_seq']}"}

    async def begun(day: str, **more: str) -> list[str]:
        found = await hub.get("records/student_state", student_no=no, validOn=day, **more)
        return [each["valid_from"] for each in found]

    assert await begun("2026-02-01") == ["2026-01-01"]
    assert await begun("2026-03-01") == ["2026-03-01"]
    assert await begun("2026-04-15") == ["2026-04-01"]
    assert await begun("2026-05-01") == ["2026-03-01"]
    assert await begun("2026-05-01", **place) == ["2026-03-01"]
    assert await begun("2025-12-31") == []


async def test_two_states_at_once_are_listed_by_a_rule_of_the_hub(hub: Any) -> None:
    rules = {each["rule"]: each for each in await hub.get("quality/rules", pageSize=1000)}
    dated = {name.partition(".")[0] for name in rules if name.endswith(".valid_to.cross_field")}
    alone = {name.partition(".")[0] for name in rules if name.endswith(".no_overlap")}

    assert dated >= {"student_state", "staff_appointment", "major", "working_hours"}
    assert alone == {"student_state", "dorm_assignment", "working_hours"}


async def test_the_history_of_what_never_was_is_not_found(hub: Any) -> None:
    key = hub.name("C")
    feed = await hub.feed("course", {"course_code": None})
    await hub.push(feed, {"course_code": key})
    await hub.push(feed, {"course_code": key}, mode="delete")
    await hub.settled()

    gone = await hub.get(f"history/course/{key}")
    never = await hub.client.get("/v1/history/course/nope")

    assert [each["op"] for each in gone] == ["delete", "upsert"]
    assert (never.status_code, never.json()["type"]) == (
        404,
        "urn:helix8:problem:record-not-found",
    )


async def test_a_follower_ahead_of_the_watermark_is_told_to_begin_anew(hub: Any) -> None:
    await hub.settled()
    [mark] = await hub.sql("SELECT last_seq FROM watermark")

    at = await hub.client.get("/v1/changes", params={"after": mark["last_seq"]})
    beyond = await hub.client.get("/v1/changes", params={"after": mark["last_seq"] + 1})

    assert (at.status_code, at.json(), at.headers.get("feed-ahead-by")) == (200, [], None)
    assert (beyond.json(), beyond.headers["feed-ahead-by"]) == ([], "1")
