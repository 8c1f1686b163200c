"""A full snapshot that is pushed in parts: kept until its end, then taken in as a whole."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Any, ClassVar

import msgspec

from datahub.ingest.domain.exponents import Exponent
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.reading import Chunk
from datahub.ingest.domain.reading_json import read_ndjson
from datahub.ingest.domain.snapshot import Lines
from datahub.ingest.repository import snapshots as stored
from datahub.ingest.repository.inspection import Inspector
from datahub.ingest.usecases import snapshots
from datahub.ingest.usecases.snapshots import PutAside, Whole
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction


class SnapshotIncompleteError(DomainError):
    """Parts or records of a snapshot are missing at its end."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "snapshot-incomplete"
    title_zh: ClassVar = "快照不完整"
    title_en: ClassVar = "The snapshot is incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What its source says of a snapshot when it ends it."""

    parts: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a snapshot."""

    batch: int
    received: int
    aside: PutAside


async def begin_snapshot(tx: Transaction, feed: Feed) -> None:
    """Begin a snapshot; what another one of this feed has left behind is dropped.

    Raises:
        DeltaFeedError: the feed delivers changes.
    """
    snapshots.check_full(feed)
    await stored.drop_parts(tx, feed.id)


async def keep_part(
    tx: Transaction, feed: Feed, name: str, number: int, records: Sequence[Any]
) -> None:
    """Keep a part until the end; the same number again replaces it."""
    snapshots.check_full(feed)
    body = b"".join([msgspec.json.encode(each, enc_hook=_number) + b"\n" for each in records])
    await stored.keep_part(tx, feed.id, name, number, body)


def _number(written: Exponent) -> msgspec.Raw:
    return msgspec.Raw(written.written.encode())


async def end_snapshot(
    tx: Transaction, feed: Feed, name: str, told: Told, inspector: Inspector | None
) -> Taken:
    """Take a snapshot in, as a whole or not at all.

    Raises:
        DeltaFeedError: the feed delivers changes.
        SnapshotIncompleteError: parts or records are missing; they may still come, and the end
            may be said again.
        VanishError: more records would vanish than the feed allows.
    """
    snapshots.check_full(feed)
    with TemporaryFile() as file:
        rows = await _gather(tx, feed, name, told, file)
        if rows != told.rows:
            raise SnapshotIncompleteError(
                f"快照 {name} 有 {rows} 条记录，源系统说有 {told.rows} 条",
                f"snapshot {name} has {rows} records, its source says {told.rows}",
                fixes=["重发缺少的部分，再发 snapshot-end (send what is missing, then the end)"],
            )
        whole = Whole(
            feed=feed,
            channel="nats",
            read=partial(_chunks, file, feed),
            document=name,
            declared=told.rows,
            inspector=inspector,
        )
        batch, put_aside = await snapshots.take_in(tx, whole)
    await stored.drop_parts(tx, feed.id)
    return Taken(batch=batch, received=told.rows, aside=put_aside)


async def _gather(tx: Transaction, feed: Feed, name: str, told: Told, file: IO[bytes]) -> int:
    """Write the parts one after another; return the number of their records."""
    rows = 0
    for number in range(1, told.parts + 1):
        part = await stored.find_part(tx, feed.id, name, number)
        if part is None:
            raise SnapshotIncompleteError(
                f"快照 {name} 缺少第 {number} 部分（共 {told.parts} 部分）",
                f"part {number} of {told.parts} of snapshot {name} is missing",
                fixes=["重发该部分，再发 snapshot-end (send it again, then the end)"],
            )
        file.write(part)
        rows += part.count(b"\n")
    return rows


async def _chunks(file: IO[bytes], feed: Feed, lines: Lines | None) -> AsyncGenerator[Chunk]:
    file.seek(0)
    stream: Any = file
    stream = stream if lines is None else lines.over(stream)
    for chunk in read_ndjson(stream, feed):
        yield chunk
