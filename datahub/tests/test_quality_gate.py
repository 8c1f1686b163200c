"""A blocking rule holds a batch back before it takes effect: as a whole, or row by row on NATS."""

import json
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from sqlalchemy import text

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain.feed_document import parse_feed
from datahub.ingest.domain.survivorship import contest_of
from datahub.ingest.repository import records
from datahub.quality.domain.rule_document import parse_rule
from datahub.quality.repository import evaluating

pytestmark = pytest.mark.asyncio(loop_scope="module")
Ledger = Callable[[Any], dict[str, int]]
COURSE = dict.fromkeys(["course_code", "name", "hours_practice", "hours_total"])


async def block(hub: Any, entity: str, kind: str, **more: Any) -> str:
    """Save a blocking rule under a name of its own; return the name."""
    name: str = hub.name("rule")
    document = {
        "rule": name,
        "entity": entity,
        "kind": kind,
        "zh": "规则",
        "en": "Rule",
        "severity": "error",
        "gate": "block",
        **more,
    }
    answer = await hub.client.put(f"/v1/quality/rules/{name}", json=document)
    assert answer.status_code == 201, answer.text
    return name


async def part_of_the_whole(hub: Any, feed: str) -> str:
    """Practice hours are part of all hours: blocking for one feed alone."""
    return await block(
        hub,
        "course",
        "cross_field",
        left="hours_practice",
        operator="less_than_or_equal_to",
        right="hours_total",
        gate="warn",
        feeds={feed: {"gate": "block"}},
        zh="实践学时不超过总学时",
        en="Practice is part of the whole",
    )


def course(code: str, practice: int | None = None, total: int = 32) -> dict[str, Any]:
    return {"course_code": code, "name": "x", "hours_practice": practice, "hours_total": total}


async def refused(hub: Any, feed: str, *rows: Any, **query: Any) -> Any:
    body = "\n".join(json.dumps(row) for row in rows)
    answer = await hub.post(feed, body, **query)
    assert answer.status_code == 422, answer.text
    return answer.json()


async def is_there(hub: Any, entity: str, key: str) -> bool:
    return bool((await hub.client.get(f"/v1/records/{entity}/{key}")).status_code == 200)


async def refusals(hub: Any, feed: str) -> list[Any]:
    await hub.settled()
    return [
        each["data"]
        for each in await hub.facts()
        if each["type"] == "qa.datahub.feed.quality_failed.v1"
        and each["data"]["feed"] == feed
        and each["data"]["gate"] == "block"
    ]


