"""The parts of the suite: what is started, with which environment, and how it is asked."""

import sys
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from helix8.embedded.launch import Launch
from helix8.embedded.nats import NatsServer
from helix8.embedded.ports import LOOPBACK, free_port
from helix8.embedded.postgres import PostgresServer
from helix8.home import Home
from helix8.keeper import Part
from helix8.keys import SIGNING_KEYS, demo_key
from helix8.probes import broker_greets, broker_is_well, readiness
from helix8.suite import DEMO, GATEWAY, MONITOR, SERVICES, Service

FIRST_PORT: Final = 8800
"""Of the gateway; the services and the servers follow, each moved on if taken."""

PROCESSES: Final = (GATEWAY.name, *(service.name for service in SERVICES), "postgres", "nats")

SMALL_MEMORY: Final = {
    # One heap arena a core is malloc's default: six idle processes would keep 100 MiB for nothing.
    "MALLOC_ARENA_MAX": "2",
    # What was freed goes back also after large files, but not while one is read: below these a
    # chunk of a file asked the system for its pages again and again, a tenth of its whole work.
    "MALLOC_TRIM_THRESHOLD_": "16777216",
    "MALLOC_MMAP_THRESHOLD_": "4194304",
    "PYTHONUNBUFFERED": "1",
}


def choose_ports(first: int, before: Mapping[str, int]) -> dict[str, int]:
    """Return a free port for every process: ``first`` for the gateway, else those of ``before``."""
    ports: dict[str, int] = {}
    for number, name in enumerate(PROCESSES):
        usual = first + number if name == GATEWAY.name else before.get(name, first + 10 + number)
        ports[name] = free_port(usual, taken=ports.values())
    return ports


def postgres_part(server: PostgresServer, environment: Mapping[str, str]) -> Part:
    """Return PostgreSQL."""

    async def is_ready(pid: int) -> bool:
        return server.is_ready(pid)

    return Part(
        name="postgres",
        zh="PostgreSQL ",
        port=server.port,
        launch=server.launch,
        is_ready=is_ready,
        environment=dict(environment),
        grace=30.0,
        prepare=server.prepare,
    )


def nats_part(server: NatsServer, environment: Mapping[str, str]) -> Part:
    """Return NATS."""

    async def is_well() -> bool:
        return await broker_is_well(server.port, server.passwords[MONITOR])

    async def is_ready(_: int) -> bool:
        return await broker_greets(server.port)

    return Part(
        name="nats",
        zh="NATS ",
        port=server.port,
        launch=server.launch,
        is_ready=is_ready,
        environment=dict(environment),
        prepare=server.prepare,
        is_well=is_well,
    )


def service_part(service: Service, port: int, environment: Mapping[str, str]) -> Part:
    """Return one service, run by this interpreter."""

    async def is_ready(_: int) -> bool:
        return (await readiness(port))[0]

    launch = Launch(name=service.name, command=(sys.executable, "-m", service.package))
    return Part(
        name=service.name,
        zh=service.zh,
        port=port,
        launch=lambda: launch,
        is_ready=is_ready,
        environment={**SMALL_MEMORY, **environment},
    )


def demo_part(command: tuple[str, ...], environment: Mapping[str, str]) -> Part:
    """Return the demo's source systems; they listen nowhere, and are ready when they run."""

    async def is_ready(_: int) -> bool:
        return True

    launch = Launch(name=DEMO, command=command)
    return Part(
        name=DEMO,
        zh="演示数据源",
        port=0,
        launch=lambda: launch,
        is_ready=is_ready,
        environment={**SMALL_MEMORY, **environment},
        grace=5.0,
    )


def service_environment(
    service: Service, home: Home, ports: Mapping[str, int], postgres: PostgresServer
) -> dict[str, str]:
    """Return the variables of a service; secrets go by file, so that no process list shows them."""
    gateway = f"http://{LOOPBACK}:{ports[GATEWAY.name]}"
    vault = home.vault()
    own = {
        "HOST": LOOPBACK,
        "PORT": str(ports[service.name]),
        "DATABASE_URL": database_url(postgres, service.name, service.name),
        "DATABASE_PASSWORD_FILE": str(vault.path(f"database-{service.name}")),
        "NATS_URL": f"nats://{LOOPBACK}:{ports['nats']}",
        "NATS_USER": service.name,
        "NATS_PASSWORD_FILE": str(vault.path(f"nats-{service.name}")),
        "JWKS_URL": f"{gateway}/.well-known/jwks.json",
    }
    if service == SERVICES[0]:
        own["ACCOUNTS"] = str(home.accounts.resolve())
    if service.name == "alert":
        own["SECRETS_KEY_FILE"] = str(vault.path("alert-secrets-key"))
    if service == GATEWAY:
        own |= {
            f"{other.prefix}URL": f"http://{LOOPBACK}:{ports[other.name]}" for other in SERVICES
        }
        own |= {
            "SIGNING_KEY_FILE": str(vault.directory / SIGNING_KEYS),
            "TOTP_KEY_FILE": str(vault.path("totp-key")),
            "DEMO_PASSWORD_FILE": str(vault.path("demo-password")),
            "DEMO_KEY_FILE": str(vault.path("demo-key", demo_key)),
        }
    return {f"{service.prefix}{name}": value for name, value in own.items()}


def database_url(postgres: PostgresServer, database: str, user: str) -> str:
    """Return a SQLAlchemy URL without password, by the private socket where there is one."""
    socket = postgres.socket_directory
    if socket is None:
        return f"postgresql+asyncpg://{user}@{LOOPBACK}:{postgres.port}/{database}"
    return f"postgresql+asyncpg://{user}@/{database}?host={quote(str(socket))}&port={postgres.port}"


def joined(inherited: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Return ``inherited`` with ``own``; a value given by file is not given directly, too."""
    by_file = {name.removesuffix("_FILE") for name in own if name.endswith("_FILE")}
    return {name: value for name, value in inherited.items() if name not in by_file} | dict(own)
