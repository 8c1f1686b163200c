"""A database with the plumbing's tables alone, and a broker, for the tests of the kit."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient
from joserfc.jwk import ECKey
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase

from shared.kit.database import Database
from shared.kit.identity import TokenSigner
from shared.kit.migrations import AUDIT_IS_KEPT, AUDIT_RETIRE
from shared.kit.tables import add_handed_over, add_plumbing, add_timers, new_metadata
from shared.testing import TestServers, drop_database
from shared.tests.http_app import make_app


class Base(DeclarativeBase):
    """Tables that every service has, and no others."""

    metadata = new_metadata()


add_plumbing(Base)
add_timers(Base)
add_handed_over(Base)


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
        for statement in (AUDIT_IS_KEPT, AUDIT_RETIRE):
            await connection.exec_driver_sql(statement)
    yield opened
    await opened.dispose()
    await drop_database(servers, url.render_as_string(hide_password=False))


@pytest.fixture(scope="module")
def key() -> ECKey:
    return ECKey.generate_key("P-256", auto_kid=True)


@pytest.fixture(scope="module")
def signer(key: ECKey) -> TokenSigner:
    return TokenSigner({"keys": [key.as_dict(private=True)]})


@pytest_asyncio.fixture
async def client(tmp_path: Path, signer: TokenSigner) -> AsyncIterator[AsyncClient]:
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps(signer.public_keys()), encoding="utf-8")
    transport = ASGITransport(make_app(jwks.as_uri()), raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://kit") as opened:
        yield opened
