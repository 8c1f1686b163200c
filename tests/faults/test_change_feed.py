"""Whoever follows the change feed, over REST or NATS, has the tables: nothing lost, nothing twice.

Eight writers write at once, in transactions of random length, some of which are given up: they
create, change and delete records, and give them other keys, also ones under which a record was
deleted just before. One reader follows from the start, one begins late with a walk through the
records while they change, one listens to the events.
Source: design "What none of the peers has" 12; contract "Change feed".
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import httpx
import msgspec
import pytest
from harness.drain import drained
from harness.tree import copy_tree
from harness.world import World, start_world
from harness.writers import KEYS, Written, feed_of, write

from shared.kit.database import Database

WRITERS = 8
PATIENCE_SECONDS = 60
Place = tuple[str, str]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Write a little, or five times as much as that ten times over with ``--soak``."""
    soak = metafunc.config.getoption("--soak")
    runs = [(300, seed) for seed in (1, 2, 3, 4, 5)] if soak else [(30, 1)]
    metafunc.parametrize(("transactions", "seed"), runs)


@dataclass(slots=True)
class Reader:
    """What one reader believes, and what surprised it."""

    names: dict[Place, str | None] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    places: set[tuple[int, str]] = field(default_factory=set)
    """Where events must tell of what it read: a new key in the partitions of both keys."""

    watermark: int = 0

    async def walk(self, hub: httpx.AsyncClient, random: Random) -> int:
        """Read every record page by page; return the watermark from which to follow on."""
        answer = await hub.get("/v1/changes", params={"after": 0, "limit": 1})
        for entity, key in KEYS.items():
            query: dict[str, Any] = {"pageSize": random.randint(1, 9)}
            while query:
                page = await hub.get(f"/v1/records/{entity}", params=query)
                page.raise_for_status()
                self.names |= {(entity, each[key]): each["name"] for each in page.json()}
                token = page.headers.get("Next-Page-Token")
                query = {**query, "pageToken": token} if token else {}
        return int(answer.headers["Feed-Watermark"])

    async def follow(
        self, hub: httpx.AsyncClient, after: int, random: Random, end: "asyncio.Future[int]"
    ) -> None:
        """Follow the feed until the last change that was numbered."""
        while not (end.done() and after >= end.result()):
            limit = random.randint(1, 200)
            answer = await hub.get("/v1/changes", params={"after": after, "limit": limit})
            answer.raise_for_status()
            self._look_at(int(answer.headers["Feed-Watermark"]))
            for change in answer.json():
                after += 1
                if change["seq"] != after:
                    self.faults.append(f"{change['seq']} came after {after - 1}")
                    after = change["seq"]
                name = None if change["doc"] is None else change["doc"]["name"]
                self._note(change, change["key"], name)
                if change["op"] == "rekey":
                    self._note(change, change["previous_key"], None)
            await asyncio.sleep(random.choice((0.0, 0.01, 0.1)))

    def _note(self, change: dict[str, Any], key: str, name: str | None) -> None:
        self.names[change["entity"], key] = name
        self.places.add((change["seq"], f"{crc32(key.encode()) % 16:02x}"))

    def _look_at(self, watermark: int) -> None:
        if watermark < self.watermark:
            self.faults.append(f"the watermark fell from {self.watermark} to {watermark}")
        self.watermark = watermark

    def live(self) -> dict[Place, str]:
        """Return the name of every record that it believes to be there."""
        return {
            place: name
            for place, name in self.names.items()
            if name is not None and place[0] in KEYS
        }


@dataclass(slots=True)
class Listener:
    """What one listener heard: versions only, no personal value travels in an event."""

    heard: list[tuple[int, str]] = field(default_factory=list)
    """Numbers of changes, each with the partition: another key is told in those of both keys."""

    newest: dict[Place, tuple[int, bool]] = field(default_factory=dict)
    """Version of each record, and whether it is there."""

    async def hear(self, message: Any) -> None:
        data = msgspec.json.decode(message.data)["data"]
        for item in data["items"] if "entity" in data else ():
            self.heard.append((item["seq"], message.subject.rpartition(".")[2]))
            self._note(data["entity"], item["key"], item["version"], item["op"] != "delete")
            if item["op"] == "rekey":
                self._note(data["entity"], item["previous_key"], item["version"], False)

    def _note(self, entity: str, key: str, version: int, is_there: bool) -> None:  # noqa: FBT001
        if version > self.newest.get((entity, key), (0, True))[0]:
            self.newest[entity, key] = version, is_there

    @property
    def numbers(self) -> set[int]:
        """Numbers of the changes that it heard of."""
        return {seq for seq, _ in self.heard}

    async def heard_all(self, last: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.numbers) < last:  # noqa: ASYNC110 — messages come by themselves
                await asyncio.sleep(0.05)


@asynccontextmanager
async def hub_alone(root: Path) -> AsyncIterator[World]:
    """Run a hub with a contract for every entity that is written."""
    async with start_world(root, ("datahub",)) as world:
        await world.add_service("datahub", copy_tree(root / "tree", ()))
        async with world.client("datahub") as hub:
            for entity in KEYS:
                answer = await hub.put(f"/v1/feeds/faults.{entity}", json=feed_of(entity))
                answer.raise_for_status()
        yield world


async def test_whoever_follows_the_feed_has_the_tables(
    tmp_path: Path, transactions: int, seed: int
) -> None:
    random, written = Random(seed), Written()  # noqa: S311 — the same writers again
    early, late, listener = Reader(), Reader(), Listener()
    end: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    async with hub_alone(tmp_path) as world, world.client("datahub") as hub:
        broker = await world.broker()
        await broker.jetstream().subscribe(
            "qa.evt.v1.datahub.*.changed.*", ordered_consumer=True, cb=listener.hear
        )
        database = Database(world.dsn("datahub").replace("://", "+asyncpg://", 1), "datahub")

        async def begin_late() -> None:
            await asyncio.sleep(1)
            await late.follow(hub, await late.walk(hub, random), random, end)

        async with asyncio.TaskGroup() as readers:
            readers.create_task(early.follow(hub, 0, random, end))
            readers.create_task(begin_late())
            seeds = [Random(random.random()) for _ in range(WRITERS)]  # noqa: S311
            counts = await asyncio.gather(
                *(write(database, written, each, transactions) for each in seeds)
            )
            await drained(world, ["datahub"])
            connection = await world.connect("datahub")
            end.set_result(await connection.fetchval("SELECT last_seq FROM watermark"))
        await listener.heard_all(end.result())
        stands = {
            (entity, row["key"]): (row["version"], row["deleted_at"] is None)
            for entity in KEYS
            for row in await connection.fetch(
                f'SELECT key, version, deleted_at FROM "record_{entity}"'  # noqa: S608 — ours
                " WHERE version > 0"
            )
        }
        await connection.close()
        await database.dispose()
        await broker.close()

    committed, given_up = (sum(each) for each in zip(*counts, strict=True))
    changes, rekeyed = end.result(), written.rekeyed
    print(f"{committed} committed, {given_up} not, {changes} changes, {rekeyed} keys")  # noqa: T201
    assert committed > given_up > 0
    assert rekeyed > 0
    assert early.faults == late.faults == []
    assert early.live() == written.live()
    assert late.live() == written.live()
    assert sorted(listener.heard) == sorted(early.places)
    assert {place: listener.newest[place] for place in stands} == stands
