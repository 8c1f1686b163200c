"""The migrations make the tables that the models describe, and nothing else."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.tables import Base
from shared.testing import TestServers, new_database


async def test_models_and_migrated_database_are_the_same(servers: TestServers) -> None:
    engine = create_async_engine(await new_database(servers, "gateway"))

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return list(compare_metadata(context, Base.metadata))

    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    assert found == []
