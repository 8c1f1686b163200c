"""The migrated database and the models are the same."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
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


ALERT = """
    INSERT INTO alert (alert, scope, period, phase, severity, title, owner, value, crossed,
      raised_at, due_at, version, at)
    VALUES (:id, 'class/A', 'year:2026', 'open', :severity, 't', '', '0.26',
      '{"line": "standard"}', now(), '2026-11-25T08:00:00Z', 2, now())
"""
CORRECTION = """
    INSERT INTO correction (correction, alert, scope, period, severity, title, owner, crossed,
      value_before, is_closed, opened_at, version, at)
    VALUES (:id, :id, 'class/A', 'year:2026', :severity, 't', '', '{"line": "floor"}', '0.612',
      false, '2026-11-23T08:00:00Z', 1, now())
"""


FOUND = """
    SELECT correction, severity, value, crossed ->> 'line' AS line, worst
    FROM correction ORDER BY correction
"""


async def test_corrections_from_before_stand_as_their_alerts_and_keep_what_they_were(
    servers: TestServers,
) -> None:
    engine = create_async_engine(await new_database(servers, "report_service"))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))

    def go(connection: Connection, way: Callable[[Config, str], None], revision: str) -> None:
        config.attributes["connection"] = connection
        way(config, revision)

    async with engine.connect() as connection:
        await connection.run_sync(go, command.downgrade, "0003")
        for alert, opened, now in (("eased", "red", "yellow"), ("graver", "yellow", "red")):
            await connection.execute(text(ALERT), {"id": alert, "severity": now})
            await connection.execute(text(CORRECTION), {"id": alert, "severity": opened})
        await connection.commit()
        await connection.run_sync(go, command.upgrade, "head")
        rows = await connection.execute(text(FOUND))
        eased, graver = rows.all()
        worst = list(await connection.scalars(text("SELECT worst FROM alert ORDER BY alert")))
    await engine.dispose()

    assert eased[:4] == ("eased", "yellow", "0.26", "standard")
    assert (eased.worst["severity"], eased.worst["value"]) == ("red", "0.612")
    assert graver[:] == ("graver", "red", "0.26", "standard", None)
    assert worst == [eased.worst, None]
