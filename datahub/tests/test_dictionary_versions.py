"""A published version stays as it was, and everybody works by one."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from datahub.dictionary.repository import Dictionaries, adopt_shipped
from datahub.dictionary.repository.shipped import DictionaryError, Shipped, load_shipped
from datahub.tests.dictionary_desk import DRAFT, add_codes, codes_of, publish, put_codes
from shared.kit.database import Database
from shared.testing import TestServers, new_database

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_own_code_is_taken_by_a_feed_as_soon_as_it_is_published(desk: Any) -> None:
    feed = await desk.feed("dorm_check", {"student_no": None, "checked_on": None, "state": None})
    student = await desk.have("student", desk.name("s"))
    row = {"student_no": student, "checked_on": "2026-11-20", "state": "Q1"}
    before = await desk.push(feed, row)
    version = await add_codes(desk, "szjz_zqztdm", {"code": "Q1", "zh": "请假离校"})
    after = await desk.push(feed, row)
    found = await desk.get("code-sets/szjz_zqztdm")

    assert (before["quarantined"], after["created"]) == (1, 1)
    assert found["dictionary_version"] == version
    assert codes_of(found)["Q1"]["own"]
    assert not codes_of(found)["1"]["own"]


async def test_a_message_is_read_under_the_newest_version(desk: Any) -> None:
    feed = await desk.feed("certificate", {"student_no": None, "cert_no": None, "place": None})
    await add_codes(desk, "szjz_jddddm", {"code": "Q", "zh": "线上"})
    row = {"student_no": await desk.have("student", desk.name("s")), "cert_no": "1", "place": "Q"}
    await desk.send("certificate", row, feed=feed)

    assert (await desk.batch_of(feed))["created"] == 1


async def test_a_batch_runs_wholly_under_the_version_it_began_with(desk: Any) -> None:
    feed = await desk.feed("staff_training", {"staff_no": None, "training_no": None, "place": None})
    await add_codes(desk, "szjz_jxxxdddm", {"code": "Q", "zh": "线上"})
    await desk.have("staff", "T1")

    def row(number: int) -> bytes:
        row = {"staff_no": "T1", "training_no": str(number), "place": "Q"}
        return json.dumps(row).encode() + b"\n"

    async def body() -> AsyncIterator[bytes]:
        yield row(1)
        path = f"{DRAFT}/code-sets/szjz_jxxxdddm/codes/Q/retire"
        await desk.client.post(path, json={"successors": ["1"]})
        await publish(desk)
        yield row(2)

    during = await desk.post(feed, body())
    after = await desk.post(feed, row(3))
    assert (during.json()["created"], during.json()["received"]) == (2, 2)
    assert (after.json()["quarantined"], after.json()["received"]) == (1, 1)


async def test_no_version_is_published_while_a_document_is_held_against_the_newest(
    desk: Any,
) -> None:
    name = "own_" + desk.name("l")
    await put_codes(desk, name, {"code": "A", "zh": "甲"}, zh="某集")
    async with desk.database.transaction() as tx:
        held = await Dictionaries().held(tx)
        publishing = asyncio.create_task(publish(desk))
        await asyncio.sleep(0.3)
        assert not publishing.done()
    assert await publishing == held.version + 1


async def test_another_process_takes_the_new_version_within_seconds(desk: Any) -> None:
    replica, database = (
        Dictionaries(),
        Database(str(desk.database.engine.url.render_as_string(hide_password=False)), "datahub"),
    )
    before = await replica.of(database)
    version = await add_codes(desk, "own_" + desk.name("x"), {"code": "A", "zh": "甲"}, zh="某集")

    async def noticed() -> bool:
        return (await replica.of(database)).version == version

    started = time.monotonic()
    assert before.version < version
    await desk.until(noticed)
    assert time.monotonic() - started < 3
    await database.dispose()


async def test_an_older_version_stays_as_it_was(desk: Any) -> None:
    name = "own_" + desk.name("h")
    first = await add_codes(desk, name, {"code": "A", "zh": "甲"}, zh="礼堂")
    second = await add_codes(desk, name, {"code": "A", "zh": "乙"}, zh="礼堂")

    old = await desk.get(f"code-sets/{name}", version=first)
    new = await desk.get(f"code-sets/{name}", version=second)
    assert (codes_of(old)["A"]["zh"], codes_of(new)["A"]["zh"]) == ("甲", "乙")
    missing = await desk.client.get(f"/v1/code-sets/{name}", params={"version": first - 1})
    assert missing.status_code == 404


async def test_a_published_version_cannot_be_changed_in_the_database_either(desk: Any) -> None:
    for statement in (
        "UPDATE dictionary_version SET note = 'x'",
        "DELETE FROM dictionary_version",
    ):
        with pytest.raises(Exception, match="never changes"):
            await desk.sql(statement)


async def test_who_published_what_when_is_kept(desk: Any) -> None:
    name = "own_" + desk.name("w")
    version = await add_codes(desk, name, {"code": "A", "zh": "甲"}, zh="某集")
    found = await desk.get(f"dictionary/versions/{version}")
    listed = await desk.get("dictionary/versions", limit=1)

    assert found["published_by"] == "person/admin"
    assert found["published_at"]
    assert [(each["place"], each["change"]) for each in found["differences"]] == [
        (f"code_sets.{name}", "code_set.added")
    ]
    assert found["part"]["code_sets"][name]["codes"] == [{"code": "A", "zh": "甲"}]
    assert (listed[0]["version"], listed[0]["compatible"], listed[0]["breaking"]) == (version, 1, 0)


async def test_records_whose_key_is_closed_leave_the_hub_in_no_way(desk: Any) -> None:
    fields = {"doc_no": None, "student_no": None, "kind": None, "issued_on": None}
    feed = await desk.feed("student_punishment", fields)
    student = await desk.have("student", desk.name("20269999"))
    row = {"doc_no": "D1", "student_no": student, "kind": "3", "issued_on": "2026-11-02"}
    taken = await desk.push(feed, row)
    await desk.settled()
    refused = await desk.client.get("/v1/records/student_punishment")
    [change] = [
        each
        for each in await desk.get("changes", limit=1000)
        if each["entity"] == "student_punishment"
    ]
    [event] = [
        each
        for each in await desk.facts()
        if each["type"] == "qa.datahub.student_punishment.changed.v1"
    ]

    assert taken["created"] == 1
    assert (refused.status_code, refused.json()["type"]) == (
        403,
        "urn:helix8:problem:closed-entity",
    )
    assert (change["key"], change["doc"]) == (
        f"#{change['seq']}",
        {"doc_no": "D1", "issued_on": "2026-11-02", "withdrawn_on": None},
    )
    assert [item["key"] for item in event["data"]["items"]] == [f"#{change['seq']}"]
    assert student not in str(event)


async def test_an_upgrade_keeps_what_the_college_laid_on_the_dictionary(
    servers: TestServers,
) -> None:
    url = await new_database(servers, "datahub")
    shipped = load_shipped()
    head, *codes = shipped.documents["codes"]
    newer = Shipped(
        "9.9.9+test",
        {**shipped.documents, "codes": [head, *codes, ["gbt_6864", "5", "副博士", *[""] * 5]]},
    )
    less = Shipped(
        "9.9.10+test", {**shipped.documents, "code_sets": shipped.documents["code_sets"][:1]}
    )
    part = '{"code_sets": {"gbt_6864": {"codes": [{"code": "X", "zh": "本校学位"}]}}}'
    database = Database(url, "datahub")
    async with database.transaction() as tx:
        await tx.session.execute(
            text(
                "INSERT INTO dictionary_version SELECT 2, base, CAST(:part AS json), '[]', '',"
                " 'person/admin', now() FROM dictionary_version"
            ),
            {"part": part},
        )
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(adopt_shipped, newer)
        await connection.run_sync(adopt_shipped, newer)
    with pytest.raises(DictionaryError, match="unknown code set"):
        async with engine.begin() as connection:
            await connection.run_sync(adopt_shipped, less)
    dictionaries = Dictionaries()
    async with database.transaction() as tx:
        present = await dictionaries.newest(tx)
        before = await dictionaries.at(tx, 2)
        first = await dictionaries.at(tx, 1)
    await engine.dispose()
    await database.dispose()

    assert (present.version, present.base) == (3, "9.9.9+test")
    assert {"5", "X", "4"} <= present.writable("gbt_6864")
    assert "5" not in before.writable("gbt_6864")
    assert "X" in before.writable("gbt_6864")
    assert "X" not in first.writable("gbt_6864")
    assert list(present.entities["student"].fields) == list(first.entities["student"].fields)


async def test_the_documents_of_the_package_are_kept_once(hub: Any) -> None:
    rows = await hub.sql("SELECT id FROM dictionary_base")

    assert [row["id"] for row in rows] == [load_shipped().id]
