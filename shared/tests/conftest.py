"""A database with the plumbing's tables alone, and a broker, for the tests of the kit."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest_asyncio
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase

from shared.kit.database import Database
from shared.kit.tables import add_plumbing, add_timers, new_metadata
from shared.testing import TestServers


class Base(DeclarativeBase):
    """Tables that every service has, and no others."""

    metadata = new_metadata()


add_plumbing(Base)
add_timers(Base)


@pytest_asyncio.fixture
async def database(servers: TestServers) -> AsyncIterator[Database]:
    """An empty database with the plumbing's tables, opened as the target service."""
    name = f"test_{uuid4().hex}"
    admin = await asyncpg.connect(servers.dsn)
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    url = make_url(servers.dsn).set(drivername="postgresql+asyncpg", database=name)
    opened = Database(url.render_as_string(hide_password=False), "target")
    async with opened.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield opened
    await opened.dispose()
