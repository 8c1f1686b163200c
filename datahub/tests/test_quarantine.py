"""Rows put aside: mended, driven through again, given up, exported; nothing leaves in silence."""

import csv
import io
import json
from typing import Any

import pytest

from datahub.ingest.repository import aside
from datahub.ingest.usecases.waiting import tell_waiting
from shared.kit.clock import now
from shared.kit.identity import Caller, TokenSigner

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODES = {"男": "1", "女": "2"}


async def wrong(hub: Any, *texts: str) -> tuple[str, str, list[dict[str, Any]]]:
    """Push students whose sex nobody can read; return feed, mark, and the rows put aside."""
    fields = {"student_no": None, "sex": {"from": "xb", "codes": CODES}}
    feed, mark = await hub.feed("student", fields), hub.name("Q")
    rows = [{"student_no": f"{mark}{at}", "xb": text} for at, text in enumerate(texts)]
    answer = await hub.push(feed, *rows)
    found = await hub.get("quarantine", batch=answer["batch"])
    return feed, mark, sorted(found, key=lambda each: int(each["row"]))


async def mend(hub: Any, entry: int, record: Any, reason: str = "按学籍卡更正") -> Any:
    return await hub.client.put(
        f"/v1/quarantine/{entry}/record", json={"record": record, "reason": reason}
    )


async def replay(hub: Any, **body: Any) -> int:
    answer = await hub.client.post("/v1/quarantine/replay", json=body)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["replayed"])


async def test_a_row_is_mended_and_driven_through_again(hub: Any) -> None:
    _, mark, [row] = await wrong(hub, "某")
    record = {"student_no": f"{mark}0", "xb": "女"}

    mended = await mend(hub, row["id"], record)
    replayed = await replay(hub, ids=[row["id"]])

    assert mended.json()["raw"] == record
    [edit] = mended.json()["edits"]
    assert (edit["before"], edit["reason"]) == (row["raw"], "按学籍卡更正")
    assert edit["by"]
    assert replayed == 1
    assert (await hub.get(f"records/student/{mark}0"))["sex"] == "2"
    entry = await hub.get(f"quarantine/{row['id']}")
    assert (entry["state"], entry["raw"], len(entry["trail"])) == ("released", record, 1)
    assert entry["released_batch"] > row["batch"]


async def test_the_trail_goes_from_the_first_entry_to_the_last(hub: Any) -> None:
    _, mark, [first] = await wrong(hub, "某")
    await mend(hub, first["id"], {"student_no": f"{mark}0", "xb": "仍不对"})

    await replay(hub, ids=[first["id"]])
    entry = await hub.get(f"quarantine/{first['id']}")
    last = entry["trail"][-1]

    assert [each["state"] for each in entry["trail"]] == ["released", "open"]
    assert (last["came_from"], last["batch"]) == (first["id"], entry["released_batch"])
    assert last["raw"] == {"student_no": f"{mark}0", "xb": "仍不对"}
    assert (await hub.get(f"quarantine/{last['id']}"))["trail"] == entry["trail"]


async def test_all_of_one_cause_are_driven_through_at_once(hub: Any) -> None:
    feed, mark, rows = await wrong(hub, "某", "某", "")
    assert [each["code"] for each in rows] == ["unmapped-code", "unmapped-code"]
    document = (await hub.get(f"feeds/{feed}"))["document"]
    document["fields"]["sex"]["codes"]["某"] = "9"
    await hub.client.put(f"/v1/feeds/{feed}", json=document)

    other = await replay(hub, feed=feed, code="missing")
    all_ = await replay(hub, feed=feed, code="unmapped-code")

    assert (other, all_) == (0, 2)
    assert (await hub.get(f"records/student/{mark}1"))["sex"] == "9"
    assert await hub.get("quarantine", feed=feed) == []
    assert len(await hub.get("quarantine", feed=feed, state="released")) == 2


