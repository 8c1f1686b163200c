"""Full snapshots that are pushed in parts over NATS: all or nothing, whatever is missing."""

from typing import Any

import pytest

from datahub.dictionary.repository import Dictionaries
from datahub.ingest.repository import feeds
from datahub.ingest.usecases import pushed
from datahub.tests.test_push_by_nats import verdict_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def full(hub: Any) -> str:
    fields = {"course_code": None, "name": None}
    return str(await hub.feed("course", fields, content="full", max_vanish_ratio=0.5))


def records(mark: str, **names: str) -> list[dict[str, str]]:
    return [{"course_code": f"{mark}{code}", "name": name} for code, name in names.items()]


class Sender:
    """Pushes snapshots of one feed."""

    def __init__(self, hub: Any, feed: str) -> None:
        self.hub = hub
        self.feed = feed

    async def say(self, op: str, **data: Any) -> dict[str, Any]:
        """Push one message, and return its verdict."""
        sent = await self.hub.send("course", {"feed": self.feed, **data}, op=f"snapshot-{op}")
        return dict(await verdict_of(self.hub, sent))

    async def snapshot(self, name: str, *parts: list[dict[str, str]]) -> dict[str, Any]:
        """Push a snapshot from its beginning to its end; return the verdict of the end."""
        await self.say("begin", snapshot=name)
        for number, part in enumerate(parts, 1):
            await self.say("chunk", snapshot=name, number=number, records=part)
        rows = sum(map(len, parts))
        return await self.say("end", snapshot=name, chunks=len(parts), rows=rows)


async def names_of(hub: Any, mark: str) -> dict[str, str]:
    rows = await hub.sql(
        "SELECT key, name FROM record_course WHERE key LIKE :mark AND deleted_at IS NULL",
        mark=f"{mark}%",
    )
    return {row["key"].removeprefix(mark): row["name"] for row in rows}


async def test_it_takes_effect_with_its_end(hub: Any, ledger: Any) -> None:
    sender, mark = Sender(hub, await full(hub)), hub.name("N")

    await sender.snapshot("one", records(mark, a="1", b="2"), records(mark, c="3", d="4"))
    await sender.say("begin", snapshot="two")
    await sender.say("chunk", snapshot="two", number=1, records=records(mark, a="1", b="9"))
    before = await names_of(hub, mark)
    await sender.say("chunk", snapshot="two", number=2, records=records(mark, c="3"))
    end = await sender.say("end", snapshot="two", chunks=2, rows=3)

    batch = await hub.get(f"batches/{end['batch']}")
    assert before == {"a": "1", "b": "2", "c": "3", "d": "4"}
    assert await names_of(hub, mark) == {"a": "1", "b": "9", "c": "3"}
    assert (end["received"], end["accepted"], end["rows"]) == (3, 3, [])
    assert ledger(batch) == {"updated": 1, "unchanged": 2}
    assert (batch["vanished"], batch["document"], batch["declared"]) == (1, "two", 3)
    assert await hub.sql("SELECT 1 FROM snapshot_chunk WHERE feed = :f", f=sender.feed) == []


async def test_a_bad_row_is_named_by_its_place_in_the_whole(hub: Any) -> None:
    sender, mark = Sender(hub, await full(hub)), hub.name("N")

    end = await sender.snapshot("one", records(mark, a="1"), [{"name": "no key"}])

    assert (end["received"], end["accepted"]) == (2, 1)
    assert [(row["row"], row["code"]) for row in end["rows"]] == [(2, "missing")]


