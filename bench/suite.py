"""The running suite: ``suite.*``, ``portal.*`` and ``ingest.single_request``."""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import nats
import psutil

from bench.data import folder
from bench.pages import pages
from bench.results import Figure
from bench.single import single_requests
from helix8.home import Home
from helix8.state import SuiteState, load_state
from shared.kit.ids import uuid7

RATES = {
    "suite.end_to_end": (50, 20, 1),
    "suite.end_to_end_200": (200, 15, 10),
    "suite.end_to_end_storm": (200, 15, 1),
}
"""Pushes a second, for how many seconds, and of how many pushes one raises an alert."""

PERIOD = "term:2026-2027-1"
HELIX8 = Path(sys.executable).with_name("helix8")


async def whole() -> list[Figure]:
    """Load the demo and OULAD, start again, and measure the running suite."""
    with tempfile.TemporaryDirectory() as directory:
        home = Home(Path(directory) / "data")
        data = ["--data", str(home.root)]
        try:
            _run("up", *data, "--port", "8850", "--detach")
            _run("demo", *data, "--oulad", str(folder()))
            await _quiet(home)
            _run("down", *data)
            started = time.perf_counter()
            _run("up", *data, "--port", "8850", "--detach")
            cold = time.perf_counter() - started
            await asyncio.sleep(10)
            state = _state(home)
            memory = _memory(state)
            single = await single_requests(home, state)
            seen = await pages(home, state)
            await _quiet(home)
            end_to_end = await pushes_to_alerts(home, state)
        finally:
            _run("down", *data)
    return [
        *single,
        *seen,
        Figure(id="suite.cold_start", value=cold, note="second start, `helix8 up --detach`"),
        Figure(id="suite.idle_memory", value=memory / 2**30, note="sum of PSS, 10 s after start"),
        *end_to_end,
    ]


def _run(*words: str) -> None:
    subprocess.run([HELIX8, *words], check=True, timeout=600, stdout=subprocess.DEVNULL)


def _state(home: Home) -> SuiteState:
    state = load_state(home.state)
    assert state is not None
    return state


def _memory(state: SuiteState) -> int:
    """Return the proportional set size of every process of the suite, bytes."""
    processes = {psutil.Process(state.pid)}
    processes |= set(psutil.Process(state.pid).children(recursive=True))
    return sum(process.memory_full_info().pss for process in processes if process.is_running())


async def _quiet(home: Home) -> None:
    """Wait until nothing waits for any consumer."""
    ports = _state(home).ports()
    services = ["datahub", "target", "spiral", "alert", "report"]
    async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
        while True:
            answers = [
                (await client.get(f"http://127.0.0.1:{ports[name]}/readyz")).json()["checks"]
                for name in services
            ]
            lag = sum(check.get("messages", 0) for checks in answers for check in checks.values())
            age = sum(checks["outbox"]["age_seconds"] for checks in answers)
            if not lag and not age:
                return
            await asyncio.sleep(0.5)


async def pushes_to_alerts(home: Home, state: SuiteState) -> list[Figure]:
    """Push records that raise alerts, at each of the rates."""
    key = home.vault().read("demo-key")
    headers = {"Authorization": f"Bearer {key}"}
    found, first = [], 0
    async with httpx.AsyncClient(
        base_url=state.url, headers=headers, timeout=60, trust_env=False
    ) as portal:
        await _prepare(portal, sum(rate * seconds for rate, seconds, _ in RATES.values()))
        for name, (rate, seconds, every) in RATES.items():
            await _quiet(home)
            numbers = range(first, first + rate * seconds)
            took = sorted(await _end_to_end(home, state, portal, numbers, rate, every))
            first += rate * seconds
            p50, p95 = statistics.median(took), took[int(len(took) * 0.95)]
            note = f"p50 {p50:.3f} s, {len(numbers)} pushes at {rate}/s, {len(took)} alerts"
            found.append(Figure(id=name, value=p95, note=note))
    return found


async def _end_to_end(
    home: Home,
    state: SuiteState,
    portal: httpx.AsyncClient,
    numbers: range,
    rate: int,
    every: int,
) -> list[float]:
    pushed: dict[str, float] = {}
    seen: dict[str, float] = {}
    wanted = {f"class/B{n:05}" for n in numbers if n % every == 0}
    listener = asyncio.create_task(_listen(portal, seen, wanted))
    await asyncio.sleep(1)
    async with _broker(home, state) as broker:
        await _push_all(broker, pushed, numbers, rate, every)
    await asyncio.wait_for(listener, 60)
    return [seen[scope] - pushed[scope] for scope in wanted]


