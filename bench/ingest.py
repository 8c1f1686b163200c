"""``ingest.first_load``: scores through the hub, against raw COPY + MERGE of the same rows."""

import asyncio
import io
import statistics
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import polars as pl
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from bench import new_scores
from bench.data import PACKAGE, files, scores, students
from bench.hub import run_hub
from bench.naive import CheckedScore, NewScore
from bench.results import Figure
from datahub.dictionary.repository import load_dictionary
from datahub.ingest.domain import mapping
from datahub.ingest.domain.columns import KEY
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.feed_document import parse_feed
from datahub.ingest.domain.reading_csv import read_csv
from datahub.ingest.domain.summing import WEIGHT
from datahub.ingest.domain.survivorship import contest_of
from datahub.ingest.repository.records import OBSERVED, Staging
from helix8.embedded import start_servers

ROUNDS = 5
NAIVE_ROWS = 1_000
SMALL_ROWS = 1_000
SMALL_BATCHES = 40


async def first_load() -> list[Figure]:
    """Measure, interleaved, medians of five rounds; the hub's jobs run as they do in service."""
    with (
        tempfile.TemporaryDirectory() as directory,
        start_servers(Path(directory) / "s") as servers,
    ):
        async with run_hub(servers, Path(directory)) as (client, dsn):
            return await _measure(client, dsn)


async def _measure(client: httpx.AsyncClient, dsn: str) -> list[Figure]:
    body = new_scores.file()
    connection = await asyncpg.connect(dsn)
    await new_scores.prepare(client, connection)
    feed, rows = new_scores.clean(body)
    assert rows.height == new_scores.GOOD, rows.height
    ours: list[float] = []
    raw: list[float] = []
    for _ in range(ROUNDS):
        await new_scores.forget(connection)
        ours.append(await _post(client, new_scores.NAME, body, quarantined=new_scores.BAD))
        await settled(client)
        await new_scores.forget(connection)
        raw.append(await _raw(connection, feed, rows))
    naive = await _naive(dsn, body)
    await connection.close()
    fast, limit = rows.height / statistics.median(ours), rows.height / statistics.median(raw)
    return [
        Figure(
            id="ingest.first_load",
            value=fast / limit,
            ratio=fast / limit,
            limit=f"{limit:,.0f} rows/s raw COPY + MERGE",
            naive=f"{naive:,.0f} rows/s ORM loop ({fast / naive:,.0f} ×)",
            note=f"{fast:,.0f} good rows/s over HTTP, {new_scores.ROWS:,} rows of which"
            f" {new_scores.BAD:,} are bad, into {new_scores.THERE:,}, median of {ROUNDS}",
        )
    ]