async def test_a_batch_that_fails_is_refused_as_a_whole_and_says_why(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    rule = await part_of_the_whole(hub, feed)
    rows = [
        course(f"{code}-0", 8),
        course(f"{code}-1", 40),
        course(f"{code}-2"),
        course(f"{code}-3", 33),
    ]

    problem = await refused(hub, feed, *rows)

    assert problem["type"] == "urn:helix8:problem:quality-gate"
    assert problem["title"] == "数据质量不合格，整批退回"
    assert rule in problem["detail"]
    reason = (
        f"{rule}：3 行中 2 行不合格：实践学时不超过总学时"
        " (2 of 3 rows fail: Practice is part of the whole); row 2, 4"
    )
    assert problem["validationErrors"] == {"$.hours_practice": [reason]}
    assert f"GET /api/datahub/v1/quality/rules/{rule}" in problem["fixes"]
    assert not any([await is_there(hub, "course", row["course_code"]) for row in rows])
    assert await hub.get("batches", feed=feed) == []
    assert await refusals(hub, feed) == [
        {
            "feed": feed,
            "source": "academic",
            "entity": "course",
            "batch": None,
            "rules": [
                {
                    "rule": rule,
                    "severity": "error",
                    "name_zh": "实践学时不超过总学时",
                    "name_en": "Practice is part of the whole",
                    "checked": 3,
                    "failed": 2,
                }
            ],
            "failed": 2,
            "checked": 3,
            "gate": "block",
        }
    ]


async def test_a_dry_run_says_the_same_and_tells_nobody(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    await part_of_the_whole(hub, feed)

    problem = await refused(hub, feed, course(code, 40), dryRun=True)
    good = await hub.push(feed, course(code, 32), dryRun=True)

    assert problem["type"] == "urn:helix8:problem:quality-gate"
    assert ledger(good) == {"created": 1}
    assert await refusals(hub, feed) == []
    assert not await is_there(hub, "course", code)


async def test_other_feeds_and_good_batches_pass(hub: Any, ledger: Ledger) -> None:
    feed, other = await hub.feed("course", COURSE), await hub.feed("course", COURSE)
    await part_of_the_whole(hub, feed)

    good = await hub.push(feed, course(hub.name("C"), 32), course(hub.name("C")))
    warned = await hub.push(other, course(hub.name("C"), 40))

    assert (ledger(good), ledger(warned)) == ({"created": 2}, {"created": 1})


async def test_a_feed_that_does_not_write_the_field_is_not_held(hub: Any, ledger: Ledger) -> None:
    """Of what it does not deliver it says nothing; the record may have it from another feed."""
    names = await hub.feed("admin_class", {"admin_class_code": None, "name": None})
    whole = await hub.feed("admin_class", dict.fromkeys(["admin_class_code", "name", "major_code"]))
    rule = await block(hub, "admin_class", "not_null", field="major_code")

    taken = await hub.push(names, {"admin_class_code": hub.name("G"), "name": "x"})
    problem = await refused(hub, whole, {"admin_class_code": hub.name("G"), "name": "x"})

    assert ledger(taken) == {"created": 1}
    assert list(problem["validationErrors"]) == ["$.major_code"]
    await hub.client.delete(f"/v1/quality/rules/{rule}")


async def test_a_share_of_the_rows_may_fail(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("school", {"school_code": None, "name": None}), hub.name("X")
    rule = await block(hub, "school", "not_null", field="name", allowed_ratio=0.25)
    rows = [{"school_code": f"{code}{n}", "name": "x" if n else None} for n in range(4)]

    problem = await refused(hub, feed, *rows[:3])
    taken = await hub.push(feed, *rows)

    assert "1 of 3 rows fail" in problem["validationErrors"]["$.name"][0]
    assert ledger(taken) == {"created": 4}
    await hub.client.delete(f"/v1/quality/rules/{rule}")


async def test_the_last_of_many_rows_holds_back_the_first(hub: Any, ledger: Ledger) -> None:
    """More rows than one transaction takes elsewhere: here all of them are one."""
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    await part_of_the_whole(hub, feed)
    head = "course_code,name,hours_practice,hours_total"
    lines = [f"{code}-{number},x,1,2" for number in range(30_000)]

    def body(last: str) -> str:
        return "\n".join([head, *lines, last, ""])

    answer = await hub.post(feed, body(f"{code}-last,x,3,2"), kind="text/csv")
    there = await is_there(hub, "course", f"{code}-0")
    mended = await hub.post(feed, body(f"{code}-last,x,2,2"), kind="text/csv")

    assert answer.status_code == 422
    [reason] = answer.json()["validationErrors"]["$.hours_practice"]
    assert "1 of 30001 rows fail" in reason
    assert reason.endswith("row 30001")
    assert not there
    assert ledger(mended.json()) == {"created": 30_001}


async def test_a_refused_request_may_come_again_under_its_key(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    rule = await part_of_the_whole(hub, feed)
    body, headers = json.dumps(course(code, 40)), {"idempotency-key": hub.name("key")}

    first = await hub.post(feed, body, headers=headers)
    await hub.client.delete(f"/v1/quality/rules/{rule}")
    second = await hub.post(feed, body, headers=headers)

    assert (first.status_code, second.status_code) == (422, 200)
    assert second.json()["created"] == 1


async def test_an_upload_that_was_gated_gives_its_answer_again(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    await part_of_the_whole(hub, feed)
    body, headers = json.dumps(course(code, 8)), {"idempotency-key": hub.name("key")}

    first, second = [await hub.post(feed, body, headers=headers) for _ in range(2)]

    assert ledger(first.json()) == {"created": 1}
    assert second.json() == first.json()
    [batch] = await hub.get("batches", feed=feed)
    assert (batch["state"], batch["received"]) == ("finished", 1)


async def test_a_parent_in_the_same_batch_is_a_parent(hub: Any, ledger: Ledger) -> None:
    feed = await hub.feed("org_unit", {"org_code": None, "parent_code": None})
    rule = await block(hub, "org_unit", "reference", field="parent_code")
    top, mid, odd = (hub.name("U") for _ in range(3))

    taken = await hub.push(
        feed, {"org_code": mid, "parent_code": top}, {"org_code": top, "parent_code": None}
    )
    problem = await refused(hub, feed, {"org_code": odd, "parent_code": "nobody"})

    assert ledger(taken) == {"created": 2}
    assert "1 of 1 rows fail" in problem["validationErrors"]["$.parent_code"][0]
    await hub.client.delete(f"/v1/quality/rules/{rule}")


async def test_a_rule_that_cannot_be_asked_holds_nothing_back(hub: Any) -> None:
    """The table it looks into is away, and another can no longer be read; the third still holds."""
    feed = await hub.feed("course", dict.fromkeys(["course_code", "name", "major_code"]))
    away = await block(hub, "course", "reference", field="major_code")
    stale = await block(hub, "course", "not_null", field="name")
    rule = await block(hub, "course", "not_null", field="name")
    await hub.sql(
        'UPDATE quality_rule SET document = document || \'{"field": "gone"}\', saved_at = now()'
        " WHERE id = :id",
        id=stale,
    )
    await hub.sql("ALTER TABLE record_major RENAME TO away")
    try:
        problem = await refused(hub, feed, {"course_code": hub.name("C"), "major_code": "M"})
        taken = await hub.push(feed, {"course_code": hub.name("C"), "name": "x", "major_code": "M"})
    finally:
        await hub.sql("ALTER TABLE away RENAME TO record_major")

    assert list(problem["validationErrors"]) == ["$.name"]
    assert taken["created"] == 1
    for name in (away, stale, rule):
        await hub.client.delete(f"/v1/quality/rules/{name}")


async def test_on_nats_the_rows_that_fail_are_put_aside_alone(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    rule = await part_of_the_whole(hub, feed)
    records = [course(f"{code}-0", 40), course(f"{code}-1", 8), course(f"{code}-2", 41)]
    await hub.send("course", {"records": records, "feed": feed})

    batch = await hub.batch_of(feed)
    aside = await hub.get("quarantine", batch=batch["batch"])

    assert (batch["received"], batch["created"], batch["quarantined"]) == (3, 1, 2)
    assert {(row["row"], row["code"], row["path"]) for row in aside} == {
        (1, "quality-gate", "$.hours_practice"),
        (3, "quality-gate", "$.hours_practice"),
    }
    assert {row["message"] for row in aside} == {
        f"实践学时不超过总学时（{rule}） (Practice is part of the whole)"
    }
    assert [row["raw"]["course_code"] for row in aside] == [f"{code}-2", f"{code}-0"]
    assert await is_there(hub, "course", f"{code}-1")
    assert not await is_there(hub, "course", f"{code}-0")
    [event] = await refusals(hub, feed)
    assert (event["batch"], event["checked"], event["failed"]) == (batch["batch"], 3, 2)

    # A replay does not lead around the gate; once the rule is gone, it leads through.
    ids = [row["id"] for row in aside]
    await hub.client.post("/v1/quarantine/replay", json={"ids": ids[:1]})
    assert not await is_there(hub, "course", f"{code}-2")
    await hub.client.delete(f"/v1/quality/rules/{rule}")
    await hub.client.post("/v1/quarantine/replay", json={"ids": ids[1:]})
    assert await is_there(hub, "course", f"{code}-0")


async def test_a_row_that_waited_for_its_parent_meets_the_gate_when_it_is_released(
    hub: Any,
) -> None:
    classes = await hub.feed("teaching_class", dict.fromkeys(["class_no", "course_code", "term"]))
    feed = await hub.feed("enrolment", dict.fromkeys(["class_no", "student_no", "take_type"]))
    class_no = hub.name("K")
    await hub.have("student", "S1")
    waiting = {"class_no": class_no, "student_no": "S1"}
    parked = await hub.push(feed, waiting)
    rule = await block(hub, "enrolment", "not_null", field="take_type")

    await hub.push(classes, {"class_no": class_no, "course_code": "C1", "term": "2026-2027-1"})

    async def put_aside() -> list[Any]:
        rows: list[Any] = await hub.get("quarantine", code="quality-gate", verdict="quarantined")
        return [row for row in rows if row["feed"] == feed]

    [row] = await hub.until(put_aside)
    assert parked["parked"] == 1
    assert row["raw"] == waiting
    assert not await is_there(hub, "enrolment", f"{class_no}/S1")
    await hub.client.delete(f"/v1/quality/rules/{rule}")


async def clicks_feed(hub: Any) -> str:
    feed: str = await hub.feed(
        "learning_daily",
        {"student_no": None, "class_no": None, "date": None},
        aggregate={"identity": "document", "measures": {"clicks": {"sum": "n"}}},
        never_waits_for=["student_no", "class_no"],
    )
    return feed


async def test_a_document_is_held_back_by_its_sums(hub: Any, ledger: Ledger) -> None:
    feed, no = await clicks_feed(hub), hub.name("S")
    rule = await block(hub, "learning_daily", "range", field="clicks", max=10)
    lines = [{"student_no": no, "class_no": "K1", "date": "2026-11-23", "n": n} for n in (4, 6, 1)]

    problem = await refused(hub, feed, *lines, document="day.csv")
    taken = await hub.push(feed, *lines[:2], document="day.csv")

    assert "1 of 1 rows fail" in problem["validationErrors"]["$.clicks"][0]
    assert ledger(taken) == {"created": 2}
    assert (await hub.get(f"records/learning_daily/{no}/K1/2026-11-23"))["clicks"] == 10
    await hub.client.delete(f"/v1/quality/rules/{rule}")


async def test_messages_that_are_summed_are_put_aside_together(hub: Any) -> None:
    """A line is one of many in a sum: none of them can go alone."""
    feed, no = await clicks_feed(hub), hub.name("S")
    rule = await block(hub, "learning_daily", "range", field="clicks", max=10)
    lines = [{"student_no": no, "class_no": "K1", "date": "2026-11-23", "n": n} for n in (4, 7)]
    await hub.send("learning_daily", {"records": lines, "feed": feed})

    batch = await hub.batch_of(feed)
    aside = await hub.get("quarantine", batch=batch["batch"])

    assert (batch["received"], batch["quarantined"], batch["created"]) == (2, 2, 0)
    assert [(row["code"], row["raw"]["n"]) for row in aside] == [
        ("quality-gate", "7"),
        ("quality-gate", "4"),
    ]
    assert not await is_there(hub, "learning_daily", f"{no}/K1/2026-11-23")
    await hub.client.delete(f"/v1/quality/rules/{rule}")


async def test_a_deletion_meets_no_gate(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    await hub.push(feed, course(code, 40))
    await part_of_the_whole(hub, feed)

    gone = await hub.push(feed, {"course_code": code}, mode="delete")

    assert ledger(gone) == {"deleted": 1}


async def test_the_gate_leaves_the_time_that_the_merge_has(
    hub: Any, dictionary: Dictionary
) -> None:
    """A rule has half a minute, the merge after it ten, as without a gate."""
    document = {"rule": "r", "entity": "course", "zh": "规则", "en": "Rule", "kind": "not_null"}
    rule = parse_rule(document | {"field": "name"}, dictionary, 1)
    feed = parse_feed(
        {
            "feed": "feed",
            "source": "academic",
            "entity": "course",
            "fields": {"course_code": {"from": "c"}},
        },
        dictionary,
        1,
    )
    async with hub.database.transaction() as tx:
        await records.lock_entities(tx, ["course"])
        staging = records.Staging(await tx.driver(), feed, contest_of(feed, []))
        await staging.load(pl.DataFrame())

        held = await evaluating.hold_lines(tx, [rule], records.stage_name(rule.entity))
        left = await tx.session.scalar(text("SHOW statement_timeout"))

    assert [(each.checked, each.lines) for each in held] == [(0, ())]
    assert left == "10min"
