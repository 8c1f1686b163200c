"""One person is told everything that is held of him, and erased in every service, with proof."""

from typing import Any

import asyncpg
import httpx

from helix8.state import load_state
from tests.conftest import Suite, until

NAME = "擦除测试甲"
PHONE = "13911112222"
TITLE = "某本书的书名"
KEY = "ERASED1"
SCOPE = f"student/{KEY}"
SERVICES = ("datahub", "target", "spiral", "alert", "report", "gateway")
STUDENTS = {
    "feed": "erasure.student",
    "source": "student_affairs",
    "entity": "student",
    "fields": {"student_no": {"from": "xh"}, "name": {"from": "xm"}, "phone": {"from": "dh"}},
}
LOANS = {
    "feed": "erasure.library_loan",
    "source": "student_affairs",
    "entity": "library_loan",
    "fields": {
        "loan_no": {"from": "h"},
        "student_no": {"from": "xh"},
        "title": {"from": "t"},
        "borrowed_on": {"from": "d"},
    },
}


async def places(suite: Suite, service: str, *words: str) -> set[str]:
    """Return the tables of a service in which one of these words stands, bytes included."""
    state = load_state(suite.home.state)
    assert state is not None
    connection = await asyncpg.connect(
        host="127.0.0.1",
        port=state.ports()["postgres"],
        user=service,
        password=suite.secret(f"database-{service}"),
        database=service,
    )
    columns = await connection.fetch(
        "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
        " JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    found = set()
    for table in {each["table_name"] for each in columns}:
        ways = ["position($1 IN CAST(t AS text)) > 0"]
        ways += [
            f"position(convert_to($1, 'UTF8') IN \"{each['column_name']}\") > 0"
            for each in columns
            if each["table_name"] == table and each["data_type"] == "bytea"
        ]
        asked = f'SELECT EXISTS (SELECT FROM "{table}" t WHERE {" OR ".join(ways)})'  # noqa: S608
        if any([await connection.fetchval(asked, word) for word in words]):
            found.add(table)
    await connection.close()
    return found


async def bring(portal: httpx.AsyncClient) -> None:
    """Have a student who has borrowed a book, and whose name was another one before."""
    for feed in (STUDENTS, LOANS):
        answer = await portal.put(f"/api/datahub/v1/feeds/{feed['feed']}", json=feed)
        assert answer.status_code in {200, 201}, answer.text
    for feed, text in (
        (STUDENTS, f"xh,xm,dh\n{KEY},{NAME},{PHONE}\n"),
        (LOANS, f"h,xh,t,d\nLOAN-E1,{KEY},{TITLE},2026-03-01\n"),
        (STUDENTS, f"xh,xm,dh\n{KEY},{NAME}二,{PHONE}\n"),
    ):
        pushed = await portal.post(
            f"/api/datahub/v1/batches?feed={feed['feed']}",
            content=text.encode(),
            headers={"content-type": "text/csv"},
        )
        assert pushed.json()["created"] + pushed.json()["updated"] == 1, pushed.text


async def test_somebody_is_told_what_is_held_of_him_and_erased_with_proof(
    suite: Suite, portal: httpx.AsyncClient
) -> None:
    await bring(portal)

    async def told() -> set[str]:
        return {each for each in SERVICES if "scope" in await places(suite, each, f"{NAME}二")}

    await until(told, lambda found: found >= set(SERVICES))
    body = {"scope": SCOPE, "reason": "本人申请，已毕业满五年"}
    refused = await portal.post("/api/gateway/v1/erasures", json=body)
    assert refused.status_code == 403
    async with httpx.AsyncClient(
        base_url=suite.url, headers={"origin": suite.url}, timeout=60, trust_env=False
    ) as admin:
        login = {"login": "demo", "password": suite.secret("demo-password")}
        assert (await admin.post("/api/gateway/v1/sessions", json=login)).status_code == 201
        copy = (await admin.get(f"/api/gateway/v1/persons/{SCOPE}")).json()
        assert set(copy) == set(SERVICES)
        [record] = copy["datahub"]["student"]
        assert (record["name"], record["phone"]) == (f"{NAME}二", PHONE)
        assert [each["title"] for each in copy["datahub"]["library_loan"]] == [TITLE]
        ordered = await admin.post("/api/gateway/v1/erasures", json=body)
        assert ordered.status_code == 201, ordered.text

        async def proof() -> dict[str, Any]:
            answer: dict[str, Any] = (await admin.get(ordered.headers["location"])).json()
            return answer

        proved = await until(proof, lambda found: found["missing"] == [])
        done = {
            (each["service"], table["table"]): (table["done"], table["rows"])
            for each in proved["answers"]
            for table in each["tables"]
        }
        assert done["datahub", "student"] == ("blanked", 1)
        assert done["datahub", "library_loan"] == ("deleted", 1)
        assert {done[each, "scope"] for each in SERVICES if each != "datahub"} == {("blanked", 1)}
        audit = await admin.get("/api/gateway/v1/audit/all", params={"about": SCOPE})
        kinds = {(each["service"], each["kind"]) for each in audit.json()}
        assert {("gateway", "person-erased"), ("gateway", "exported")} <= kinds
        assert ("datahub", "exported") in kinds

    async def left() -> dict[str, set[str]]:
        found = {each: await places(suite, each, NAME, PHONE, TITLE) for each in SERVICES}
        return {service: tables for service, tables in found.items() if tables}

    await until(left, lambda found: found == {})
