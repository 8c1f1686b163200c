"""What was evaluated and told is dropped when the policy says so; alerts are for ever."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest_asyncio
from sqlalchemy import text

from alert_service.jobs.keeping import drop_old
from alert_service.schemas.routing import SHIPPED, KeepBody
from alert_service.usecases import routing
from shared.kit.database import Database
from shared.testing import TestServers, drop_database, new_database

NOW = datetime(2027, 9, 1, tzinfo=UTC)
FILL = """
INSERT INTO alert (id, version, state, cell, rule, family, indicator, scope, level, period,
  binding, severity, rank, title, standing, owner, raised_at, due_at, changed_at, worst)
SELECT s, 1, s, 'rule/r@course/' || s || '@year:2026', 'rule/r', 'indicator', 'i', 'course/' || s,
  'course', 'year:2026', '/rules/r', 'red', 4, 't', 'below_floor', '', :at, :at, :at,
  '{"severity": "red", "value": null, "crossed": null, "at": "2026-01-01T00:00:00Z"}'
  FROM unnest(ARRAY['open', 'settled']) s;
INSERT INTO alert_step (alert, version, step, at, severity, standing, owner)
SELECT id, 1, 'raised', :at, 'red', 'below_floor', '' FROM alert;
INSERT INTO rule_cell (scope, period, rule, state, memory, changed_at)
SELECT scope, period, 'r', 'firing', '[]', :at FROM alert;
INSERT INTO heard (kind, name, at, items) VALUES ('measured', 'i', :at, '[]');
INSERT INTO signal (kind, name, scope, period, thing, seq, at, said)
VALUES ('measured', 'i', 'course/C1', 'year:2026', '', 1, :at, NULL),
  ('task', '', 'unit/U1', 'year:2026', 'T1', 1, :at, '{"state": "done"}'),
  ('task', '', 'unit/U1', 'year:2026', 'T2', 1, :at, '{"state": "issued"}');
INSERT INTO notification (id, "group", route, channel, person, number, alerts, open, ended, title,
  lines, document, made_at, state, due_at, over_at)
SELECT 'n-' || id, 1, 'root', 'inbox', id, 1, ARRAY[id], ARRAY[id], '{}', 't', '{}', '{}', :at,
  'sent', :at, :at FROM alert;
INSERT INTO notification_attempt (notification, number, at) SELECT id, 1, :at FROM notification;
INSERT INTO letter (notification, person, title, lines, alerts, at)
SELECT id, person, 't', '{}', alerts, :at FROM notification;
INSERT INTO letter_read (letter, person, at) SELECT id, person, :at FROM letter;
INSERT INTO untold (alert, channel, person, reason, by, "group", first_at, last_at)
SELECT id, 'inbox', 'p', 'silenced', '', 1, :at, :at FROM alert;
INSERT INTO alert_label (alert, labels, is_open, mark, is_seen, changed_at)
SELECT id, '{}', state = 'open', '', false, :at FROM alert;
INSERT INTO alert_group (route, key, labels) VALUES ('root', 'empty', '{}'), ('root', 'full', '{}');
INSERT INTO told ("group", channel, person, open, ended, at, number)
SELECT id, 'inbox', 'p', '{}', '{}', :at, 1 FROM alert_group WHERE key = 'empty';
INSERT INTO alert_group_member ("group", alert)
SELECT id, 'open' FROM alert_group WHERE key = 'full';
INSERT INTO silence (id, matchers, starts_at, ends_at, author, reason, made_at)
VALUES ('s1', '[]', :at, :at, 'p', 'r', :at)
"""
TABLES = (
    *("alert", "alert_step", "rule_cell", "heard", "signal", "notification"),
    *("notification_attempt", "letter", "letter_read", "untold", "alert_label", "alert_group"),
    "silence",
)


async def count(database: Database) -> dict[str, int]:
    """Return how many rows each table has."""
    async with database.transaction() as tx:
        return {
            table: await tx.session.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            for table in TABLES
        }


@pytest_asyncio.fixture
async def database(servers: TestServers) -> AsyncIterator[Database]:
    """A database of its own."""
    url = await new_database(servers, "alert_service")
    database = Database(url, "alert")
    yield database
    await database.dispose()
    await drop_database(servers, url)


async def test_old_work_goes_alerts_and_whatever_is_open_stay(database: Database) -> None:
    async with database.transaction() as tx:
        for statement in FILL.split(";\n"):
            await tx.session.execute(text(statement), {"at": NOW - timedelta(days=100)})
    before = await count(database)

    assert await drop_old(database, NOW) == {}

    keep = SHIPPED.model_copy(update={"keep": KeepBody(evaluations_days=99, told_days=99)})
    async with database.transaction() as tx:
        await routing.put_policy(tx, keep, "person/admin", lambda _: None, NOW)
    gone = await drop_old(database, NOW)
    after = await count(database)
    again = await drop_old(database, NOW)
    async with database.transaction() as tx:
        left = list(await tx.session.scalars(text("SELECT id FROM notification")))
        things = list(await tx.session.scalars(text("SELECT thing FROM signal ORDER BY thing")))

    went = {"rule_cell": 1, "heard": 1, "signal": 1, "letter": 1, "notification": 1}
    went |= {"untold": 1, "alert_label": 1, "alert_group": 1, "silence": 1}
    assert gone == went
    assert again == {}
    along = {"notification_attempt": 1, "letter_read": 1}
    assert {name: before[name] - after[name] for name in TABLES} == {
        name: (went | along).get(name, 0) for name in TABLES
    }
    assert (left, things) == (["n-open"], ["", "T2"])
