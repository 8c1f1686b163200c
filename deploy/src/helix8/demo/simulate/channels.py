"""The ways by which a system delivers: files in a folder, REST, and NATS."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Final, Protocol
from urllib.parse import quote

import msgspec

from helix8.demo.college import Delivery
from helix8.demo.college.records import RAW
from helix8.demo.documents import Document
from helix8.demo.integrator import Integrators
from helix8.demo.portal import Portal, RefusedError
from helix8.demo.sending import Sender, Teller
from helix8.demo.simulate.wish import Wish
from helix8.demo.sources import college_feeds, upload_of
from helix8.progress import Progress, say
from shared.kit.clock import now
from shared.kit.ids import uuid7

PART_BYTES: Final = 200_000
"""Of records in one message: the server takes 256 KiB with everything around them."""

MOST_EVENTS: Final = 100
"""Raw events in one message: a verdict lists so many that came before."""

ANSWER_SECONDS: Final = 120.0
ENDINGS: Final = {"snapshot": "full", "upsert": "delta", "delete": "delete"}


class Channel(Protocol):
    """A way to the hub."""

    async def send(self, delivery: Delivery) -> None:
        """Deliver, and tell what became of it."""


def file_name(delivery: Delivery) -> str:
    """Return what the system calls the file of a day, such as academic/kqxx_20261124_delta.csv."""
    path = PurePath(delivery.name)
    ending = f"{delivery.day:%Y%m%d}_{ENDINGS[delivery.mode]}"
    return str(path.with_name(f"{path.stem}_{ending}{path.suffix}"))


@asynccontextmanager
async def open_channel(wish: Wish, progress: Progress, teller: Teller) -> AsyncIterator[Channel]:
    """Open the way that is wished for, and save the feeds at the hub."""
    documents = [each for each in college_feeds() if each["source"] == wish.system]
    entities = {each["feed"]: each["entity"] for each in documents}
    if wish.by == "file":
        yield Folder(wish.folder, progress)
        return
    # Who is given a NATS server alone knows no address for them.
    if wish.defines_feeds or wish.by == "rest":
        async with Portal(wish.access) as portal:
            if wish.defines_feeds:
                await _define(portal, documents, progress)
            if wish.by == "rest":
                sender = Sender(portal=portal, teller=teller, name="simulate")
                await sender.begin()
                yield Rest(portal, sender, entities, Pace(wish.rate))
                return
    pushed = Integrators(wish.access, Counter(), {})
    try:
        yield Nats(pushed, teller, entities, Pace(wish.rate))
    finally:
        await pushed.close()


async def _define(portal: Portal, documents: Sequence[Document], progress: Progress) -> None:
    changed = [
        await portal.put(f"/api/datahub/v1/feeds/{quote(each['feed'])}", each) for each in documents
    ]
    progress.step(
        f"数据源约定 {len(changed)} 项，其中新增或变更 {sum(changed)}",
        f"{len(changed)} feeds, {sum(changed)} new or changed",
    )


class Pace:
    """Lets ``rate`` records a second through; all of them where there is no rate."""

    def __init__(self, rate: float | None) -> None:
        self.rate = rate
        self._due = 0.0

    async def wait(self) -> None:
        """Wait for the turn of the next record."""
        if self.rate:
            clock = asyncio.get_running_loop().time
            await asyncio.sleep(max(0.0, self._due - clock()))
            self._due = max(self._due, clock()) + 1 / self.rate


@dataclass(frozen=True, slots=True)
class Folder:
    """Writes files; a reader sees whole ones only."""

    directory: Path
    progress: Progress

    async def send(self, delivery: Delivery) -> None:
        """Write a file beside its name, then rename it."""
        file = self.directory / file_name(delivery)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}.part")
        draft.write_bytes(delivery.content)
        draft.replace(file)
        self.progress.step(f"写好 {file}", f"{delivery.rows:,} rows")


@dataclass(frozen=True, slots=True)
class Rest:
    """Uploads files; with a rate it sends changes record by record."""

    portal: Portal
    sender: Sender
    entities: Mapping[str, str]
    pace: Pace

    async def send(self, delivery: Delivery) -> None:
        """Upload a file under a key: what was broken off goes on, what is in is not sent again."""
        upload = upload_of(delivery, file_name(delivery))
        if not self.pace.rate or delivery.mode != "upsert" or upload.events_of is not None:
            await self.sender.send(upload)
            return
        begin = time.monotonic()
        ledger = Counter({"received": delivery.rows})
        for number, record in enumerate(delivery.records, 1):
            await self.pace.wait()
            key = f"{self.sender.key_of(upload)}:{number}"
            told = await self.portal.record(
                self.entities[delivery.feed], record, delivery.feed, key
            )
            ledger[told["verdict"]] += 1
        self.sender.teller.tell(upload, ledger, time.monotonic() - begin)


@dataclass(frozen=True, slots=True)
class Nats:
    """Pushes under the system's own user, and waits for the verdicts."""

    pushed: Integrators
    teller: Teller
    entities: Mapping[str, str]
    pace: Pace

    async def send(self, delivery: Delivery) -> None:
        """Push the records; a snapshot takes effect with its last message.

        Raises:
            RefusedError: the hub takes a message for none, or says nothing.
        """
        begin = time.monotonic()
        is_whole = delivery.mode == "snapshot" and not delivery.export.is_raw
        whole = self._snapshot if is_whole else self._changes
        ledger: Counter[str] = Counter()
        for message in await whole(delivery):
            ledger += counted(await self._answer(message))
        document = file_name(delivery)
        self.teller.tell(upload_of(delivery, document), ledger, time.monotonic() - begin)

    async def _changes(self, delivery: Delivery) -> list[str]:
        messages = []
        most = MOST_EVENTS if delivery.export.is_raw else None
        # Events are added, whatever the delivery is: nothing of them is ever absent.
        op = "upsert" if delivery.export.is_raw else delivery.mode
        for records in _parts(delivery.records, 1 if self.pace.rate else most):
            await self.pace.wait()
            messages.append(await self._push(delivery, op, {"records": records}))
        return messages

    async def _snapshot(self, delivery: Delivery) -> list[str]:
        """Return the last message alone: what it is answered is said of the whole."""
        name = {"snapshot": f"{delivery.day}-{uuid7()}"}
        await self._push(delivery, "snapshot-begin", name)
        parts = list(_parts(delivery.records, None))
        for number, records in enumerate(parts, 1):
            part = name | {"number": number, "records": records}
            await self._push(delivery, "snapshot-chunk", part)
        counts = {"chunks": len(parts), "rows": delivery.rows}
        return [await self._push(delivery, "snapshot-end", name | counts)]

    async def _push(self, delivery: Delivery, op: str, data: Mapping[str, Any]) -> str:
        system = delivery.feed.partition(".")[0]
        entity = RAW if delivery.export.is_raw else self.entities[delivery.feed]
        named = {"feed": delivery.feed, **data}
        return await self.pushed.push(system, entity, op, named, now())

    async def _answer(self, message: str) -> dict[str, Any]:
        answers = self.pushed.answers
        assert answers is not None
        deadline = time.monotonic() + ANSWER_SECONDS
        while message not in answers:
            if time.monotonic() > deadline:
                raise RefusedError(
                    say(
                        f"消息 {message} 在 {ANSWER_SECONDS:g} 秒内没有裁决",
                        f"no verdict within {ANSWER_SECONDS:g} s",
                    )
                )
            await asyncio.sleep(0.02)
        item = answers.pop(message)
        if item["batch"] is None:
            [why] = item["rows"]
            raise RefusedError(f"{why['code']}: {why['message']}")
        return item


def _parts(records: Sequence[Mapping[str, Any]], most: int | None) -> Iterator[list[Any]]:
    """Yield the records in parts that a message can hold."""
    part: list[Any] = []
    size = 0
    for record in records:
        length = len(msgspec.json.encode(record)) + 1
        if part and (size + length > PART_BYTES or len(part) == most):
            yield part
            part, size = [], 0
        part.append(record)
        size += length
    yield part


def counted(item: Mapping[str, Any]) -> Counter[str]:
    """Count rows by fate; a verdict lists a hundred reasons at most, and counts all rows."""
    rows = {each["row"]: each["verdict"] for each in item["rows"]}
    told = Counter(verdict for verdict in rows.values() if verdict != "quarantined")
    aside = item["received"] - item["accepted"] - told.total()
    return told + Counter(received=item["received"], accepted=item["accepted"], quarantined=aside)
