"""The migrated database and the models are the same."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.testing import TestServers, new_database
from spiral_service.tables import Base


async def test_migrations_build_what_the_models_say(servers: TestServers) -> None:
    engine = create_async_engine(await new_database(servers, "spiral_service"))

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()

    assert found == []


CORRECTION = """
    INSERT INTO correction (id, version, alert, alert_version, scope, period, severity, title,
      owner, crossed, is_raising_heard, state, opened_at)
    VALUES ('00000000-0000-0000-0000-000000000001', 3, 'A1', 3, 'class/A', 'year:2026',
      'yellow', 't', '', '{"line": "standard", "op": ">=", "value": "0.8", "upper": null}',
      true, 'open', :at)
"""
HEARD = """
    INSERT INTO correction_history (correction, version, what, severity, value, at)
    VALUES ('00000000-0000-0000-0000-000000000001', :version, 'merged', :severity, :value, :at)
"""


async def test_corrections_from_before_learn_the_gravest_colour_of_their_alert(
    servers: TestServers,
) -> None:
    engine = create_async_engine(await new_database(servers, "spiral_service"))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))

    def go(connection: Connection, way: Callable[[Config, str], None], revision: str) -> None:
        config.attributes["connection"] = connection
        way(config, revision)

    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    heard = [("yellow", "0.7"), ("red", "0.4"), ("red", "0.3"), ("yellow", "0.75")]
    async with engine.connect() as connection:
        await connection.run_sync(go, command.downgrade, "0003")
        await connection.execute(text(CORRECTION), {"at": at})
        for number, (severity, value) in enumerate(heard):
            told = {"version": number, "severity": severity, "value": value}
            await connection.execute(text(HEARD), told | {"at": at + timedelta(hours=number)})
        await connection.commit()
        await connection.run_sync(go, command.upgrade, "head")
        worst = await connection.scalar(text("SELECT worst FROM correction"))
    await engine.dispose()

    assert worst == {
        "severity": "red",
        "value": "0.4",
        "crossed": None,
        "at": "2026-11-23T09:00:00+00:00",
    }
