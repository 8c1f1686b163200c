"""``gateway.*``: a hop through the gateway with its full policy, against nginx and direct calls."""

import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import asyncpg
import httpx
import psutil
from joserfc.jwk import ECKey

from bench import load
from bench.hub import run_hub
from bench.results import Figure
from helix8.embedded import Servers, start_servers
from helix8.embedded.ports import free_port
from helix8.parts import SMALL_MEMORY
from shared.kit.identity import TokenSigner
from shared.kit.migrations import migrate_async

ROUNDS: Final = 3
RATE: Final = 500
EVEN_SECONDS: Final = 6
UPLOAD: Final = int(os.environ.get("SIZE", str(2**30)))  # noqa: TID251
CLIENTS: Final = 2_000
KEY: Final = "h8k_bench001_" + "b" * 43
SHOWN: Final = {"Authorization": f"Bearer {KEY}"}
PAGE: Final = "/v1/dictionary/elements?limit=50"
STREAM: Final = "/api/gateway/v1/alerts/stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What is measured."""

    url: str
    """Of the gateway."""

    process: psutil.Process
    hub: httpx.AsyncClient
    static: str
    """The static upstream itself."""

    nginx: str
    naive: str


async def hops() -> list[Figure]:
    """Measure answers a second, interleaved, medians of three rounds; and the added p99."""
    if load.NGINX is None:
        print("没有 nginx，不测 gateway.hop_* · no nginx (apt install nginx-light), no hops")
        return []
    async with _stage() as stage:
        rates = await _rates(stage)
        return [*_shares(rates), await _added(stage)]


async def upload() -> list[Figure]:
    """Measure what the gateway grows by while 1 GiB goes through it."""
    async with _stage() as stage, aiohttp.ClientSession(headers=SHOWN) as client:
        await _send(client, stage, 2**24)
        idle, watch = _resident(stage), _Watch(stage)
        watching = asyncio.create_task(watch.run())
        seconds = await _send(client, stage, UPLOAD)
        watching.cancel()
    return [
        Figure(
            id="gateway.upload",
            value=(watch.highest - idle) / 2**20,
            note=f"{UPLOAD / 2**20:,.0f} MiB in {seconds:.1f} s, {idle / 2**20:.0f} MiB before",
        )
    ]


