"""``ingest.snapshot_repeat``: a full snapshot of which 1 % changed, against the full path again."""

import csv
import io
import os
import statistics
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from bench.data import PACKAGE, files, scores
from bench.hub import run_hub
from bench.ingest import settled
from bench.results import Figure
from datahub.ingest.domain.snapshot import hash_lines
from helix8.embedded import start_servers

ROUNDS = 3
FEED = "bench.submission"


async def snapshot_repeat() -> list[Figure]:
    """Measure medians of three rounds; the lines are hashed for the limit in this process."""
    with (
        tempfile.TemporaryDirectory() as directory,
        start_servers(Path(directory) / "s") as servers,
    ):
        async with run_hub(servers, Path(directory)) as (client, _):
            return await _measure(client)


async def _measure(client: httpx.AsyncClient) -> list[Figure]:
    for path in sorted((PACKAGE / "feeds").glob("*.toml")):
        await _save(client, tomllib.loads(path.read_text(encoding="utf-8")))
    document = tomllib.loads((PACKAGE / "feeds" / "submission.toml").read_text(encoding="utf-8"))
    # The students are invented: nobody will ever deliver them.
    own = {"content": "full", "max_vanish_ratio": 0.02, "never_waits_for": ["student_no"]}
    full = {**document, "feed": FEED, **own}
    await _save(client, {**full, "default": False})
    for name, content in files():
        await _post(client, name, content, "upsert")
    lines = list(_lines(int(os.environ.get("SIZE", "1000000"))))  # noqa: TID251
    body = b"\n".join(lines)
    first = await _post(client, FEED, body, "snapshot")
    await settled(client)
    again: list[float] = []
    naive: list[float] = []
    for number in range(ROUNDS):
        body = b"\n".join(_changed(lines, number))
        again.append(await _post(client, FEED, body, "snapshot"))
        await settled(client)
        naive.append(await _post(client, FEED, body, "upsert"))
        await settled(client)
    rows = len(lines) - 1
    started = time.perf_counter()
    hash_lines(lines, 1)
    limit = rows / (time.perf_counter() - started)
    fast, slow = (rows / statistics.median(each) for each in (again, naive))
    return [
        Figure(
            id="ingest.snapshot_repeat",
            value=fast / slow,
            ratio=fast / slow,
            limit=f"{limit:,.0f} lines/s hashed",
            naive=f"{slow:,.0f} rows/s by the full path again",
            note=f"{fast:,.0f} rows/s of {rows:,}, 1 % changed; first {rows / first:,.0f} rows/s",
        )
    ]


async def _save(client: httpx.AsyncClient, feed: dict[str, Any]) -> None:
    (await client.put(f"/v1/feeds/{feed['feed']}", json=feed)).raise_for_status()


async def _post(client: httpx.AsyncClient, feed: str, content: bytes, mode: str) -> float:
    started = time.perf_counter()
    answer = await client.post(
        "/v1/batches",
        params={"feed": feed, "mode": mode},
        content=content,
        headers={"Content-Type": "text/csv"},
    )
    seconds = time.perf_counter() - started
    assert answer.status_code == 200, answer.text
    return seconds


def _lines(rows: int) -> Iterator[bytes]:
    """Yield a header, and submissions of as many students as it takes."""
    text = scores().decode()
    header, *given = text.splitlines()
    yield header.encode()
    student = next(csv.reader(io.StringIO(header))).index("id_student")
    for number in range(rows):
        round_, at = divmod(number, len(given))
        cells = given[at].split(",")
        cells[student] = f"{round_}x{cells[student]}"
        yield ",".join(cells).encode()


def _changed(lines: list[bytes], number: int) -> Iterator[bytes]:
    """Yield the lines with another score in every hundredth."""
    yield lines[0]
    for at, line in enumerate(lines[1:]):
        yield line if at % 100 else line.rsplit(b",", 1)[0] + b",%d" % (50 + number)
