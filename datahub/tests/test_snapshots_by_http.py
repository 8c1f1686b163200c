"""Full snapshots by HTTP: what is absent is deleted, what stands is skipped, all or nothing."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from sqlalchemy import text

from datahub.dictionary.repository import load_dictionary
from datahub.ingest.domain.reading import Chunk
from datahub.ingest.domain.reading_json import read_records
from datahub.ingest.domain.snapshot import NotByLineError
from datahub.ingest.repository.feeds import get_feed
from datahub.ingest.usecases.snapshots import Way, Whole, take_in
from datahub.tests.conftest import NDJSON

pytestmark = pytest.mark.asyncio(loop_scope="module")

CSV = "text/csv"
FIELDS: dict[str, Any] = {"course_code": None, "name": None}


async def full(hub: Any, **more: Any) -> str:
    return str(await hub.feed("course", FIELDS, content="full", **more))


def rows(mark: str, *pairs: tuple[str, str]) -> str:
    return "course_code,name\n" + "".join(f"{mark}{code},{name}\n" for code, name in pairs)


async def snap(hub: Any, feed: str, body: str | bytes, **query: Any) -> dict[str, Any]:
    kind = query.pop("kind", CSV)
    answer = await hub.post(feed, body, kind=kind, mode="snapshot", **query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def changes_of(hub: Any, mark: str) -> list[tuple[str, str]]:
    found = await hub.sql(
        "SELECT key, op FROM change WHERE key LIKE :mark ORDER BY change_set, ordinal",
        mark=f"{mark}%",
    )
    return [(row["key"].removeprefix(mark), row["op"]) for row in found]


async def is_there(hub: Any, key: str) -> bool:
    return bool((await hub.client.get(f"/v1/records/course/{key}")).status_code == 200)


@pytest.mark.parametrize("kind", [CSV, NDJSON])
async def test_only_what_changed_changes(hub: Any, ledger: Any, kind: str) -> None:
    feed, mark = await full(hub), hub.name("S")

    def body(*pairs: tuple[str, str]) -> str:
        if kind == CSV:
            return rows(mark, *pairs)
        lines = [f'{{"course_code": "{mark}{code}", "name": "{name}"}}' for code, name in pairs]
        return "\n".join(lines) + "\n"

    first = await snap(hub, feed, body(*((f"{at:02}", "x") for at in range(10))), kind=kind)
    second = await snap(
        hub,
        feed,
        body(*((f"{at:02}", "y" if at == 3 else "x") for at in range(9)), ("new", "z")),
        kind=kind,
    )

    assert (ledger(first), first["vanished"]) == ({"created": 10}, 0)
    assert ledger(second) == {"created": 1, "updated": 1, "unchanged": 8}
    assert second["vanished"] == 1
    assert not await is_there(hub, f"{mark}09")
    assert sorted((await changes_of(hub, mark))[10:]) == [
        ("03", "upsert"),
        ("09", "delete"),
        ("new", "upsert"),
    ]


async def test_the_same_snapshot_again_changes_nothing(hub: Any, ledger: Any) -> None:
    feed, mark = await full(hub), hub.name("S")
    body = rows(mark, *((f"{at}", "x") for at in range(5)))
    await snap(hub, feed, body)

    again = await snap(hub, feed, body)

    assert (ledger(again), again["vanished"]) == ({"unchanged": 5}, 0)
    assert len(await changes_of(hub, mark)) == 5


async def test_too_many_absences_are_refused_and_nothing_is_written(hub: Any) -> None:
    feed, mark = await full(hub, max_vanish_ratio=0.3), hub.name("S")
    await snap(hub, feed, rows(mark, ("a", "x"), ("b", "x"), ("c", "x")))

    cut_off = await hub.post(feed, rows(mark, ("a", "new"), ("b", "x")), kind=CSV, mode="snapshot")

    problem = cut_off.json()
    assert (cut_off.status_code, problem["type"]) == (409, "urn:helix8:problem:too-many-vanish")
    assert "0.3" in problem["detail"]
    assert await is_there(hub, f"{mark}c")
    assert (await hub.get(f"records/course/{mark}a"))["name"] == "x"


@pytest.mark.parametrize(("share", "status"), [(0.25, 200), (0.24, 409)])
async def test_the_share_itself_is_allowed(hub: Any, share: float, status: int) -> None:
    feed, mark = await full(hub, max_vanish_ratio=share), hub.name("S")
    await snap(hub, feed, rows(mark, *((code, "x") for code in "abcd")))

    answer = await hub.post(
        feed, rows(mark, *((code, "x") for code in "abc")), kind=CSV, mode="snapshot"
    )

    assert answer.status_code == status


async def test_what_somebody_changed_since_is_set_right_again(hub: Any, ledger: Any) -> None:
    feed, other, mark = await full(hub), await hub.feed("course", FIELDS), hub.name("S")
    body = rows(mark, ("a", "x"), ("b", "x"))
    await snap(hub, feed, body)
    await hub.push(other, {"course_code": f"{mark}a", "name": "y"})
    await hub.push(other, {"course_code": f"{mark}b"}, mode="delete")

    again = await snap(hub, feed, body)

    assert ledger(again) == {"created": 1, "updated": 1}
    assert (await hub.get(f"records/course/{mark}a"))["name"] == "x"
    assert await is_there(hub, f"{mark}b")


async def test_a_row_that_is_put_aside_keeps_its_record(hub: Any, ledger: Any) -> None:
    feed = await hub.feed(
        "student", {"student_no": None, "sex": None}, content="full", max_vanish_ratio=1
    )
    mark = hub.name("S")
    head = "student_no,sex\n"
    await snap(hub, feed, head + f"{mark}a,1\n{mark}b,2\n")

    bad = await snap(hub, feed, head + f"{mark}a,1\n{mark}b,x\n")
    worse = await snap(hub, feed, head + f"{mark}a,1\n{mark}b,x\n")
    gone = await snap(hub, feed, head + f"{mark}a,1\n")

    assert (ledger(bad), bad["vanished"]) == ({"unchanged": 1, "quarantined": 1}, 0)
    assert (ledger(worse), worse["vanished"]) == ({"unchanged": 1, "quarantined": 1}, 0)
    assert await hub.get("quarantine", batch=bad["batch"]) == [], "it came again"
    assert (ledger(gone), gone["vanished"]) == ({"unchanged": 1}, 1)
    assert await hub.get("quarantine", batch=worse["batch"]) == [], "it came no more"


async def test_where_a_key_cannot_be_read_nothing_is_deleted(hub: Any, ledger: Any) -> None:
    feed, mark = await full(hub, max_vanish_ratio=1), hub.name("S")
    await snap(hub, feed, rows(mark, ("a", "x"), ("b", "x"), ("c", "x")))

    damaged = await snap(hub, feed, rows(mark, ("a", "x"), ("b", "x")) + "one,two,three\n")
    whole = await snap(hub, feed, rows(mark, ("a", "x"), ("b", "x")))

    assert (ledger(damaged), damaged["vanished"]) == ({"unchanged": 2, "rejected": 1}, 0)
    assert damaged["warning_codes"] == {"absences-held": 1}
    assert whole["vanished"] == 1
    assert not await is_there(hub, f"{mark}c")


@pytest.mark.parametrize("changed", ["x", "y"])
async def test_a_snapshot_of_which_fewer_rows_came_deletes_nothing(
    hub: Any, ledger: Any, changed: str
) -> None:
    feed, mark = await full(hub), hub.name("S")
    codes = [f"{at:02}" for at in range(10)]
    await snap(hub, feed, rows(mark, *((code, "x") for code in codes)))
    body = rows(mark, *((code, changed) for code in codes[:9]))

    short = await snap(hub, feed, body, declared=10)
    kept = await is_there(hub, f"{mark}09")
    stored = await hub.get(f"batches/{short['batch']}")
    whole = await snap(hub, feed, body, declared=9)

    assert ledger(short) == {"unchanged" if changed == "x" else "updated": 9}
    assert (short["vanished"], kept) == (0, True)
    assert short["warning_codes"] == stored["warning_codes"] == {"absences-held": 1}
    [warning] = short["warnings"]
    assert "比声明的少 1 行；再送一份完整的快照" in warning["message"]
    assert "1 rows fewer came than were declared" in warning["message"]
    assert [each["code"] for each in short["remarks"]] == ["declared-differs"]
    assert (whole["vanished"], await is_there(hub, f"{mark}09")) == (1, False)


async def test_half_a_snapshot_is_taken_and_nothing_goes_with_it(hub: Any) -> None:
    """It would be refused for too many absences, had nobody told how many rows there are."""
    feed, mark = await full(hub), hub.name("S")
    await snap(hub, feed, rows(mark, *((code, "x") for code in "abcd")))

    half = await snap(hub, feed, rows(mark, ("a", "x"), ("b", "x")), declared=4)

    assert (half["vanished"], half["warning_codes"]) == (0, {"absences-held": 2})


@pytest.mark.parametrize("declared", [4, 3])
async def test_more_rows_than_declared_are_no_reason_to_keep_what_is_gone(
    hub: Any, declared: int
) -> None:
    feed, mark = await full(hub), hub.name("S")
    await snap(hub, feed, rows(mark, *((code, "x") for code in "abcde")))

    body = rows(mark, *((code, "x") for code in "abcd"))
    answer = await snap(hub, feed, body, declared=declared)

    assert (answer["vanished"], answer["warnings"]) == (1, [])


async def test_of_two_lines_of_one_record_the_last_counts_every_time(hub: Any, ledger: Any) -> None:
    feed, mark = await full(hub), hub.name("S")
    await snap(hub, feed, rows(mark, ("a", "1"), ("b", "x")))

    twice = await snap(hub, feed, rows(mark, ("a", "2"), ("b", "x"), ("a", "1")))
    turned = await snap(hub, feed, rows(mark, ("a", "1"), ("b", "x"), ("a", "2")))
    again = await snap(hub, feed, rows(mark, ("a", "1"), ("b", "x"), ("a", "2")))

    assert ledger(twice) == {"unchanged": 2, "duplicate": 1}
    assert ledger(turned) == {"updated": 1, "unchanged": 1, "duplicate": 1}
    assert ledger(again) == {"unchanged": 2, "duplicate": 1}
    assert (await hub.get(f"records/course/{mark}a"))["name"] == "2"


async def test_a_line_break_in_quotes_belongs_to_its_record(hub: Any, ledger: Any) -> None:
    feed, mark = await full(hub, max_vanish_ratio=1), hub.name("S")
    body = f'course_code,name\n{mark}a,"two\nlines"\n{mark}b,x\n'
    await snap(hub, feed, body)

    tried = await snap(hub, feed, body.replace(f"{mark}b,x", f"{mark}c,x"), dryRun="true")
    kept = await snap(hub, feed, body)

    assert (tried["batch"], tried["vanished"]) == (None, 1)
    assert ledger(kept) == {"unchanged": 2}
    assert (await hub.get(f"records/course/{mark}a"))["name"] == "two\nlines"


async def test_another_version_of_the_feed_reads_every_line_again(hub: Any, ledger: Any) -> None:
    feed, mark = await full(hub), hub.name("S")
    await snap(hub, feed, rows(mark, ("a", "x")))
    document = (await hub.get(f"feeds/{feed}"))["document"]
    document["fields"]["name"]["codes"] = {"x": "translated"}
    await hub.client.put(f"/v1/feeds/{feed}", json=document)

    again = await snap(hub, feed, rows(mark, ("a", "x")))

    assert ledger(again) == {"updated": 1}
    assert (await hub.get(f"records/course/{mark}a"))["name"] == "translated"


async def test_a_feed_of_changes_takes_no_snapshots(hub: Any) -> None:
    feed = await hub.feed("course", FIELDS)

    answer = await hub.post(feed, rows("S"), kind=CSV, mode="snapshot")

    assert (answer.status_code, answer.json()["type"]) == (
        422,
        "urn:helix8:problem:not-a-full-feed",
    )


async def test_the_same_request_again_is_answered_as_before(hub: Any) -> None:
    feed, mark = await full(hub), hub.name("S")
    headers = {"Idempotency-Key": hub.name("key")}
    body = rows(mark, ("a", "x"))

    first = await hub.post(feed, body, kind=CSV, mode="snapshot", headers=headers)
    again = await hub.post(feed, body, kind=CSV, mode="snapshot", headers=headers)

    assert first.json() == again.json()


async def test_another_dictionary_has_every_line_read_again(hub: Any, ledger: Any) -> None:
    """A code that is retired is refused from that day on, also where its line has not changed."""
    feed = await hub.feed(
        "dorm_check", {"student_no": None, "checked_on": None, "state": None}, content="full"
    )
    student = await hub.have("student", hub.name("s"))
    draft = "/v1/dictionary/draft"
    codes = {"codes": [{"code": "Q7", "zh": "快照测试"}]}
    body = f"student_no,checked_on,state\n{student},2026-11-20,Q7\n"
    await hub.client.put(f"{draft}/code-sets/szjz_zqztdm", json=codes)
    await hub.client.post(f"{draft}/publish", json={"note": ""})
    first = await snap(hub, feed, body)
    codes["codes"][0] |= {"retired": True, "successors": ["1"]}
    await hub.client.put(f"{draft}/code-sets/szjz_zqztdm", json=codes)
    answer = await hub.client.post(f"{draft}/publish", json={"note": ""})

    again = await snap(hub, feed, body)

    assert answer.status_code == 201, answer.text
    assert ledger(first) == {"created": 1}
    assert (ledger(again), again["vanished"]) == ({"quarantined": 1}, 0)


async def test_records_that_came_between_two_snapshots_are_deleted_too(
    hub: Any, ledger: Any
) -> None:
    feed, mark = await full(hub), hub.name("S")
    codes = [f"{at:02}" for at in range(10)]
    await snap(hub, feed, rows(mark, *((code, "x") for code in codes)))
    await hub.push(feed, {"course_code": f"{mark}new", "name": "x"})
    await hub.push(feed, {"course_code": f"{mark}00", "name": "y"})

    answer = await snap(hub, feed, rows(mark, *((code, "x") for code in codes)))
    again = await snap(hub, feed, rows(mark, *((code, "x") for code in codes)))

    assert (ledger(answer), answer["vanished"]) == ({"updated": 1, "unchanged": 9}, 1)
    assert not await is_there(hub, f"{mark}new")
    assert (ledger(again), again["vanished"]) == ({"unchanged": 10}, 0)


async def test_records_that_came_before_the_first_snapshot_are_deleted_too(hub: Any) -> None:
    feed, mark = await full(hub), hub.name("S")
    codes = [f"{at:02}" for at in range(5)]
    await hub.push(feed, *({"course_code": f"{mark}{code}", "name": "x"} for code in codes))

    answer = await snap(hub, feed, rows(mark, *((code, "x") for code in codes[:4])))

    assert answer["vanished"] == 1
    assert not await is_there(hub, f"{mark}04")


async def test_a_record_of_another_system_that_the_feed_only_repeats_stays(hub: Any) -> None:
    feed, mark = await full(hub), hub.name("S")
    other = await hub.feed("course", FIELDS, source="research")
    codes = [f"{at:02}" for at in range(9)]
    await snap(hub, feed, rows(mark, *((code, "x") for code in codes)))
    await hub.push(other, {"course_code": f"{mark}09", "name": "x"})
    before = await snap(hub, feed, rows(mark, *((code, "x") for code in codes)))
    there = await is_there(hub, f"{mark}09")
    await hub.push(feed, {"course_code": f"{mark}09", "name": "x"})

    after = await snap(hub, feed, rows(mark, *((code, "x") for code in codes)))

    assert (before["vanished"], there) == (0, True)
    assert (after["vanished"], await is_there(hub, f"{mark}09")) == (0, True)


async def test_what_another_feed_of_the_source_said_last_is_not_gone(hub: Any) -> None:
    feed, other, mark = await full(hub), await hub.feed("course", FIELDS), hub.name("S")
    codes = [f"{at:02}" for at in range(9)]
    await snap(hub, feed, rows(mark, *((code, "x") for code in codes)))
    await hub.push(feed, {"course_code": f"{mark}09", "name": "x"})
    await hub.push(other, {"course_code": f"{mark}09", "name": "y"})

    answer = await snap(hub, feed, rows(mark, *((code, "x") for code in codes)))

    assert (answer["vanished"], await is_there(hub, f"{mark}09")) == (0, True)


async def test_what_came_otherwise_counts_among_too_many_absences(hub: Any) -> None:
    feed, mark = await full(hub), hub.name("S")
    await snap(hub, feed, rows(mark, *((code, "x") for code in "abcd")))
    await hub.push(feed, *({"course_code": f"{mark}{code}", "name": "x"} for code in "efgh"))

    answer = await hub.post(
        feed, rows(mark, *((code, "x") for code in "abcdef")), kind=CSV, mode="snapshot"
    )

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "urn:helix8:problem:too-many-vanish")
    assert "8" in problem["detail"]
    assert await is_there(hub, f"{mark}h")


async def test_a_snapshot_that_is_read_anew_keeps_its_turn(hub: Any) -> None:
    feed_id = await full(hub)
    held: list[int] = []
    async with hub.database.transaction() as tx:
        feed = await get_feed(tx, feed_id, load_dictionary())

        async def read(_: Any) -> AsyncGenerator[Chunk]:
            locks = "SELECT count(*) FROM pg_locks WHERE classid = 814 AND pid = pg_backend_pid()"
            held.append(int(await tx.session.scalar(text(locks)) or 0))
            if len(held) < len(Way):
                raise NotByLineError
            for chunk in read_records([{"course_code": hub.name("S"), "name": "x"}], feed):
                yield chunk

        _, put_aside = await take_in(tx, Whole(feed=feed, channel="pull", read=read))

    assert (held, put_aside.rows) == ([1, 1, 1], 0)