async def idle_streams() -> list[Figure]:
    """Measure what the gateway grows by while 2,000 clients wait for events."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))
    async with _stage() as stage:
        before = _resident(stage)
        asked = load.request(f"{stage.url}{STREAM}", SHOWN)
        streams = [await _open(stage, asked) for _ in range(CLIENTS)]
        await asyncio.sleep(20)  # past the first heartbeat
        grown = _resident(stage) - before
        alive = [reader for reader, _ in streams if not reader.at_eof()]
        assert len(alive) == CLIENTS, f"{len(alive)} streams are open"
        for _, writer in streams:
            writer.close()
    return [
        Figure(
            id="gateway.sse",
            value=grown / 2**20,
            note=f"{CLIENTS:,} clients, {grown / CLIENTS / 1024:.1f} KiB each",
        )
    ]


async def _open(stage: Stage, asked: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(stage.url.rpartition(":")[2]))
    writer.write(asked)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    assert head.split(b" ", 2)[1] == b"200", head
    return reader, writer


async def _rates(stage: Stage) -> dict[str, float]:
    request = stage.hub.build_request("GET", PAGE)
    assert stage.hub.auth is not None
    signed = next(stage.hub.auth.sync_auth_flow(request))
    direct = {"Authorization": signed.headers["authorization"]}
    asked = {
        "static": (f"{stage.static}/v1/x", {}, load.TOGETHER),
        "nginx": (f"{stage.nginx}/v1/x", SHOWN, load.TOGETHER),
        "gateway": (f"{stage.url}/api/target/v1/x", SHOWN, load.TOGETHER),
        "naive": (f"{stage.naive}/v1/x", SHOWN, load.TOGETHER),
        "direct": (f"{stage.hub.base_url!s}".rstrip("/") + PAGE, direct, 16),
        "through": (f"{stage.url}/api/datahub{PAGE}", SHOWN, 16),
    }
    found: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(ROUNDS):
        for name, (url, headers, together) in asked.items():
            found[name].append(await load.rate(url, headers, together))
    return {name: statistics.median(each) for name, each in found.items()}


def _shares(rates: dict[str, float]) -> list[Figure]:
    by = load.client_name()
    hop, real = rates["gateway"] / rates["nginx"], rates["through"] / rates["direct"]
    return [
        Figure(
            id="gateway.hop_nginx",
            value=hop,
            ratio=hop,
            limit=f"{rates['nginx']:,.0f}/s nginx, one worker",
            naive=f"{rates['naive']:,.0f}/s FastAPI + httpx",
            note=f"{rates['gateway']:,.0f}/s by {by}; the upstream itself {rates['static']:,.0f}/s",
        ),
        Figure(
            id="gateway.hop_direct",
            value=real,
            ratio=real,
            limit=f"{rates['direct']:,.0f}/s a page of the hub, asked directly",
            note=f"{rates['through']:,.0f}/s through the gateway, 16 at a time",
        ),
    ]


async def _added(stage: Stage) -> Figure:
    """Return how much later the slowest hundredth comes, medians of interleaved runs."""
    found: dict[str, list[float]] = {"direct": [], "gateway": []}
    middle: dict[str, list[float]] = {"direct": [], "gateway": []}
    for _ in range(ROUNDS):
        for name, url in (
            ("direct", f"{stage.static}/v1/x"),
            ("gateway", f"{stage.url}/api/target/v1/x"),
        ):
            times = sorted(await load.evenly(url, SHOWN, per_second=RATE, seconds=EVEN_SECONDS))
            found[name].append(times[int(len(times) * 0.99)])
            middle[name].append(statistics.median(times))
    p99 = {name: statistics.median(each) for name, each in found.items()}
    p50 = {name: statistics.median(each) for name, each in middle.items()}
    return Figure(
        id="gateway.added_p99",
        value=p99["gateway"] - p99["direct"],
        limit=f"p99 {p99['direct']:.2f} ms, p50 {p50['direct']:.2f} ms without it",
        note=f"p99 {p99['gateway']:.2f} ms, p50 {p50['gateway']:.2f} ms, {RATE} a second",
    )


@asynccontextmanager
async def _stage() -> AsyncIterator[Stage]:
    with (
        tempfile.TemporaryDirectory() as name,
        start_servers(Path(name) / "s") as servers,
        load.upstream(Path(name)) if load.NGINX else nullcontext(0) as static,
        load.nginx_before(Path(name), static) if load.NGINX else nullcontext(0) as nginx,
    ):
        folder = Path(name)
        async with (
            run_hub(servers, folder) as (hub, _),
            _sink() as sink,
            _gateway(servers, folder, hub=str(hub.base_url), static=static, sink=sink) as running,
        ):
            url, process = running
            port = free_port()
            naive = _spawn(["bench.naive_proxy", str(port), str(static)])
            try:
                load.wait_for(port)
                yield Stage(
                    url=url,
                    process=process,
                    hub=hub,
                    static=f"http://127.0.0.1:{static}",
                    nginx=f"http://127.0.0.1:{nginx}",
                    naive=f"http://127.0.0.1:{port}",
                )
            finally:
                naive.kill()
                naive.wait()


@asynccontextmanager
async def _gateway(
    servers: Servers, folder: Path, *, hub: str, static: int, sink: int
) -> AsyncIterator[tuple[str, psutil.Process]]:
    """Run the gateway as it is shipped; only the limits of its key are out of the way."""
    admin = await asyncpg.connect(servers.postgres_dsn())
    await admin.execute("CREATE DATABASE bench_gateway")
    await admin.close()
    dsn = servers.postgres_dsn("bench_gateway").replace("postgresql://", "postgresql+asyncpg://")
    await migrate_async("gateway", dsn)
    keys = {"keys": [ECKey.generate_key("P-256", auto_kid=True).as_dict(private=True)]}
    _believe(folder / "jwks.json", keys)
    port = free_port()
    environment = {
        **os.environ,  # noqa: TID251
        **SMALL_MEMORY,
        "GATEWAY_PORT": str(port),
        "GATEWAY_DATABASE_URL": dsn,
        "GATEWAY_NATS_URL": servers.nats_url,
        "GATEWAY_NATS_USER": "gateway",
        "GATEWAY_NATS_PASSWORD": servers.nats_passwords["gateway"],
        "GATEWAY_SIGNING_KEY": json.dumps(keys),
        "GATEWAY_DEMO_KEY": KEY,
        "GATEWAY_KEY_PER_MINUTE": "100000000",
        "GATEWAY_DATAHUB_URL": hub,
        "GATEWAY_TARGET_URL": f"http://127.0.0.1:{static}",
        **{
            f"GATEWAY_{each}_URL": f"http://127.0.0.1:{sink}"
            for each in ("SPIRAL", "ALERT", "REPORT")
        },
    }
    process = _spawn(["gateway"], environment, folder / "gateway.log")
    url = f"http://127.0.0.1:{port}"
    try:
        await _ready(url)
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _spawn(
    words: list[str], environment: dict[str, str] | None = None, log: Path | None = None
) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", *words]
    if log is None:
        return subprocess.Popen(command)
    with log.open("wb") as out:
        return subprocess.Popen(command, env=environment, stdout=out, stderr=out)


def _believe(jwks: Path, keys: dict[str, list[dict[str, object]]]) -> None:
    """Make the hub believe the gateway's tokens, too."""
    known = json.loads(jwks.read_text(encoding="utf-8"))
    known["keys"] += TokenSigner(keys).public_keys()["keys"]
    jwks.write_text(json.dumps(known), encoding="utf-8")


async def _ready(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, headers=SHOWN, trust_env=False) as client:
        for _ in range(3_000):
            if await _answers(client):
                return
            await asyncio.sleep(0.1)
    raise TimeoutError("the gateway did not become ready")


async def _answers(client: httpx.AsyncClient) -> bool:
    with suppress(httpx.TransportError):
        return (await client.get(f"/api/datahub{PAGE}")).status_code == 200
    return False


@asynccontextmanager
async def _sink() -> AsyncIterator[int]:
    """Take uploads of a declared length, and say how long they were; yield the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
                wanted = left = int(length or 0)
                while left and (piece := await reader.read(min(left, 2**18))):
                    left -= len(piece)
                body = str(wanted - left).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**18)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _send(client: aiohttp.ClientSession, stage: Stage, size: int) -> float:
    async def pieces() -> AsyncIterator[bytes]:
        piece = b"0" * 2**18
        for _ in range(size // len(piece)):
            yield piece

    loop = asyncio.get_running_loop()
    began = loop.time()
    headers = {"Content-Length": str(size)}
    timeout = aiohttp.ClientTimeout(total=600)
    url = f"{stage.url}/api/report/v1/x"
    async with client.post(url, data=pieces(), headers=headers, timeout=timeout) as answer:
        assert (answer.status, await answer.text()) == (200, str(size))
    return loop.time() - began


class _Watch:
    """Remembers how much the gateway held at most."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.highest = 0

    async def run(self) -> None:
        while True:
            self.highest = max(self.highest, _resident(self._stage))
            await asyncio.sleep(0.05)


def _resident(stage: Stage) -> int:
    return int(stage.process.memory_info().rss)
