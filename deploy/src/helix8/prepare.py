"""Gets databases and streams ready, in one short-lived process.

One process rather than one a service: loading the migration tools six times takes longer than all
else on two cores. And not the supervisor, which would keep their memory for good.
"""

import asyncio
import importlib.util
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import asyncpg

from helix8.embedded.databases import DatabaseSpec, ensure_databases
from helix8.embedded.ports import LOOPBACK
from helix8.embedded.postgres import SUPERUSER
from helix8.home import Home
from helix8.streams import declare
from helix8.suite import ADMIN, EVERY_SERVICE, Service
from helix8.vault import Vault


class Secrets(Protocol):
    """Where passwords are read; a `Vault` makes those that it has not."""

    def read(self, name: str, /) -> str:
        """Return a secret."""


def database_specs(vault: Secrets) -> tuple[DatabaseSpec, ...]:
    """Return the database of every service, with its passwords."""
    return tuple(
        DatabaseSpec(
            name=service.name,
            owner=service.owner,
            owner_password=vault.read(f"database-{service.owner}"),
            user=service.name,
            user_password=vault.read(f"database-{service.name}"),
        )
        for service in EVERY_SERVICE
    )


async def prepare(home: Home, ports: Mapping[str, int]) -> list[str]:
    """Make the databases, roles, tables and streams that are missing; return what was done.

    ``ports``: of ``postgres`` and ``nats`` on loopback.
    """
    vault = home.vault()
    async with asyncio.TaskGroup() as group:
        tables = group.create_task(prepare_databases(home, ports["postgres"]))
        url = f"nats://{LOOPBACK}:{ports['nats']}"
        streams = group.create_task(declare(url, ADMIN, vault.read(f"nats-{ADMIN}")))
    return [*tables.result(), *streams.result()]


async def prepare_databases(home: Home, port: int) -> list[str]:
    """Do it on the server of ``home``, on loopback."""
    password = Vault(home.postgres / "secrets").read(SUPERUSER)
    server = {"host": LOOPBACK, "port": port, "user": SUPERUSER, "password": password}
    return await ready_databases(server, database_specs(home.vault()))


async def ready_databases(server: Mapping[str, Any], specs: tuple[DatabaseSpec, ...]) -> list[str]:
    """Make databases and roles, and migrate every database that is not at its newest version.

    ``server``: host, port, user and password of a superuser.
    """
    await ensure_databases(server, specs)
    behind = [
        (service, spec)
        for service, spec in zip(EVERY_SERVICE, specs, strict=True)
        if not await at_head(server, service)
    ]
    if not behind:
        return []
    from shared.kit.migrations import migrate_async  # noqa: PLC0415 - slow to load, seldom needed

    for service, spec in behind:
        login = f"{spec.owner}:{quote(spec.owner_password, safe='')}"
        url = f"postgresql+asyncpg://{login}@{server['host']}:{server['port']}/{spec.name}"
        await migrate_async(service.package, url)
    return [f"migrated {service.name}" for service, _ in behind]


async def at_head(server: Mapping[str, Any], service: Service) -> bool:
    """Whether a service's database holds every migration that its package ships."""
    newest = heads(service)
    connection = await asyncpg.connect(**server, database=service.name)
    try:
        if await connection.fetchval("SELECT to_regclass('public.alembic_version')") is None:
            return not newest
        rows = await connection.fetch("SELECT version_num FROM alembic_version")
    finally:
        await connection.close()
    return {row["version_num"] for row in rows} == newest


def heads(service: Service) -> set[str]:
    """Return the newest revisions of a service, read from its files without loading them."""
    found = importlib.util.find_spec(service.package)
    assert found is not None, service.package
    assert found.origin is not None, service.package
    files = (Path(found.origin).parents[2] / "migrations" / "versions").glob("*.py")
    texts = [file.read_text(encoding="utf-8") for file in files]
    revisions = {each for text in texts for each in _assigned("revision", text)}
    parents = {each for text in texts for each in _assigned("down_revision", text)}
    return revisions - parents


def _assigned(name: str, text: str) -> list[str]:
    line = re.search(rf"^{name}\b[^=\n]*=(.*)$", text, re.MULTILINE)
    return re.findall(r"[\"']([^\"']+)[\"']", line[1]) if line else []


def main(directory: str, ports: Mapping[str, int]) -> None:
    """Prepare and say what was done, a line each."""
    done = asyncio.run(prepare(Home(Path(directory)), ports))
    sys.stdout.write("".join(f"{line}\n" for line in done))


if __name__ == "__main__":
    main(sys.argv[1], {"postgres": int(sys.argv[2]), "nats": int(sys.argv[3])})
