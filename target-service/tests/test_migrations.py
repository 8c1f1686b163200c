"""The migrated database is what the models say."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from shared.testing import TestServers, new_database
from target_service.tables import Base


async def test_models_and_migrations_agree(servers: TestServers) -> None:
    engine = create_async_engine(await new_database(servers, "target_service"))

    def compare(connection: Any) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    async with engine.connect() as connection:
        differences = await connection.run_sync(compare)
    await engine.dispose()

    assert differences == []
