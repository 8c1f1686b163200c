"""A suite of its own: PostgreSQL, NATS and service processes that may be killed at any time."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import nats
from nats.aio.client import Client

from harness.keeper import Keeper, Part
from helix8.embedded.databases import DatabaseSpec, ensure_databases
from helix8.embedded.launch import Launch
from helix8.embedded.nats import NatsServer
from helix8.embedded.ports import LOOPBACK, free_port
from helix8.embedded.postgres import SUPERUSER, PostgresServer
from helix8.keys import SIGNING_KEYS, demo_key, ensure_signing_keys
from helix8.probes import readiness, reasons
from helix8.streams import declare
from helix8.suite import EVERY_SERVICE, GATEWAY, SERVICES, Service
from helix8.vault import Vault
from shared.kit.identity import Caller, TokenSigner
from shared.kit.migrations import migrate_async

LAUNCH = Path(__file__).with_name("launch.py")
EVERYTHING = Caller(subject="person/admin", scopes=frozenset({"*"}))
BY_NAME = {service.name: service for service in EVERY_SERVICE}


@dataclass(slots=True, kw_only=True)
class World:
    """Two servers, and the services that were started on them."""

    root: Path
    postgres: PostgresServer
    nats: NatsServer
    vault: Vault
    ports: dict[str, int]
    """By name of the process."""

    keeper: Keeper = field(default_factory=Keeper)
    key: str = field(default_factory=demo_key)
    """API key that opens the gateway."""

    @property
    def signing_keys(self) -> str:
        """The private keys of internal tokens."""
        ensure_signing_keys(self.vault)
        return (self.vault.directory / SIGNING_KEYS).read_text(encoding="utf-8")

    @property
    def signer(self) -> TokenSigner:
        """Signs internal tokens, as the gateway does."""
        return TokenSigner(json.loads(self.signing_keys))

    @property
    def jwks_url(self) -> str:
        """Where the public keys are: at the gateway, or in a file of a world without one."""
        if GATEWAY.name in self.ports:
            return f"http://{LOOPBACK}:{self.ports[GATEWAY.name]}/.well-known/jwks.json"
        file = self.root / "jwks.json"
        file.write_text(json.dumps(self.signer.public_keys()), encoding="utf-8")
        return file.as_uri()

    def log(self, name: str) -> Path:
        """Return the log file of a part."""
        return self.root / f"{name}.log"

    def dsn(self, database: str) -> str:
        """Return the superuser's address of a database."""
        login = f"{SUPERUSER}:{self.postgres.password}@{LOOPBACK}:{self.postgres.port}"
        return f"postgresql://{login}/{database}"

    async def connect(self, database: str) -> "asyncpg.Connection[Any]":
        """Connect to a database as superuser; waits while the server is away."""
        async with asyncio.timeout(60):
            while True:
                try:
                    return await asyncpg.connect(self.dsn(database))
                except (asyncpg.PostgresError, OSError):
                    await asyncio.sleep(0.1)

    async def broker(self, user: str = "admin") -> Client:
        """Connect to NATS as one of its users, for good."""
        return await nats.connect(
            self.nats.url,
            user=user,
            password=self.nats.passwords[user],
            inbox_prefix=f"_INBOX_{user}".encode(),
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.1,
            error_cb=_ignore,
        )

    def client(self, service: str) -> httpx.AsyncClient:
        """Return a client of one service, past the gateway, as an administrator of everything."""
        signer = self.signer

        def sign(request: httpx.Request) -> httpx.Request:
            token = signer.sign(EVERYTHING, service)
            request.headers["authorization"] = f"Bearer {token}"
            return request

        url = f"http://{LOOPBACK}:{self.ports[service]}"
        return httpx.AsyncClient(base_url=url, auth=sign, timeout=30, trust_env=False)

    def portal(self, service: str) -> httpx.AsyncClient:
        """Return a client of one service through the gateway, as a source system has it."""
        url = f"http://{LOOPBACK}:{self.ports[GATEWAY.name]}/api/{service}"
        headers = {"authorization": f"Bearer {self.key}"}
        return httpx.AsyncClient(base_url=url, headers=headers, timeout=30, trust_env=False)

    async def add_service(self, name: str, tree: Path, *, package: str | None = None) -> None:
        """Start a service, of the copy in ``tree``, and wait until it is ready.

        Args:
            package: runs in place of the service's own.
        """
        service = BY_NAME[name]
        port = self.ports[name]
        command = (sys.executable, str(LAUNCH), str(tree), package or service.package)

        async def is_ready(_: int) -> bool:
            return (await readiness(port))[0]

        self.keeper.parts[name] = Part(
            launch=Launch(name=name, command=command),
            log=self.log(name),
            environment=self._environment(service, tree),
            is_ready=is_ready,
        )
        await self.keeper.ready(name)

    async def opened(self) -> None:
        """Wait until the gateway lets our key in: it makes it after its start."""
        async with self.portal("datahub") as hub, asyncio.timeout(30):
            while not (await hub.get("/v1/feeds")).is_success:  # noqa: ASYNC110 — not here
                await asyncio.sleep(0.05)

    async def is_whole(self) -> bool:
        """Whether every service is ready, and the gateway finds nothing wrong."""
        names = [name for name in self.ports if name in BY_NAME]
        answers = await asyncio.gather(*(readiness(self.ports[name]) for name in names))
        return all(ready and not reasons(found) for ready, found in answers)

    def _environment(self, service: Service, tree: Path) -> dict[str, str]:
        own = {
            "HOST": LOOPBACK,
            "PORT": str(self.ports[service.name]),
            "DATABASE_URL": f"postgresql+asyncpg://{service.name}@{LOOPBACK}:{self.postgres.port}"
            f"/{service.name}",
            "DATABASE_PASSWORD": f"{service.name}-secret",
            "NATS_URL": self.nats.url,
            "NATS_USER": service.name,
            "NATS_PASSWORD": self.nats.passwords[service.name],
            "JWKS_URL": self.jwks_url,
        }
        if service == GATEWAY:
            own |= {
                f"{each.prefix}URL": f"http://{LOOPBACK}:{self.ports[each.name]}"
                for each in SERVICES
            }
            own |= {"SIGNING_KEY": self.signing_keys, "DEMO_KEY": self.key}
        environment = dict(os.environ)  # noqa: TID251 — a process of its own inherits it
        environment |= {f"{service.prefix}{name}": value for name, value in own.items()}
        environment |= {"FAULT_POINTS": str(self.root), "PYTHONPATH": str(tree)}
        return environment