async def test_blanks_are_no_reason(hub: Any) -> None:
    _, _, [row] = await wrong(hub, "某")
    blank = {"reason": " \u3000 "}

    given_up = await hub.client.post("/v1/quarantine/discard", json={"ids": [row["id"]], **blank})
    mended = await hub.client.put(
        f"/v1/quarantine/{row['id']}/record", json={"record": {"xb": "男"}, **blank}
    )

    for answer in (given_up, mended):
        assert (answer.status_code, set(answer.json()["validationErrors"])) == (422, {"$.reason"})


async def test_a_row_is_given_up_on_purpose_and_stays_to_be_seen(hub: Any) -> None:
    feed, mark, [row, kept] = await wrong(hub, "某", "某")

    answer = await hub.client.post(
        "/v1/quarantine/discard", json={"ids": [row["id"]], "reason": "测试数据"}
    )

    assert answer.json() == {"discarded": 1, "handled": [], "not_found": []}
    assert [each["id"] for each in await hub.get("quarantine", feed=feed)] == [kept["id"]]
    [gone] = await hub.get("quarantine", feed=feed, state="discarded")
    assert (gone["id"], gone["released_batch"]) == (row["id"], None)
    assert gone["discarded"]["reason"] == "测试数据"
    assert await replay(hub, ids=[row["id"]]) == 0
    late = await mend(hub, row["id"], {"student_no": f"{mark}0", "xb": "女"})
    assert (late.status_code, late.json()["type"]) == (404, "urn:helix8:problem:entry-not-found")


async def test_the_export_holds_every_row_as_it_came(hub: Any) -> None:
    feed, mark, _ = await wrong(hub, "=1+1", "某")

    lines = (await hub.client.get("/v1/quarantine/export", params={"feed": feed})).text
    table = await hub.client.get("/v1/quarantine/export", params={"feed": feed, "format": "csv"})

    rows = [json.loads(line) for line in lines.splitlines()]
    assert [each["raw"] for each in rows] == [
        {"student_no": f"{mark}1", "xb": "某"},
        {"student_no": f"{mark}0", "xb": "=1+1"},
    ]
    assert table.content.startswith(b"\xef\xbb\xbf")
    cells = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [(each["row"], each["code"]) for each in cells] == [
        ("2", "unmapped-code"),
        ("1", "unmapped-code"),
    ]
    assert json.loads(cells[0]["raw"]) == rows[0]["raw"]


async def test_only_what_was_dealt_with_long_ago_is_dropped(hub: Any) -> None:
    feed, _, [released, waits] = await wrong(hub, "某", "某")
    await replay(hub, ids=[released["id"]])
    await hub.sql(
        "UPDATE quarantined_row SET put_aside_at = now() - interval '99 days',"
        " released_at = released_at - interval '50 days' WHERE id = ANY(:ids)",
        ids=[released["id"], waits["id"]],
    )

    async with hub.database.transaction() as tx:
        early = await aside.drop_old(tx, 51)
        late = await aside.drop_old(tx, 49)

    assert (early, late) == ({}, {feed: 1})
    left = {each["id"] for each in await hub.get("quarantine", feed=feed)}
    assert waits["id"] in left
    assert (await hub.client.get(f"/v1/quarantine/{released['id']}")).status_code == 404


@pytest.mark.parametrize("body", [{}, {"ids": [1], "feed": "x"}, {"code": "x"}, {"ids": []}])
async def test_a_replay_says_which_rows(hub: Any, body: dict[str, Any]) -> None:
    answer = await hub.client.post("/v1/quarantine/replay", json=body)

    assert answer.status_code == 422


async def test_a_replay_tells_what_became_of_every_row_that_it_was_asked_for(hub: Any) -> None:
    _, mark, [first, second] = await wrong(hub, "某", "另")
    await mend(hub, first["id"], {"student_no": f"{mark}0", "xb": "女"})
    nobody = 2**40

    ids = [second["id"], first["id"], nobody]
    answer = await hub.client.post("/v1/quarantine/replay", json={"ids": ids})
    late = await hub.client.post("/v1/quarantine/replay", json={"ids": [first["id"]]})

    assert answer.json() == {
        "replayed": 2,
        "released": 1,
        "put_aside_again": 1,
        "handled": [],
        "not_found": [nobody],
        "unread": [],
    }
    assert (late.json()["handled"], late.json()["not_found"]) == ([first["id"]], [])
    assert late.json()["replayed"] == 0


