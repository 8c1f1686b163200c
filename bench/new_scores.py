"""New scores for a table of a million: what `ingest.first_load` takes in."""

import asyncio
import csv
import io
from typing import Any, Final

import asyncpg
import httpx
import polars as pl

from bench.read import FILL, STUDENTS
from bench.read import ROWS as THERE
from bench.single import FEED, TYPES
from datahub.dictionary.repository import load_dictionary
from datahub.ingest.domain import mapping
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.feed_document import parse_feed
from datahub.ingest.domain.reading_csv import read_csv
from datahub.ingest.domain.summing import WEIGHT
from datahub.ingest.repository.records import OBSERVED

__all__ = ["THERE"]

NAME: Final[str] = FEED["feed"]
ROWS: Final = 100_000
BAD: Final = ROWS // 50
GOOD: Final = ROWS - BAD
COURSES: Final = 40
TERM: Final = "2025", "12"
REST: Final = "百分制", "是", "正常", "2.5", "3.2", "2026-07-01 08:00:00"


def file() -> bytes:
    """Return them as the academic system writes them; of 50 one is bad, by turns in two ways."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        [
            "xh",
            "kch",
            "xnm",
            "xqm",
            "jxb",
            "cjlx",
            "kscs",
            "cj",
            "cjjz",
            "sfjg",
            "cjbz",
            "xf",
            "jd",
            "lrsj",
        ]
    )
    types = list(TYPES)
    for number in range(ROWS):
        round_, student = divmod(number, STUDENTS)
        kind, score = types[number % 4], f"{40 + number % 60}分"
        if number % 100 == 17:
            kind = "期未"
        if number % 100 == 67:
            score = "八十八"
        writer.writerow(
            [
                f"2026{student:05}",
                f"C{round_ % COURSES:04}",
                "2025",
                "12",
                "",
                kind,
                "2",
                score,
                *REST,
            ]
        )
    return out.getvalue().encode()


async def prepare(client: httpx.AsyncClient, connection: "asyncpg.Connection[Any]") -> None:
    """Save the feed, and lay what the scores refer to, and a million of other scores."""
    (await client.put(f"/v1/feeds/{NAME}", json=FEED)).raise_for_status()
    students = "\n".join(f"2026{each:05}" for each in range(STUDENTS))
    courses = "\n".join(f"C{each:04}" for each in range(COURSES))
    await _lay(client, "student", f"student_no\n{students}\n")
    await _lay(client, "course", f"course_code\n{courses}\n")
    await _lay(client, "term", "term,starts_on,ends_on\n2025-2026-2,2026-02-23,2026-07-12\n")
    await connection.execute("SET statement_timeout = 0")
    await connection.execute(FILL, STUDENTS, THERE, timeout=600)


async def _lay(client: httpx.AsyncClient, entity: str, content: str) -> None:
    names = content.partition("\n")[0].split(",")
    fields = {name: {"from": name} for name in names}
    feed = {"feed": f"bench.{entity}", "source": "academic", "entity": entity, "fields": fields}
    (await client.put(f"/v1/feeds/bench.{entity}", json=feed)).raise_for_status()
    answer = await client.post(
        "/v1/batches",
        params={"feed": f"bench.{entity}"},
        content=content,
        headers={"Content-Type": "text/csv"},
    )
    answer.raise_for_status()
    assert answer.json()["created"] == content.count("\n") - 1, answer.text


def clean(body: bytes) -> tuple[Feed, pl.DataFrame]:
    """Return the feed and the good rows in canonical form."""
    feed = parse_feed(FEED, load_dictionary(), 1)
    chunks = read_csv(io.BytesIO(body), feed.encoding, feed.delimiter)
    good = pl.concat([mapping.apply(feed, chunk, {}).good for chunk in chunks])
    return feed, good.with_columns(
        pl.lit(0, dtype=pl.Int64).alias(OBSERVED), pl.lit(1, dtype=pl.Int32).alias(WEIGHT)
    )


async def forget(connection: "asyncpg.Connection[Any]") -> None:
    """Take out what was taken in, and what is known of it."""
    await asyncio.sleep(1.0)
    await connection.execute("DELETE FROM record_score WHERE attempt = 2")
    await connection.execute("TRUNCATE change, change_set, quarantined_row")
    await connection.execute("VACUUM ANALYZE record_score")
    await connection.execute("CHECKPOINT")