@pytest.mark.parametrize(
    ("end", "word"), [({"chunks": 2, "rows": 2}, "part 2"), ({"chunks": 1, "rows": 2}, "1 records")]
)
async def test_what_is_missing_may_still_come(hub: Any, end: dict[str, int], word: str) -> None:
    sender, mark = Sender(hub, await full(hub)), hub.name("N")
    await sender.say("begin", snapshot="s")
    await sender.say("chunk", snapshot="s", number=1, records=records(mark, a="1"))

    refused = await sender.say("end", snapshot="s", **end)
    nothing = await names_of(hub, mark)
    last = {"snapshot": "s", "records": records(mark, b="2")}
    if end["chunks"] == 2:
        await sender.say("chunk", number=2, **last)
    else:
        await sender.say("chunk", number=1, snapshot="s", records=records(mark, a="1", b="2"))
    taken = await sender.say("end", snapshot="s", **end)

    assert [row["code"] for row in refused["rows"]] == ["snapshot-incomplete"]
    assert word in refused["rows"][0]["message"]
    assert nothing == {}
    assert (taken["accepted"], await names_of(hub, mark)) == (2, {"a": "1", "b": "2"})


async def test_a_snapshot_that_is_half_empty_is_refused_until_somebody_allows_it(hub: Any) -> None:
    feed = await full(hub)
    sender, mark = Sender(hub, feed), hub.name("N")
    await sender.snapshot("one", records(mark, a="1", b="2", c="3"))

    refused = await sender.snapshot("two", records(mark, a="new"))

    assert [row["code"] for row in refused["rows"]] == ["too-many-vanish"]
    assert await names_of(hub, mark) == {"a": "1", "b": "2", "c": "3"}

    document = (await hub.get(f"feeds/{feed}"))["document"] | {"max_vanish_ratio": 1}
    await hub.client.put(f"/v1/feeds/{feed}", json=document)
    taken = await sender.say("end", snapshot="two", chunks=1, rows=1)

    assert (taken["accepted"], await names_of(hub, mark)) == (1, {"a": "new"})


async def test_a_new_beginning_drops_what_was_left_behind(hub: Any) -> None:
    sender, mark = Sender(hub, await full(hub)), hub.name("N")
    await sender.say("begin", snapshot="s")
    await sender.say("chunk", snapshot="s", number=1, records=records(mark, a="old"))

    taken = await sender.snapshot("t", records(mark, b="2"))
    late = await sender.say("end", snapshot="s", chunks=1, rows=1)

    assert (taken["accepted"], await names_of(hub, mark)) == (1, {"b": "2"})
    assert [row["code"] for row in late["rows"]] == ["snapshot-incomplete"]


async def test_what_an_older_dictionary_read_is_remembered_as_read_by_that_one(hub: Any) -> None:
    """Another process publishes, and within that second a snapshot begins under the old one."""
    feed = await hub.feed(
        "dorm_check", {"student_no": None, "checked_on": None, "state": None}, content="full"
    )
    student, codes = await hub.have("student", hub.name("s")), "/v1/dictionary/draft/code-sets"
    row = {"student_no": student, "checked_on": "2026-11-20", "state": "Q8"}
    document: dict[str, Any] = {"codes": [{"code": "Q8", "zh": "快照测试"}]}
    await hub.client.put(f"{codes}/szjz_zqztdm", json=document)
    await hub.client.post("/v1/dictionary/draft/publish", json={"note": ""})
    async with hub.database.transaction() as tx:
        old = await Dictionaries().newest(tx)
    document["codes"][0] |= {"retired": True, "successors": ["1"]}
    await hub.client.put(f"{codes}/szjz_zqztdm", json=document)
    answer = await hub.client.post("/v1/dictionary/draft/publish", json={"note": ""})
    assert answer.status_code == 201, answer.text

    async def snapshot(dictionary: Any) -> list[tuple[int, str]]:
        async with hub.database.transaction() as tx:
            read = await feeds.get_feed(tx, feed, dictionary)
            await pushed.keep_part(tx, read, "night", 1, [row])
            told = pushed.Told(parts=1, rows=1)
            taken = await pushed.end_snapshot(tx, read, "night", told, None)
            return [(each.row, each.code) for each in taken.aside.verdicts]

    async with hub.database.transaction() as tx:
        new = await Dictionaries().newest(tx)
    assert new.version == old.version + 1
    assert await snapshot(old) == [], "the code was in force when the snapshot began"
    assert await snapshot(new) == [(1, "unknown-code")], "its line is read again, not skipped"