async def _prepare(portal: httpx.AsyncClient, number: int) -> None:
    """One class, one binding a push: each can raise an alert of its own."""
    for path, document in _definitions():
        (await portal.put(path, json=document)).raise_for_status()
    lines = "\n".join(f"B{n:05},B01,2026-2027-1" for n in range(number))
    answer = await portal.post(
        "/api/datahub/v1/batches?feed=bench.teaching_class",
        content=f"jxbh,kch,xq\n{lines}\n".encode(),
        headers={"Content-Type": "text/csv"},
    )
    answer.raise_for_status()
    limit = asyncio.Semaphore(8)

    async def bind(n: int) -> None:
        body = {
            "key": f"bench@{n}",
            "title": "基准",
            "indicator": "bench_withdrawal_rate",
            "scope": f"class/B{n:05}",
            "period": PERIOD,
            "tiers": {"qualified": {"op": "<=", "value": "0.2"}},
            "owner": "B001",
        }
        async with limit:
            (await portal.post("/api/target/v1/bindings", json=body)).raise_for_status()

    await asyncio.gather(*(bind(n) for n in range(number)))


def _definitions() -> list[tuple[str, dict[str, Any]]]:
    same = {"source": "academic"}
    feeds = [
        {
            "feed": "bench.teaching_class",
            "entity": "teaching_class",
            "fields": {
                "class_no": {"from": "jxbh"},
                "course_code": {"from": "kch"},
                "term": {"from": "xq"},
            },
            **same,
        },
        {
            "feed": "bench.enrolment",
            "entity": "enrolment",
            "never_waits_for": ["student_no"],
            "fields": {
                "class_no": {"from": "jxbh"},
                "student_no": {"from": "xh"},
                "final_result": {"from": "jg", "codes": {"T": "withdrawn", "P": "pass"}},
            },
            **same,
        },
    ]
    indicator = {
        "indicator": "bench_withdrawal_rate",
        "zh": "退选率",
        "en": "Withdrawal rate",
        "unit": "ratio",
        "direction": "lower",
        "formula": "count(enrolment where final_result = 'withdrawn') / count(enrolment)",
        "scopes": [
            {
                "kind": "class",
                "key": "class_no",
                "period": {"kind": "term", "from": "teaching_class.term"},
            }
        ],
    }
    return [
        *((f"/api/datahub/v1/feeds/{feed['feed']}", feed) for feed in feeds),
        ("/api/datahub/v1/indicators/bench_withdrawal_rate", indicator),
    ]


async def _listen(portal: httpx.AsyncClient, seen: dict[str, float], wanted: set[str]) -> None:
    async with portal.stream("GET", "/api/gateway/v1/alerts/stream", timeout=None) as stream:
        stream.raise_for_status()
        async for line in stream.aiter_lines():
            scope = _scope_of(line)
            if scope in wanted:
                seen.setdefault(scope, time.perf_counter())
            if len(seen) == len(wanted):
                return


def _scope_of(line: str) -> str:
    """Return the scope that a line of the stream tells of; empty for other lines."""
    fact = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
    return str(fact.get("scope", ""))


async def _push_all(
    broker: Any, pushed: dict[str, float], numbers: range, rate: int, every: int
) -> None:
    """Push at an even rate, one of so many to raise an alert; a slow answer slows no push."""
    js = broker.jetstream()
    begun = time.perf_counter()
    sent = []
    for place, n in enumerate(numbers):
        await asyncio.sleep(max(0.0, begun + place / rate - time.perf_counter()))
        event = {
            "specversion": "1.0",
            "id": str(uuid7()),
            "source": "urn:campus:academic",
            "type": "qa.ingest.enrolment",
            "feed": "bench.enrolment",
            "data": {"jxbh": f"B{n:05}", "xh": f"S{n}", "jg": "P" if n % every else "T"},
        }
        pushed[f"class/B{n:05}"] = time.perf_counter()
        sent.append(
            asyncio.create_task(
                js.publish(
                    "qa.ingest.v1.academic.enrolment.upsert",
                    json.dumps(event).encode(),
                    headers={"Nats-Msg-Id": event["id"]},
                )
            )
        )
    await asyncio.gather(*sent)


@asynccontextmanager
async def _broker(home: Home, state: SuiteState) -> AsyncIterator[Any]:
    user = "integrator-academic"
    client = await nats.connect(
        f"nats://127.0.0.1:{state.ports()['nats']}",
        user=user,
        password=home.vault().read(f"nats-{user}"),
        inbox_prefix=f"_INBOX_{user}".encode(),
    )
    try:
        yield client
    finally:
        await client.close()