@pytest.mark.parametrize("unknown", ["quarantine", "ignore"])
async def test_a_line_that_could_not_be_read_keeps_its_cause_through_a_replay(
    hub: Any, unknown: str
) -> None:
    fields = {"student_no": None, "sex": {"from": "xb", "codes": CODES}}
    feed = await hub.feed("student", fields, format={"footer": ["合计"]}, unknown_fields=unknown)
    mark = hub.name("Q")
    await hub.post(feed, f"student_no,xb\n{mark}1,某\n{mark}2\n合计,2\n", kind="text/csv")
    before = await hub.get("quarantine", feed=feed)
    lines = sorted(each["id"] for each in before if each["verdict"] == "rejected")

    whole = await hub.client.post("/v1/quarantine/replay", json={"feed": feed})
    some = await hub.client.post("/v1/quarantine/replay", json={"ids": lines})
    after = await hub.get("quarantine", feed=feed)

    assert len(lines) == 2
    assert (whole.json()["replayed"], whole.json()["unread"]) == (1, lines)
    assert (some.json()["replayed"], some.json()["unread"]) == (0, lines)
    assert some.json()["not_found"] == []
    causes = {each["id"]: (each["verdict"], each["code"]) for each in before}
    assert {
        each["id"]: (each["verdict"], each["code"]) for each in after if each["id"] in lines
    } == {entry: causes[entry] for entry in lines}
    assert [each["code"] for each in after if each["id"] not in lines] == ["unmapped-code"]


async def test_a_line_that_somebody_has_read_is_driven_through(hub: Any) -> None:
    feed = await hub.feed("student", {"student_no": None, "sex": None})
    mark = hub.name("Q")
    await hub.post(feed, f"student_no,sex\n{mark}\n", kind="text/csv")
    [line] = await hub.get("quarantine", feed=feed)
    await mend(hub, line["id"], {"student_no": mark, "sex": "1"})

    assert await replay(hub, feed=feed) == 1
    assert (await hub.get(f"records/student/{mark}"))["sex"] == "1"


async def test_a_replay_of_a_feed_that_does_not_exist_names_its_like(hub: Any) -> None:
    feed, _, _ = await wrong(hub, "某")

    answer = await hub.client.post("/v1/quarantine/replay", json={"feed": f"{feed}x"})

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:helix8:problem:feed-not-found")
    assert feed in answer.json()["detail"]


async def test_what_stands_in_a_row_is_for_those_who_mend_it(
    hub: Any, signing_keys: tuple[TokenSigner, str]
) -> None:
    _, mark, [row] = await wrong(hub, "某")
    caller = Caller(
        subject="person/reader", roles=frozenset({"reader"}), scopes=frozenset({"datahub:read"})
    )
    reader = {"authorization": f"Bearer {signing_keys[0].sign(caller, 'datahub')}"}

    listed = await hub.client.get("/v1/quarantine", params={"batch": row["batch"]}, headers=reader)
    alone = await hub.client.get(f"/v1/quarantine/{row['id']}", headers=reader)
    export = await hub.client.get("/v1/quarantine/export", headers=reader)

    for answer in (listed, alone):
        assert answer.status_code == 200
        assert mark not in answer.text
        assert "某" not in answer.text
    assert (alone.json()["code"], alone.json()["path"]) == ("unmapped-code", "$.xb")
    assert alone.json()["reasons"] == [{"code": "unmapped-code", "path": "$.xb"}]
    assert export.status_code == 403
    assert row["raw"] == {"student_no": f"{mark}0", "xb": "某"}


