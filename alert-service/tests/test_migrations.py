"""The migrated database is what the models say."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text
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


WATCH = """
    INSERT INTO watch (key, version, cell, indicator, scope, period, title, owner, alert_from,
      tiers, warning, withdrawn)
    VALUES ('b1', 1, 'c', 'i', 'school/1', 'year:2026', 't', '', 'either',
      '{"floor": {"op": ">=", "value": "0.5", "upper": null}}',
      '{"op": "between", "value": "0.6", "upper": "0.7"}', false)
"""
ALERT = """
    INSERT INTO alert (id, version, state, cell, rule, family, indicator, scope, level, period,
      binding, severity, rank, title, standing, standard, owner, raised_at, due_at, changed_at)
    VALUES (:standing, 1, 'open', 'c', :standing, 'f', 'i', 'school/1', 'school', 'year:2026',
      'b1', 'red', 4, 't', :standing, '≥ 0.5', '', now(), now(), now())
"""


EASED = """
    UPDATE alert SET state = 'settled', severity = 'yellow', rank = 2 WHERE id = 'below_floor'
"""
STEP = """
    INSERT INTO alert_step (alert, version, step, at, severity, standing, value, crossed, owner)
    VALUES ('below_floor', :version, :step, :at, :severity, 'below_floor', :value, :crossed, '')
"""


async def test_alerts_from_before_learn_the_gravest_colour_they_ever_had(
    servers: TestServers,
) -> None:
    engine = create_async_engine(await new_database(servers, "alert_service"))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))

    def go(connection: Any, way: Any, revision: str) -> None:
        config.attributes["connection"] = connection
        way(config, revision)

    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    line = '{"line": "floor", "op": ">=", "value": "0.5", "upper": null}'
    steps = [("raised", "yellow", "0.70", None), ("merged", "red", "0.40", line)]
    steps += [("merged", "red", "0.30", line), ("merged", "yellow", "0.75", None)]
    async with engine.connect() as connection:
        await connection.run_sync(go, command.downgrade, "0003")
        for alert in ("below_floor", "met_standard"):
            words = ALERT.replace("standard, owner", "owner").replace(" '≥ 0.5',", "")
            await connection.execute(text(words), {"standing": alert})
        for number, (step, severity, value, crossed) in enumerate(steps):
            told = {"version": number, "step": step, "severity": severity}
            told |= {"value": Decimal(value), "crossed": crossed}
            await connection.execute(text(STEP), told | {"at": at + timedelta(hours=number)})
        await connection.execute(text(EASED))
        await connection.commit()
        await connection.run_sync(go, command.upgrade, "head")
        rows = list(await connection.execute(text("SELECT id, worst, rank FROM alert")))
    await engine.dispose()

    worst = {row.id: row.worst for row in rows}
    assert [row.rank for row in rows] == [4, 4]
    assert {name: (one["severity"], one["value"]) for name, one in worst.items()} == {
        "below_floor": ("red", "0.40"),
        "met_standard": ("red", None),
    }
    kept = worst["below_floor"]
    assert kept["crossed"] == {"line": "floor", "op": ">=", "value": "0.5", "upper": None}
    assert datetime.fromisoformat(kept["at"]) == at + timedelta(hours=1)


async def test_open_alerts_from_before_learn_their_line(servers: TestServers) -> None:
    engine = create_async_engine(await new_database(servers, "alert_service"))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))

    def go(connection: Any, way: Any, revision: str) -> None:
        config.attributes["connection"] = connection
        way(config, revision)

    async with engine.connect() as connection:
        await connection.run_sync(go, command.downgrade, "0002")
        await connection.execute(text(WATCH))
        for standing in ("below_floor", "below_standard", "met_standard"):
            await connection.execute(text(ALERT), {"standing": standing})
        await connection.commit()
        await connection.run_sync(go, command.upgrade, "head")
        rows = await connection.execute(text("SELECT id, crossed FROM alert"))
        found = {row.id: row.crossed for row in rows}
    await engine.dispose()

    assert found == {
        "below_floor": {"line": "floor", "op": ">=", "value": "0.5", "upper": None},
        "below_standard": None,
        "met_standard": {"line": "warning", "op": "between", "value": "0.6", "upper": "0.7"},
    }


def test_hours_that_are_not_named_keep_their_default() -> None:
    settings = Settings(database_url="", due_hours={Severity.RED: 4})

    hours = {
        severity: clock.total_seconds() / 3600 for severity, clock in settings.clocks().items()
    }

    assert hours == {"blue": 72, "yellow": 48, "orange": 24, "red": 4}
