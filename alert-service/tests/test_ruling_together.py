"""Replicas that judge the same cells at once, and lose batches, come to what one would."""

import asyncio
import random
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import text

from alert_service.domain.life import Clocks, Hours
from alert_service.domain.rules.book import Book
from alert_service.domain.rules.model import Signal
from alert_service.domain.rules.trying import Replay
from alert_service.repository.rules import Books
from alert_service.schemas.rules import RuleBody
from alert_service.settings import Settings
from alert_service.usecases.rules import publish_rule, put_rule
from alert_service.usecases.ruling import Judge, hear_signals
from shared.calendar import Calendar
from shared.kit.database import Database
from shared.testing import TestServers, new_database

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
COURSES, VALUES, REPLICAS = 12, 15, 4
BODY = RuleBody.model_validate(
    {
        "title": "及格率偏低",
        "family": "academic",
        "scopes": {"kind": "course"},
        "condition": {"is": "value", "indicator": "pass_rate", "op": "<", "value": "0.8"},
        "times": 2,
        "margin": "0.02",
    }
)


class KilledError(Exception):
    """The process ends before its transaction does."""


def allow(_version: int | None) -> None:
    """Have no precondition."""


async def test_replicas_and_lost_transactions_change_nothing(servers: TestServers) -> None:
    chance = random.Random(7)  # noqa: S311 — the same values each time
    told = [
        Signal(
            *("measured", "pass_rate", f"course/C{course}", "year:2026", "", seq, AT),
            *(Decimal(chance.choice(["0.7", "0.75", "0.81", "0.9"])), 40, Decimal(1), AT),
        )
        for course in range(COURSES)
        for seq in range(1, VALUES + 1)
    ]
    hours = Settings(database_url="").clocks()
    alone = Replay(book=Book([BODY.to_rule("low", 1)]), clocks=Clocks(hours, Calendar()))
    for each in told:
        alone.hear(AT, [each])
    database = Database(await new_database(servers, "alert_service"), "alert")
    async with database.transaction() as tx:
        await tx.session.execute(text("INSERT INTO indicator VALUES ('pass_rate', 'ratio', 1)"))
        await put_rule(tx, "low", BODY, allow, "person/admin", AT)
        await publish_rule(tx, "low", None, allow, "person/admin", AT)

    chance.shuffle(told)
    await asyncio.gather(
        *(_replica(database, told[place::REPLICAS], hours) for place in range(REPLICAS))
    )
    async with database.transaction() as tx:
        rows = await tx.session.execute(
            text("SELECT cell, severity, value FROM alert WHERE state = 'open'")
        )
        found = sorted((row.cell, row.severity, row.value) for row in rows)
    await database.dispose()

    wanted = [(cell, each.severity, each.value) for cell, each in alone.open_alerts.items()]
    assert found == sorted(wanted)
    assert 0 < len(found) < COURSES


async def _replica(database: Database, told: list[Signal], hours: Hours) -> None:
    """Judge in batches of five; every third is lost before it is stored, and comes again."""
    judge = Judge(Books(), hours)
    for number, at in enumerate(range(0, len(told), 5)):
        batch = told[at : at + 5]
        if number % 3 == 0:
            with suppress(KilledError):
                await _lose(database, batch, judge)
        async with database.transaction() as tx:
            await hear_signals(tx, batch, AT, judge)


async def _lose(database: Database, batch: list[Signal], judge: Judge) -> None:
    async with database.transaction() as tx:
        await hear_signals(tx, batch, AT, judge)
        raise KilledError
