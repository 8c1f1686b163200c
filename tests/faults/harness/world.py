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
from joserfc.jwk import ECKey
from nats.aio.client import Client

from harness.keeper import Keeper, Part
from helix8.embedded.databases import DatabaseSpec, ensure_databases
from helix8.embedded.launch import Launch
from helix8.embedded.nats import NatsServer
from helix8.embedded.ports import LOOPBACK, free_port
from helix8.embedded.postgres import SUPERUSER, PostgresServer
from helix8.probes import readiness
from helix8.streams import declare
from helix8.suite import SERVICES, Service
from helix8.vault import Vault
from shared.kit.identity import Caller, TokenSigner
from shared.kit.migrations import migrate_async

LAUNCH = Path(__file__).with_name("launch.py")
EVERYTHING = Caller(subject="person/admin", scopes=frozenset({"*"}))
BY_NAME = {service.name: service for service in SERVICES}


@dataclass(slots=True, kw_only=True)
class World:
    """Two servers, and the services that were started on them."""

    root: Path
    postgres: PostgresServer
    nats: NatsServer
    signer: TokenSigner
    jwks: Path
    keeper: Keeper = field(default_factory=Keeper)
    ports: dict[str, int] = field(default_factory=dict)
    ack_wait: float = 2.0
    """Seconds."""

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
        """Return a client of one service, as an administrator of everything."""

        def sign(request: httpx.Request) -> httpx.Request:
            token = self.signer.sign(EVERYTHING, service)
            request.headers["authorization"] = f"Bearer {token}"
            return request

        url = f"http://{LOOPBACK}:{self.ports[service]}"
        return httpx.AsyncClient(base_url=url, auth=sign, timeout=30, trust_env=False)

    async def add_service(
        self, name: str, *, tree: Path | None = None, package: str | None = None
    ) -> None:
        """Start a service, of the copy ``tree`` if given, and wait until it is ready.

        Args:
            package: runs in place of the service's own.
        """
        service = BY_NAME[name]
        port = self.ports.setdefault(name, free_port(taken=self.ports.values()))
        command = (sys.executable, str(LAUNCH), str(self.ack_wait), str(tree or "-"))

        async def is_ready(_: int) -> bool:
            return (await readiness(port))[0]

        self.keeper.parts[name] = Part(
            launch=Launch(name=name, command=(*command, package or service.package)),
            log=self.log(name),
            environment=self._environment(service, port, tree),
            is_ready=is_ready,
        )
        await self.keeper.ready(name)

    def _environment(self, service: Service, port: int, tree: Path | None) -> dict[str, str]:
        own = {
            "HOST": LOOPBACK,
            "PORT": str(port),
            "DATABASE_URL": f"postgresql+asyncpg://{service.name}@{LOOPBACK}:{self.postgres.port}"
            f"/{service.name}",
            "DATABASE_PASSWORD": f"{service.name}-secret",
            "NATS_URL": self.nats.url,
            "NATS_USER": service.name,
            "NATS_PASSWORD": self.nats.passwords[service.name],
            "JWKS_URL": self.jwks.as_uri(),
        }
        environment = dict(os.environ)  # noqa: TID251 — a process of its own inherits it
        environment |= {f"{service.prefix}{name}": value for name, value in own.items()}
        environment["FAULT_POINTS"] = str(self.root)
        if tree is not None:
            environment["PYTHONPATH"] = str(tree)
        return environment


async def _ignore(_: Exception) -> None:
    """A lost connection shows in the call that fails; the client reconnects by itself."""


@asynccontextmanager
async def start_world(
    root: Path, services: Sequence[str], *, ack_wait: float = 2.0
) -> AsyncIterator[World]:
    """Start both servers with databases for ``services``, whose processes are added later."""
    key = ECKey.generate_key("P-256", auto_kid=True)
    signer = TokenSigner({"keys": [key.as_dict(private=True)]})
    jwks = root / "jwks.json"
    jwks.write_text(json.dumps(signer.public_keys()), encoding="utf-8")
    postgres = PostgresServer(root / "postgres", port=free_port())
    broker = NatsServer(root / "nats", port=free_port(), vault=Vault(root / "secrets"))
    broker.prepare()
    postgres.prepare()
    world = World(
        root=root, postgres=postgres, nats=broker, signer=signer, jwks=jwks, ack_wait=ack_wait
    )
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
        jwks.unlink()
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