async def _prepared(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Save the feeds, and load what the scores refer to; return the feeds."""
    feeds = [
        tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted((PACKAGE / "feeds").glob("*.toml"))
    ]
    for feed in feeds:
        (await client.put(f"/v1/feeds/{feed['feed']}", json=feed)).raise_for_status()
    for name, content in files():
        await _post(client, name, content)
    return feeds


async def small_batch() -> list[Figure]:
    """Measure batches of a thousand rows into a table that grows, interleaved with raw ones."""
    with (
        tempfile.TemporaryDirectory() as directory,
        start_servers(Path(directory) / "s") as servers,
    ):
        async with run_hub(servers, Path(directory)) as (client, dsn):
            feeds = await _prepared(client)
            connection = await asyncpg.connect(dsn)
            header, *lines = scores().splitlines(keepends=True)
            pushed = header + b"".join(lines[: SMALL_BATCHES * SMALL_ROWS])
            await _post(client, "oulad.student", students(pushed))
            feed, rows = await _canonical(connection, feeds, header + b"".join(lines[:SMALL_ROWS]))
            ours: list[float] = []
            raw: list[float] = []
            for number in range(SMALL_BATCHES):
                start = number * SMALL_ROWS
                part = b"".join(lines[start : start + SMALL_ROWS])
                ours.append(await _post(client, "oulad.submission", header + part))
                keys = (pl.col(KEY) + f"-{number}").alias(KEY)
                raw.append(await _raw(connection, feed, rows.with_columns(keys)))
            await connection.close()
    share = statistics.median(raw) / statistics.median(ours)
    return [
        Figure(
            id="ingest.small_batch",
            value=share,
            ratio=share,
            limit=f"{SMALL_ROWS / statistics.median(raw):,.0f} rows/s raw COPY + MERGE",
            note=f"{SMALL_ROWS / statistics.median(ours):,.0f} rows/s over HTTP,"
            f" {SMALL_BATCHES} batches of {SMALL_ROWS:,}",
        )
    ]


async def _post(
    client: httpx.AsyncClient, feed: str, content: bytes, quarantined: int = 0
) -> float:
    started = time.perf_counter()
    answer = await client.post(
        "/v1/batches", params={"feed": feed}, content=content, headers={"Content-Type": "text/csv"}
    )
    seconds = time.perf_counter() - started
    answer.raise_for_status()
    counts = answer.json()
    assert counts["quarantined"] == quarantined, counts
    assert counts["parked"] + counts["rejected"] == 0, counts
    return seconds


async def settled(client: httpx.AsyncClient) -> None:
    """Wait until what was loaded is numbered and published, so that rounds do not overlap."""
    while True:
        ready = (await client.get("/readyz")).json()
        if ready["checks"]["outbox"]["age_seconds"] == 0:
            return
        await asyncio.sleep(0.1)


async def _canonical(
    connection: "asyncpg.Connection[Any]", feeds: list[dict[str, Any]], body: bytes
) -> tuple[Feed, pl.DataFrame]:
    """Return the canonical rows, made before the clock starts."""
    document = next(feed for feed in feeds if feed["feed"] == "oulad.submission")
    feed = parse_feed(document, load_dictionary(), 1)
    starts = await connection.fetch("SELECT key, starts_on::text AS day FROM record_assignment")
    found = {row["key"]: row["day"] for row in starts}
    frames = []
    for chunk in read_csv(io.BytesIO(body), feed.encoding, feed.delimiter):
        lookups = mapping.lookup_keys(feed, chunk)
        frames.append(mapping.apply(feed, chunk, dict.fromkeys(lookups, found)).good)
    rows = pl.concat(frames)
    return feed, rows.with_columns(
        pl.lit(0, dtype=pl.Int64).alias(OBSERVED), pl.lit(1, dtype=pl.Int32).alias(WEIGHT)
    )


async def _raw(connection: "asyncpg.Connection[Any]", feed: Feed, rows: pl.DataFrame) -> float:
    """COPY + MERGE of rows that are canonical already, with the change log: the limit.

    Nobody follows what it changes: it leaves no change set.
    """
    started = time.perf_counter()
    async with connection.transaction():
        staging = Staging(connection, feed, contest_of(feed, []))
        await staging.load(rows)
        await staging.merge(0, None)
        await connection.execute("DELETE FROM change_set WHERE batch = 0")
    return time.perf_counter() - started


async def _naive(dsn: str, body: bytes) -> float:
    """Check each row by pydantic, get and add it by the ORM, commit it: rows per second."""
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        await connection.run_sync(NewScore.metadata.tables[NewScore.__tablename__].create)
    sessions = async_sessionmaker(engine)
    frame = pl.read_csv(body, n_rows=NAIVE_ROWS, infer_schema=False)
    started = time.perf_counter()
    for record in frame.iter_rows(named=True):
        try:
            checked = CheckedScore.model_validate(record)
        except ValidationError:
            continue
        async with sessions() as session, session.begin():
            if await session.get(NewScore, checked.key) is None:
                session.add(NewScore(key=checked.key, **checked.model_dump()))
    seconds = time.perf_counter() - started
    await engine.dispose()
    return NAIVE_ROWS / seconds