async def _ignore(_: Exception) -> None:
    """A lost connection shows in the call that fails; the client reconnects by itself."""


@asynccontextmanager
async def start_world(root: Path, services: Sequence[str]) -> AsyncIterator[World]:
    """Start both servers with databases for ``services``, whose processes are added later."""
    ports: dict[str, int] = {}
    for name in ("postgres", "nats", *services):
        ports[name] = free_port(taken=ports.values())
    vault = Vault(root / "secrets")
    postgres = PostgresServer(root / "postgres", port=ports["postgres"])
    broker = NatsServer(root / "nats", port=ports["nats"], vault=vault)
    broker.prepare()
    postgres.prepare()
    world = World(root=root, postgres=postgres, nats=broker, vault=vault, ports=ports)
    _add_servers(world)
    keeping = asyncio.create_task(world.keeper.keep())
    try:
        await world.keeper.ready("postgres")
        await world.keeper.ready("nats")
        await _lay_down(world, services)
        yield world
    finally:
        keeping.cancel()
        [error] = await asyncio.gather(keeping, return_exceptions=True)
        world.keeper.stop_all()
        # An error of the keeper itself is loud: after it, nothing was started again.
        if isinstance(error, Exception):
            raise error


def _add_servers(world: World) -> None:
    postgres, broker = world.postgres, world.nats

    async def postgres_ready(pid: int) -> bool:
        return postgres.is_ready(pid)

    async def broker_ready(_: int) -> bool:
        return await asyncio.to_thread(broker.is_ready)

    environment = dict(os.environ)  # noqa: TID251 — a process of its own inherits it
    for name, server, ready in (
        ("postgres", postgres, postgres_ready),
        ("nats", broker, broker_ready),
    ):
        world.keeper.parts[name] = Part(
            launch=server.launch(),
            log=world.log(name),
            environment=environment,
            prepare=server.prepare,
            is_ready=ready,
        )


async def _lay_down(world: World, services: Sequence[str]) -> None:
    """Make databases, roles, tables and streams."""
    specs = tuple(
        DatabaseSpec(
            name=name,
            owner=f"{name}_owner",
            owner_password=f"{name}-owner-secret",
            user=name,
            user_password=f"{name}-secret",
        )
        for name in services
    )
    server = {
        "host": LOOPBACK,
        "port": world.postgres.port,
        "user": SUPERUSER,
        "password": world.postgres.password,
    }
    await ensure_databases(server, specs)
    for spec in specs:
        login = f"{spec.owner}:{spec.owner_password}@{LOOPBACK}:{world.postgres.port}"
        await migrate_async(BY_NAME[spec.name].package, f"postgresql+asyncpg://{login}/{spec.name}")
    await declare(world.nats.url, "admin", world.nats.passwords["admin"])
