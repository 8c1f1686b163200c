"""What is done to the hub is on record in the transaction of the change, and sealed."""

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from shared.kit.audit.jobs import seal_all
from shared.kit.audit.rows import retire
from shared.kit.audit.verifying import verify

pytestmark = pytest.mark.asyncio(loop_scope="module")

COURSE = dict.fromkeys(["course_code", "name"])


async def entries(hub: Any, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await hub.get("audit", limit=1000, **query)
    return found


async def test_a_write_leaves_its_entry_and_a_refused_one_leaves_none(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    headers = {
        "x-request-id": "audit-1",
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
        "x-forwarded-prefix": "/api/datahub",
    }
    path = f"/v1/records/course?feed={feed}"
    record = {"course_code": code, "name": "x"}
    done = await hub.client.post(path, json=record, headers=headers)
    again = await hub.client.post(path, json={}, headers=headers | {"x-request-id": "audit-2"})
    read = await hub.client.get("/v1/records/course", headers={"x-request-id": "audit-3"})

    assert [each.status_code for each in (done, again, read)] == [201, 422, 200]
    [entry] = await entries(hub, request="audit-1")
    assert {name: entry[name] for name in ("kind", "actor", "by", "about", "method", "trace")} == {
        "kind": "write",
        "actor": "person/admin",
        "by": "gateway",
        "about": "/api/datahub/v1/records/course",
        "method": "POST",
        "trace": "a" * 32,
    }
    assert await entries(hub, trace="a" * 32, about="/api/datahub/*") == [
        *(await entries(hub, request="audit-2")),  # put aside: the quarantine has one more row
        entry,
    ]
    assert await entries(hub, request="audit-3") == []


async def test_records_of_one_moment_share_a_transaction_and_each_has_its_entry(hub: Any) -> None:
    feed, mark = await hub.feed("course", COURSE), hub.name("C")

    async def put(number: int) -> int:
        record = {"course_code": f"{mark}{number}", "name": "x"}
        answer = await hub.client.post(
            f"/v1/records/course?feed={feed}",
            json=record,
            headers={"x-request-id": f"{mark}-{number}"},
        )
        return int(answer.status_code)

    assert await asyncio.gather(*map(put, range(20))) == [201] * 20
    told = [await entries(hub, request=f"{mark}-{number}") for number in range(20)]
    assert [len(each) for each in told] == [1] * 20


async def test_a_file_that_is_given_out_is_on_record_before_it_is(hub: Any) -> None:
    answer = await hub.client.get(
        "/v1/exports/course?fields=name", headers={"x-request-id": "export-1"}
    )

    assert answer.status_code == 200
    [entry] = await entries(hub, kind="exported", request="export-1")
    assert (entry["about"], entry["detail"]) == ("/v1/exports/course", {"query": "fields=name"})


async def test_entries_cannot_be_changed_and_what_is_done_to_them_is_found(hub: Any) -> None:
    await seal_all(hub.database)
    good = await hub.get("audit/verification")
    [newest, *_] = await hub.get("audit/blocks")
    assert (good["broken"], good["entries"], good["digest"]) == (
        *("", newest["last_seq"], newest["digest"]),
    )

    url = make_url(hub.database.engine.url).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    for statement in ("UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_block"):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await connection.execute(statement)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("UPDATE audit_entry SET actor = 'person/other' WHERE seq = 1")
    assert "is not what was sealed" in (await hub.get("audit/verification"))["broken"]
    await connection.execute("UPDATE audit_entry SET actor = 'person/admin' WHERE seq = 1")
    assert (await verify(hub.database)).broken == ""
    await connection.close()


async def test_entries_go_after_their_time_and_the_chain_holds(hub: Any) -> None:
    await seal_all(hub.database)
    url = make_url(hub.database.engine.url).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    with pytest.raises(asyncpg.RaiseError, match="three years at least"):
        await connection.fetchval("SELECT audit_retire(now() - interval '2 years')")
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("UPDATE audit_block SET sealed_at = now() - interval '4 years'")
    await connection.execute("SET session_replication_role = DEFAULT")
    [newest, *_] = await hub.get("audit/blocks")
    await connection.close()
    async with hub.database.transaction() as tx:
        gone = await retire(tx, 3)

    assert gone == newest["last_seq"]
    left = await entries(hub)
    assert [each for each in left if each["seq"] <= newest["last_seq"]] == []
    await hub.feed("course", COURSE)
    await seal_all(hub.database)
    found = await verify(hub.database)
    assert found.broken == ""
    # A job of the hub may have left one meanwhile.
    assert found.entries > len(left)
