"""Migrations bring a database to its newest version, once, whoever asks at the same time."""

import asyncio
from uuid import uuid4

import asyncpg
from sqlalchemy.engine import make_url

from shared.kit.migrations import migrate_async
from shared.testing import TestServers


async def empty_database(servers: TestServers) -> tuple[str, str]:
    """Return the URLs of a new database, for SQLAlchemy and for asyncpg."""
    name = f"test_{uuid4().hex}"
    admin = await asyncpg.connect(servers.dsn)
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    url = make_url(servers.dsn).set(database=name)
    return (
        url.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False),
        url.render_as_string(hide_password=False),
    )


async def test_two_runners_at_once_migrate_once(servers: TestServers) -> None:
    url, plain = await empty_database(servers)

    await asyncio.gather(*(migrate_async("datahub", url) for _ in range(2)))
    await migrate_async("datahub", url)

    connection = await asyncpg.connect(plain)
    versions = await connection.fetch("SELECT version_num FROM alembic_version")
    marks = await connection.fetchval("SELECT count(*) FROM watermark")
    await connection.close()
    assert len(versions) == 1
    assert marks == 1


async def test_events_that_were_known_by_their_id_stay_known_by_their_source(
    servers: TestServers,
) -> None:
    url, plain = await empty_database(servers)
    await migrate_async("report_service", url, "0001")
    connection = await asyncpg.connect(plain)
    for consumer in ("report-data", "report-decisions"):
        await connection.execute("INSERT INTO inbox VALUES ($1, 'e1')", consumer)

    await migrate_async("report_service", url)

    rows = await connection.fetch(
        "SELECT consumer, source, event_id FROM inbox WHERE stream_seq = 0 AND stored_at = at"
        " ORDER BY consumer, source"
    )
    await connection.close()
    assert [tuple(row) for row in rows] == [
        ("report-data", "urn:helix8:datahub", "e1"),
        ("report-decisions", "urn:helix8:alert", "e1"),
        ("report-decisions", "urn:helix8:spiral", "e1"),
        ("report-decisions", "urn:helix8:target", "e1"),
    ]
