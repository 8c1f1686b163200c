"""One service as a process of its own, on an empty database: the data hub, or another."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import psutil
from joserfc.jwk import ECKey

from helix8.embedded import Servers
from helix8.embedded.ports import free_port
from helix8.parts import SMALL_MEMORY
from shared.contracts.streams import STREAMS
from shared.kit.bus import declare_streams
from shared.kit.identity import Caller, TokenSigner
from shared.kit.migrations import migrate_async

EVERYTHING: Final = Caller(subject="person/bench", scopes=frozenset({"*"}))


@asynccontextmanager
async def run_hub(
    servers: Servers, directory: Path
) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """Run the data hub as a process of its own, on an empty database or the one that is there."""
    async with run_service(servers, directory, "datahub") as running:
        yield running


@asynccontextmanager
async def run_service(
    servers: Servers, directory: Path, package: str, caller: Caller = EVERYTHING
) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """Run a service as a process of its own, on an empty database.

    Args:
        caller: who asks it.
    """
    service = package.removesuffix("_service")
    prefix = service.upper()
    admin = await asyncpg.connect(servers.postgres_dsn())
    if not await admin.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'bench')"):
        await admin.execute("CREATE DATABASE bench")
    await admin.close()
    dsn = servers.postgres_dsn("bench")
    url = dsn.replace("postgresql://", "postgresql+asyncpg://")
    await migrate_async(package, url)
    await _declare(servers)
    key = ECKey.generate_key("P-256", auto_kid=True)
    signer = TokenSigner({"keys": [key.as_dict(private=True)]})
    jwks = directory / "jwks.json"
    jwks.write_text(json.dumps(signer.public_keys()), encoding="utf-8")
    port = free_port()
    environment = {
        **os.environ,  # noqa: TID251
        **SMALL_MEMORY,
        f"{prefix}_PORT": str(port),
        f"{prefix}_DATABASE_URL": url,
        f"{prefix}_NATS_URL": servers.nats_url,
        f"{prefix}_NATS_USER": service,
        f"{prefix}_NATS_PASSWORD": servers.nats_passwords[service],
        f"{prefix}_JWKS_URL": jwks.as_uri(),
    }
    process = _spawn(package, environment, directory / f"{service}.log")

    def sign(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {signer.sign(caller, service)}"
        return request

    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", auth=sign, timeout=120, trust_env=False
        ) as client:
            await _ready(client)
            yield client, dsn
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def hub_process() -> psutil.Process:
    """Return the hub that `run_hub` started."""
    return service_process("datahub")


def service_process(package: str) -> psutil.Process:
    """Return the service that `run_service` started."""
    [found] = [
        process
        for process in psutil.Process().children()
        if process.cmdline()[-2:] == ["-m", package]
    ]
    return found


def _spawn(package: str, environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as out:
        return subprocess.Popen([sys.executable, "-m", package], env=environment, stdout=out)


async def _declare(servers: Servers) -> None:
    import nats  # noqa: PLC0415

    client = await nats.connect(
        servers.nats_url,
        user="admin",
        password=servers.nats_passwords["admin"],
        inbox_prefix=b"_INBOX_admin",
    )
    await declare_streams(client.jetstream(), STREAMS)
    await client.close()


async def _ready(client: httpx.AsyncClient) -> None:
    for _ in range(1_200):
        try:
            if (await client.get("/readyz")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise TimeoutError("the service did not become ready")
