"""Migrations bring a database to its newest version, once, whoever asks at the same time."""

import asyncio
from uuid import uuid4

import asyncpg
from sqlalchemy.engine import make_url

from shared.kit.migrations import migrate_async
from shared.testing import TestServers


async def test_two_runners_at_once_migrate_once(servers: TestServers) -> None:
    name = f"test_{uuid4().hex}"
    admin = await asyncpg.connect(servers.dsn)
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    url = make_url(servers.dsn).set(drivername="postgresql+asyncpg", database=name)
    rendered = url.render_as_string(hide_password=False)

    await asyncio.gather(*(migrate_async("datahub", rendered) for _ in range(2)))
    await migrate_async("datahub", rendered)

    plain = make_url(servers.dsn).set(database=name).render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    versions = await connection.fetch("SELECT version_num FROM alembic_version")
    marks = await connection.fetchval("SELECT count(*) FROM watermark")
    await connection.close()
    assert len(versions) == 1
    assert marks == 1