async def test_a_row_counts_and_is_found_under_each_of_its_reasons(hub: Any) -> None:
    fields = {
        "student_no": None,
        "sex": {"from": "xb", "codes": CODES},
        "birth_date": {"from": "born"},
    }
    feed, mark = await hub.feed("student", fields), hub.name("Q")
    await hub.push(
        feed,
        {"student_no": f"{mark}1", "xb": "某", "born": "never"},
        {"student_no": f"{mark}2", "xb": "女", "born": "never"},
    )
    causes = {each["code"]: each for each in await hub.get("quarantine/causes", feed=feed)}
    found = {
        code: len(await hub.get("quarantine", feed=feed, code=code))
        for code in ("unmapped-code", "not-date", "missing")
    }
    await hub.settled()
    [grew] = [
        each["data"]
        for each in await hub.facts()
        if each["type"] == "qa.datahub.quarantine.grew.v1" and "not-date" in each["data"]["causes"]
    ]
    [state] = [each for each in await hub.get("quality/feeds") if each["feed"] == feed]

    assert {code: (each["rows"], each["leading"]) for code, each in causes.items()} == {
        "not-date": (2, 1),
        "unmapped-code": (1, 1),
    }
    assert found == {"unmapped-code": 1, "not-date": 2, "missing": 0}
    assert (grew["rows"], grew["causes"]) == (2, {"not-date": 2, "unmapped-code": 1})
    assert {each["code"]: each["rows"] for each in state["quarantine"]} == grew["causes"]
    assert await replay(hub, feed=feed, code="not-date") == 2


async def test_a_replay_in_vain_names_its_successor_and_makes_nothing_younger(hub: Any) -> None:
    feed, _, [row] = await wrong(hub, "某")
    [before] = await hub.get("quarantine/causes", feed=feed)

    await replay(hub, ids=[row["id"]])
    entry = await hub.get(f"quarantine/{row['id']}")
    [after] = await hub.get("quarantine/causes", feed=feed)

    assert entry["put_aside_as"] == entry["trail"][-1]["id"]
    assert entry["trail"][-1]["put_aside_as"] is None
    assert (after["rows"], after["oldest_at"]) == (1, before["oldest_at"])


async def test_what_was_handled_before_is_told_apart_from_what_never_was(hub: Any) -> None:
    _, _, [row] = await wrong(hub, "某")
    nobody = 2**40
    give_up = {"ids": [row["id"], nobody], "reason": "测试数据"}

    first = (await hub.client.post("/v1/quarantine/discard", json=give_up)).json()
    again = (await hub.client.post("/v1/quarantine/discard", json=give_up)).json()
    replayed = await hub.client.post("/v1/quarantine/replay", json={"ids": give_up["ids"]})

    assert first == {"discarded": 1, "handled": [], "not_found": [nobody]}
    assert again == {"discarded": 0, "handled": [row["id"]], "not_found": [nobody]}
    assert replayed.json()["handled"] == [row["id"]]
    assert replayed.json()["not_found"] == [nobody]


STEPS = """
SELECT convert_from(payload, 'UTF8')::jsonb -> 'data' AS told
  FROM (SELECT id, payload, type FROM fact UNION ALL SELECT id, payload, type FROM outbox) f
 WHERE type LIKE 'qa.datahub.step.%' AND convert_from(payload, 'UTF8') LIKE '%' || :step || '/%'
 ORDER BY id
"""


async def test_rows_that_wait_to_be_mended_are_one_step_of_the_work_list_a_feed(hub: Any) -> None:
    async def look() -> None:
        async with hub.database.transaction() as tx:
            await tell_waiting(tx, now())

    feed, mark, rows = await wrong(hub, "某", "某")
    for _ in range(2):
        await look()
    for at, row in enumerate(rows):
        await mend(hub, row["id"], {"student_no": f"{mark}{at}", "xb": "女"})
    await replay(hub, ids=[row["id"] for row in rows])
    await look()
    step = f"datahub/quarantine/{feed}"
    opened, closed = [each["told"] for each in await hub.sql(STEPS, step=step)]

    assert (opened["step"], opened["kind"], opened["scope"]) == (
        f"{step}/1",
        "form",
        f"feed/{feed}",
    )
    assert (opened["role"], opened["permission"]) == ("leader", "datahub:write")
    assert opened["link"] == f"/quarantine?feed={feed}"
    assert (closed["step"], closed["how"]) == (f"{step}/1", "answered")
