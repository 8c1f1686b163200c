"""The migrated database and the models are the same."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from report_service.tables import Base
from shared.testing import TestServers, new_database


async def test_migrations_build_what_the_models_say(servers: TestServers) -> None:
    engine = create_async_engine(await new_database(servers, "report_service"))

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()

    assert found == []
