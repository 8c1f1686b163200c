"""``alerts.*``: measured values against the rules in force, and rules that have nothing to do.

500 rules over 62 indicators, eight a value: lines, lines with a margin, several in a row. Values
come in batches of 1,000 on each of the consumer's lanes; what is kept, remembered, raised and told
of each is one transaction. The naive way is one transaction a value by the ORM, which does less: it
keeps no history, tells nobody, and hands nothing over.
"""

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from zlib import crc32

import asyncpg
import httpx
import psutil
from sqlalchemy import BigInteger, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from alert_service.domain.rules.model import Signal
from alert_service.repository.rules import Books
from alert_service.schemas.rules import RuleBody
from alert_service.settings import Settings
from alert_service.subscriptions.hearing import LANES
from alert_service.usecases.rules import publish_rule, put_rule
from alert_service.usecases.ruling import Judge, hear_signals
from bench.hub import run_service, service_process
from bench.results import Figure
from helix8.embedded import start_servers
from shared.kit.database import Database, Transaction
from shared.kit.garbage import search_seldom
from shared.kit.migrations import migrate_async

RULES: Final = 500
INDICATORS: Final = 62
SCOPES: Final = 4_000
MEASURED: Final = 100_000
BATCH: Final = 1_000
EVENT: Final = 200
"""So many values of one indicator the hub puts into one message."""

NAIVE: Final = 600
IDLE_RULES: Final = 1_000
IDLE_SCOPES: Final = 12_000
IDLE_SECONDS: Final = 30
PERIOD: Final = "term:2096-2097-1"
AT: Final = datetime(2096, 11, 23, 8, tzinfo=UTC)
BREAK: Final = 0.004
"""Share of the values that lie beyond the mildest line of their indicator."""


class Base(DeclarativeBase):
    """Tables of the naive way."""


class NaiveRule(Base):
    """A rule as a row."""

    __tablename__ = "naive_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    indicator: Mapped[str] = mapped_column(index=True)
    line: Mapped[Decimal]
    times: Mapped[int]
    margin: Mapped[Decimal]


class NaiveState(Base):
    """What is remembered of a rule at a scope."""

    __tablename__ = "naive_state"

    rule: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    run: Mapped[int]
    firing: Mapped[bool]


async def evaluate() -> list[Figure]:
    """Judge values by 500 rules in batches, and one by one by the ORM."""
    chance = random.Random(20961123)  # noqa: S311 — the same values each time
    async with _database() as database:
        judge = Judge(Books(), Settings(database_url="").clocks())
        await _put_rules(database, RULES)
        values = _values(chance)
        await _hear(database, judge, _signals(_values(chance)[:BATCH], seq=1))
        lanes = [list(_batches(lane)) for lane in _lanes(values)]
        search_seldom()  # As services do, and for the naive way as well.
        started = time.perf_counter()
        times = await asyncio.gather(*(_lane(database, judge, lane) for lane in lanes))
        whole = MEASURED / (time.perf_counter() - started)
        naive = await _one_by_one(database, values[:NAIVE])
        raised, remembered = await _found(database)
    rate = BATCH / statistics.median(each for lane in times for each in lane)
    return [
        Figure(
            id="alerts.evaluate",
            value=whole,
            naive=f"{naive:,.0f}/s one by one by the ORM",
            ratio=whole / naive,
            note=f"{LANES} lanes, the median batch {rate:,.0f}/s; {raised:,} alerts,"
            f" {remembered:,} cells remembered",
        ),
        Figure(id="alerts.over_naive", value=whole / naive, ratio=whole / naive),
    ]


async def idle() -> list[Figure]:
    """Let a service with a thousand rules and twelve thousand scopes have nothing to do."""
    with TemporaryDirectory() as folder, start_servers(Path(folder)) as servers:
        async with run_service(servers, Path(folder), "alert_service") as (client, dsn):
            await _fill(client, dsn)
            process = service_process("alert_service")
            used = await _cpu_share(process)
            memory = process.memory_info().rss / 2**20
    return [Figure(id="alerts.idle", value=used, note=f"resident {memory:.0f} MiB")]


async def _fill(client: httpx.AsyncClient, dsn: str) -> None:
    """Put the scopes and the rules; wait until nothing is to be done about them."""
    base = await asyncpg.connect(dsn)
    await base.execute(
        "INSERT INTO scope (scope, name_zh, parents, gone, seq) SELECT 'course/C' || i,"
        " '课' || i, '{}', false, 1 FROM generate_series(1, $1::int) i",
        IDLE_SCOPES,
    )
    await _tell_units(base)
    for number in range(IDLE_RULES):
        document = _body(number).to_document()
        (await client.put(f"/v1/rules/bench-{number}", json=document)).raise_for_status()
        path = f"/v1/rules/bench-{number}/publication"
        (await client.post(path, json={})).raise_for_status()
    while await base.fetchval("SELECT count(*) FROM timer"):  # noqa: ASYNC110 — another process
        await asyncio.sleep(0.1)
    await base.close()


async def _cpu_share(process: psutil.Process) -> float:
    before = sum(process.cpu_times()[:2])
    await asyncio.sleep(IDLE_SECONDS)
    return (sum(process.cpu_times()[:2]) - before) / IDLE_SECONDS


@asynccontextmanager
async def _database() -> AsyncIterator[Database]:
    with TemporaryDirectory() as folder, start_servers(Path(folder)) as servers:
        admin = await asyncpg.connect(servers.postgres_dsn())
        await admin.execute("CREATE DATABASE bench")
        await admin.close()
        url = servers.postgres_dsn("bench").replace("postgresql://", "postgresql+asyncpg://")
        await migrate_async("alert_service", url)
        database = Database(url, "alert")
        yield database
        await database.dispose()


