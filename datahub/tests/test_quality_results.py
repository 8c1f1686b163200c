"""What runs find: rows, scores, trends, and who is told."""

from typing import Any

import pytest

from datahub.quality.repository import runs
from datahub.quality.usecases.evaluating import find_aged
from datahub.tests.quality_rules import empty, evaluate, results, save

pytestmark = pytest.mark.asyncio(loop_scope="module")


STUDENT = dict.fromkeys(["student_no", "name", "major_code", "sex", "phone"])


async def test_results_are_told_for_all_records_and_for_each_feed_that_writes_the_field(
    hub: Any,
) -> None:
    await empty(hub, "student")
    await hub.push(await hub.feed("major", {"major_code": None}), {"major_code": "M1"})
    ours = await hub.feed("student", {"student_no": None, "name": None, "major_code": None})
    theirs = await hub.feed(
        "student", {"student_no": None, "major_code": None}, source="student_affairs"
    )
    phones = await hub.feed(
        "student", {"student_no": None, "phone": None}, source="student_affairs"
    )
    majors = await save(hub, "student", "reference", field="major_code")
    numbers = await save(hub, "student", "unique", fields=["phone"], allowed_ratio=0.5)
    await hub.push(
        ours,
        {"student_no": "S1", "name": "甲", "major_code": "M1"},
        {"student_no": "S2", "name": "乙", "major_code": "M9"},
        {"student_no": "S3", "name": "丙"},
    )
    await hub.push(theirs, {"student_no": "S4", "major_code": "M8"})
    await hub.push(phones, *({"student_no": f"S{n}", "phone": str(n // 3)} for n in range(1, 5)))
    await evaluate(hub, "student")

    by_feed = await results(hub, majors, entity="student")
    unique = await results(hub, numbers)

    assert {
        feed: (row["source"], row["checked"], row["failed"], row["score"], row["status"])
        for feed, row in by_feed.items()
    } == {
        None: (None, 3, 2, "0.333333", "failed"),
        ours: ("academic", 2, 1, "0.500000", "failed"),
        theirs: ("student_affairs", 1, 1, "0.000000", "failed"),
    }
    # Four telephones, two pairs alike: more than half of them.
    assert {feed: (row["checked"], row["failed"]) for feed, row in unique.items()} == {
        None: (4, 4),
        phones: (4, 4),
    }
    assert by_feed[None]["fields"] == ["major_code"]


async def test_failed_rows_are_paged_and_closed_fields_are_never_shown(hub: Any) -> None:
    await empty(hub, "student")
    feed = await hub.feed("student", STUDENT)
    name = await save(
        hub, "student", "pattern", field="phone", pattern="1[0-9]{10}", where=[["name", "not_null"]]
    )
    await hub.push(
        feed, *({"student_no": f"S{n}", "name": f"学生{n}", "phone": f"bad-{n}"} for n in range(5))
    )

    async def page(**query: Any) -> Any:
        return await hub.client.get(f"/v1/quality/rules/{name}/failures", params=query)

    first = await page(pageSize=3)
    second = await page(pageSize=3, pageToken=first.headers["next-page-token"])
    offset = await page(limit=2, offset=4, totalCount=True)

    assert [row["unit"] for row in first.json()] == ["S0", "S1", "S2"]
    assert [row["unit"] for row in second.json()] == ["S3", "S4"]
    assert offset.json() == [{"unit": "S4", "values": {"name": "学生4"}}]
    assert offset.headers["total-count"] == "5"
    assert "next-page-token" not in second.headers
    assert "bad-" not in first.text + second.text + offset.text


async def test_a_record_whose_key_is_closed_is_listed_by_its_place_in_its_batch(hub: Any) -> None:
    await hub.sql(
        "INSERT INTO record_student_aid (key, student_no, aid_no, year, version, observed, batch,"
        " line) VALUES ('S1/A/2026', 'S1', 'A', '2026', 1, 0, 7, 3),"
        " ('S2/A/2026', 'S2', 'A', '2026', 1, 0, 7, 4)"
    )
    rules = [
        await save(hub, "student_aid", "not_null", field="amount"),
        await save(hub, "student_aid", "unique", fields=["aid_no"]),
    ]

    found = [await hub.get(f"quality/rules/{rule}/failures") for rule in rules]

    assert [[each["unit"] for each in listed] for listed in found] == [["#7/3", "#7/4"]] * 2
    assert "S1" not in str(found)


async def test_no_data_is_not_zero_failed(hub: Any) -> None:
    await empty(hub, "research_output")
    name = await save(hub, "research_output", "not_null", field="title")
    await evaluate(hub, "research_output")

    found = (await results(hub, name, status="no_data"))[None]

    assert (found["checked"], found["failed"], found["score"]) == (0, 0, None)


async def test_scores_by_entity_source_and_field(hub: Any) -> None:
    await empty(hub, "teaching_evaluation")
    await hub.sql("DELETE FROM quality_rule WHERE entity = 'teaching_evaluation'")
    fields = dict.fromkeys(
        ["term", "class_no", "staff_no", "evaluator", "invited", "participants", "score"]
    )
    ours = await hub.feed("teaching_evaluation", fields, source="quality")
    await hub.have("staff", "T1")
    await hub.have("teaching_class", "K1", "K2", "K3", "K4")
    await save(hub, "teaching_evaluation", "not_null", field="score")
    await save(
        hub,
        "teaching_evaluation",
        "cross_field",
        left="participants",
        operator="less_than_or_equal_to",
        right="invited",
    )
    await save(hub, "teaching_evaluation", "not_null", field="invited", severity="info")
    row = {"term": "2026-2027-1", "staff_no": "T1", "evaluator": "student"}
    await hub.push(
        ours,
        {**row, "class_no": "K1", "invited": 10, "participants": 8, "score": 90},
        {**row, "class_no": "K2", "invited": 10, "participants": 12},
        {**row, "class_no": "K3", "participants": 5, "score": 80},
        {**row, "class_no": "K4", "invited": 9, "participants": 9, "score": 80},
    )
    await evaluate(hub, "teaching_evaluation")

    async def scores(**query: Any) -> list[dict[str, Any]]:
        found = await hub.get("quality/scores", entity="teaching_evaluation", **query)
        return [{k: v for k, v in each.items() if k not in {"day", "entity"}} for each in found]

    # not_null: 4 checked, 1 failed; cross_field: 3 checked, 1 failed; the hint is not in it.
    pooled = {
        "checked": 7,
        "failed": 2,
        "rules": 2,
        "rules_failed": 2,
        "rules_in_error": 0,
        "score": "0.714286",
    }
    participants = {
        "checked": 3,
        "failed": 1,
        "rules": 1,
        "rules_failed": 1,
        "rules_in_error": 0,
        "score": "0.666667",
    }
    assert await scores() == [pooled]
    assert await scores(by="source") == [{"source": "quality", **pooled}]
    assert await scores(source="academic") == []
    assert await scores(field="participants") == [{"field": "participants", **participants}]
    assert [each["field"] for each in await scores(by="field")] == [
        "invited",
        "participants",
        "score",
    ]
    assert await scores(**{"from": "2026-01-01", "to": "2026-01-02"}) == []


async def test_the_trend_is_the_last_run_of_each_day(hub: Any) -> None:
    await empty(hub, "research_output")
    await hub.sql("DELETE FROM quality_rule WHERE entity = 'research_output'")
    feed = await hub.feed("research_output", dict.fromkeys(["kind", "output_no", "title"]))
    rule = await save(hub, "research_output", "not_null", field="title")
    rows = ({"kind": "paper", "output_no": str(n), "title": "x" if n else None} for n in range(4))
    await hub.push(feed, *rows)
    await evaluate(hub, "research_output")
    await two_runs_of_yesterday(hub, "research_output")

    async def trend() -> list[str]:
        found = await hub.get("quality/scores", entity="research_output")
        return [each["score"] for each in found]

    before = await trend()
    async with hub.database.transaction() as tx:
        await runs.prune(tx)
    history = await hub.get(f"quality/rules/{rule}/history")
    second = await hub.client.get(
        f"/v1/quality/rules/{rule}/history", params={"offset": 1, "totalCount": True}
    )

    assert (second.json(), second.headers["total-count"]) == (history[1:], str(len(history)))
    assert before == await trend() == ["0.750000", "0.500000"]
    # What was emptied and pushed may have been evaluated by itself, too.
    found = dict.fromkeys((each["checked"], each["failed"]) for each in history if each["checked"])
    assert [*found] == [(4, 1), (4, 2)]
    assert await hub.sql("SELECT DISTINCT run FROM quality_result WHERE run < 0") == [{"run": -1}]


async def test_what_grows_old_is_evaluated_though_nothing_changes(hub: Any) -> None:
    feed = await hub.feed("research_output", dict.fromkeys(["kind", "output_no"]))
    rule = await save(hub, "research_output", "freshness", max_age="30m")
    await hub.push(feed, {"kind": "paper", "output_no": feed})
    await evaluate(hub, "research_output")

    async def aged() -> list[str]:
        async with hub.database.transaction() as tx:
            return await find_aged(tx)

    before = await aged(), (await results(hub, rule))[None]["status"]
    for table in ("batch", "quality_run"):
        await hub.sql(
            f"UPDATE {table} SET finished_at = finished_at - interval '31 minutes'"  # noqa: S608
            " WHERE entity = 'research_output'"
        )

    assert (before, await aged()) == (([], "passed"), ["research_output"])
    await evaluate(hub, "research_output")
    assert (await results(hub, rule))[None]["status"] == "failed"


async def two_runs_of_yesterday(hub: Any, entity: str) -> None:
    """Let the newest run have had two before it; the first found 3 failing, the second 2."""
    for run, failed in ((-2, 3), (-1, 2)):
        await hub.sql(
            "INSERT INTO quality_run (id, entity, reason, watermark, day, started_at)"
            " OVERRIDING SYSTEM VALUE SELECT :run, entity, reason, watermark, day - 1,"
            " started_at - interval '25 hours' FROM quality_run WHERE id > 0 AND entity = :entity"
            " ORDER BY id DESC LIMIT 1",
            run=run,
            entity=entity,
        )
        await hub.sql(
            "INSERT INTO quality_result SELECT :run, rule, feed, rule_version, kind, severity,"
            " source, fields, checked, :failed, observed, status, reason FROM quality_result"
            " WHERE run = (SELECT max(id) FROM quality_run WHERE entity = :entity)",
            run=run,
            failed=failed,
            entity=entity,
        )


async def told(hub: Any, feed: str) -> list[dict[str, Any]]:
    """Return what was published of a feed's quality, oldest first."""
    return [
        each["data"] | {"subject": each["subject"]}
        for each in await hub.facts()
        if each["type"] == "qa.datahub.feed.quality_failed.v1" and each["data"]["feed"] == feed
    ]


async def test_a_feed_whose_records_grow_worse_is_told_of_once(hub: Any) -> None:
    await empty(hub, "org_unit")
    feed = await hub.feed("org_unit", {"org_code": None, "name": None, "short_name": None})
    rule = await save(hub, "org_unit", "not_null", field="name", zh="机构有名称", en="Has a name")
    await save(hub, "org_unit", "not_null", field="short_name", severity="info")
    await hub.push(feed, {"org_code": "U1", "name": "教务处"}, {"org_code": "U2"})
    await evaluate(hub, "org_unit")
    # A run that cannot evaluate the rule leaves what is known as it is.
    await hub.sql("ALTER TABLE record_org_unit RENAME COLUMN name TO elsewhere")
    try:
        await evaluate(hub, "org_unit")
    finally:
        await hub.sql("ALTER TABLE record_org_unit RENAME COLUMN elsewhere TO name")
    await evaluate(hub, "org_unit")
    last = await hub.push(feed, {"org_code": "U3"})
    await evaluate(hub, "org_unit")
    await hub.push(feed, {"org_code": "U3", "name": "学工处"})
    await evaluate(hub, "org_unit")
    await hub.settled()

    first, second = await told(hub, feed)

    assert (first["failed"], first["checked"], first["gate"]) == (1, 2, "warn")
    assert second == {
        "feed": feed,
        "source": "academic",
        "entity": "org_unit",
        "batch": last["batch"],
        "rules": [
            {
                "rule": rule,
                "severity": "error",
                "name_zh": "机构有名称",
                "name_en": "Has a name",
                "checked": 3,
                "failed": 2,
            }
        ],
        "failed": 2,
        "checked": 3,
        "gate": "warn",
        "subject": f"feed/{feed}",
    }


@pytest.mark.parametrize(
    ("method", "path", "query", "status", "code"),
    [
        ("GET", "rules/none", {}, 404, "quality-rule-not-found"),
        ("GET", "rules/none/failures", {}, 404, "quality-rule-not-found"),
        ("GET", "rules/none/history", {}, 404, "quality-rule-not-found"),
        ("DELETE", "rules/none", {}, 404, "quality-rule-not-found"),
        ("GET", "rules/a%00b", {}, 400, "malformed"),
        ("GET", "rules", {"limit": 1, "pageSize": 1}, 400, "paging-mixed"),
        ("GET", "results", {"status": "odd"}, 422, "invalid"),
        ("GET", "results", {"pageToken": "WzFd"}, 400, "page-token"),
        ("GET", "scores", {"from": "2026-02-01", "to": "2026-01-01"}, 422, "quality-period"),
        ("GET", "scores", {"from": "0001-01-01"}, 422, "quality-period"),
        ("GET", "scores", {"to": "0001-01-01"}, 200, ""),
        ("GET", "scores", {"by": "moon"}, 422, "invalid"),
        ("POST", "run", {"entities": ["none", "course"]}, 422, "quality-run-invalid"),
        ("POST", "run", {"colour": "red"}, 422, "invalid"),
    ],
)
async def test_a_question_that_has_no_answer_is_refused_with_a_problem(
    hub: Any, method: str, path: str, query: dict[str, Any], status: int, code: str
) -> None:
    name = "json" if method == "POST" else "params"
    answer = await hub.client.request(method, f"/v1/quality/{path}", **{name: query})

    assert answer.status_code == status, answer.text
    if code:
        assert answer.json()["type"] == f"urn:helix8:problem:{code}"


async def test_rules_are_listed_by_entity_and_kind_in_pages(hub: Any) -> None:
    whole = await hub.get("quality/rules", entity="course", kind="range", limit=1000)
    part = await hub.client.get(
        "/v1/quality/rules",
        params={"entity": "course", "kind": "range", "limit": 2, "totalCount": True},
    )

    assert {each["document"]["kind"] for each in whole} == {"range"}
    assert {each["entity"] for each in whole} == {"course"}
    assert part.json() == whole[:2]
    assert part.headers["total-count"] == str(len(whole))
