"""The migrated database is what the models say."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from alert_service.settings import Settings
from alert_service.tables import Base
from shared.contracts.vocabulary import Severity
from shared.testing import TestServers, new_database


async def test_models_and_migrations_agree(servers: TestServers) -> None:
    engine = create_async_engine(await new_database(servers, "alert_service"))

    def compare(connection: Any) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    async with engine.connect() as connection:
        differences = await connection.run_sync(compare)
    await engine.dispose()

    assert differences == []


def test_hours_that_are_not_named_keep_their_default() -> None:
    settings = Settings(database_url="", due_hours={Severity.RED: 4})

    hours = {
        severity: clock.total_seconds() / 3600 for severity, clock in settings.clocks().items()
    }

    assert hours == {"blue": 72, "yellow": 48, "orange": 24, "red": 4}