def _indicator(number: int) -> str:
    return f"bench_{number % INDICATORS}"


def _body(number: int) -> RuleBody:
    """Return one of the rules: a third a plain line, a third with a margin, a third in a row."""
    step = number // INDICATORS
    line = Decimal("0.80") - Decimal("0.01") * step
    more: dict[str, Any] = [{}, {"margin": "0.02"}, {"times": 2}][step % 3]
    return RuleBody.model_validate(
        {
            "title": f"规则 {number}",
            "family": "classroom",
            "scopes": {"kind": "course"},
            "condition": {
                "is": "value",
                "indicator": _indicator(number),
                "op": "<",
                "value": str(line),
            },
            **more,
        }
    )


async def _tell_units(base: Any) -> None:
    await base.execute(
        "INSERT INTO indicator (indicator, unit, version) SELECT 'bench_' || i, 'ratio', 1"
        " FROM generate_series(0, $1::int) i",
        INDICATORS,
    )


async def _put_rules(database: Database, count: int) -> None:
    async with database.transaction() as tx:
        await _tell_units(await tx.driver())
    for number in range(count):
        async with database.transaction() as tx:
            key = f"bench-{number}"
            await put_rule(tx, key, _body(number), _anything, "bench", AT)
            await publish_rule(tx, key, None, _anything, "bench", AT)
    async with database.transaction() as tx:
        await (await tx.driver()).execute("DELETE FROM timer")


def _anything(_version: int | None) -> None:
    """Have no precondition."""


def _values(chance: random.Random) -> list[tuple[str, str, Decimal]]:
    return [
        (indicator, f"course/C{chance.randrange(SCOPES)}", _value(chance))
        for _ in range(MEASURED // EVENT)
        for indicator in [_indicator(chance.randrange(INDICATORS))]
        for _ in range(EVENT)
    ]


def _value(chance: random.Random) -> Decimal:
    low, high = (5000, 8000) if chance.random() < BREAK else (8200, 10_000)
    return Decimal(chance.randrange(low, high)) / 10_000


def _lanes(values: Sequence[tuple[str, str, Decimal]]) -> list[list[tuple[str, str, Decimal]]]:
    """Return the values of each lane of the consumer: each has indicators of its own."""
    lanes: list[list[tuple[str, str, Decimal]]] = [[] for _ in range(LANES)]
    for each in values:
        lanes[crc32(each[0].encode()) % LANES].append(each)
    return lanes


def _batches(values: Sequence[tuple[str, str, Decimal]]) -> Iterator[list[Signal]]:
    for seq, at in enumerate(range(0, len(values), BATCH), 2):
        yield _signals(values[at : at + BATCH], seq)


def _signals(batch: Sequence[tuple[str, str, Decimal]], seq: int) -> list[Signal]:
    at = AT + timedelta(seconds=seq)
    return [
        Signal(
            *("measured", indicator, scope, PERIOD, "", seq * BATCH + place),
            *(at, value, 40, Decimal(1), at),
        )
        for place, (indicator, scope, value) in enumerate(batch)
    ]


async def _lane(
    database: Database, judge: Judge, batches: Sequence[Sequence[Signal]]
) -> list[float]:
    """Hear the values of a lane, batch by batch; return what each took, seconds."""
    return [await _hear(database, judge, batch) for batch in batches]


async def _hear(database: Database, judge: Judge, batch: Sequence[Signal]) -> float:
    started = time.perf_counter()
    async with database.transaction() as tx:
        await hear_signals(tx, batch, batch[0].at, judge)
    return time.perf_counter() - started


async def _one_by_one(database: Database, values: Sequence[tuple[str, str, Decimal]]) -> float:
    """Return how many values a second the naive way judges."""
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with database.transaction() as tx:
        for number in range(RULES):
            body = _body(number)
            line = body.to_document()["condition"]["value"]
            tx.session.add(
                NaiveRule(
                    id=number,
                    indicator=_indicator(number),
                    line=Decimal(line),
                    times=body.times,
                    margin=body.margin,
                )
            )
    started = time.perf_counter()
    for seq, (indicator, scope, value) in enumerate(values):
        async with database.transaction() as tx:
            await _take_naively(tx, indicator, scope, value, seq)
    return len(values) / (time.perf_counter() - started)


async def _take_naively(
    tx: Transaction, indicator: str, scope: str, value: Decimal, seq: int
) -> None:
    query = select(NaiveRule).where(NaiveRule.indicator == indicator)
    for rule in await tx.session.scalars(query):
        state = await tx.session.get(NaiveState, (rule.id, scope))
        if state is None:
            state = NaiveState(rule=rule.id, scope=scope, seq=seq, run=0, firing=False)
            tx.session.add(state)
        _judge_naively(rule, state, value, seq)


def _judge_naively(rule: NaiveRule, state: NaiveState, value: Decimal, seq: int) -> None:
    if state.seq > seq:
        return
    state.seq = seq
    if value < rule.line:
        state.run += 1
        state.firing = state.firing or state.run >= rule.times
    else:
        state.run = 0
        state.firing = state.firing and value < rule.line + rule.margin


async def _found(database: Database) -> tuple[int, int]:
    async with database.transaction() as tx:
        driver = await tx.driver()
        raised = await driver.fetchval("SELECT count(*) FROM alert")
        remembered = await driver.fetchval("SELECT count(*) FROM rule_cell")
    assert raised, "nothing was raised"
    return int(raised), int(remembered)
