"""``spiral.*``: moves of cycles through their gates, with audit and outbox.

In the process of the bench, on a PostgreSQL of its own: what is measured is a use case, from the
first statement to the commit, and not HTTP.
"""

import asyncio
import json
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import asyncpg

from bench.results import Figure
from helix8.embedded import start_servers
from shared.contracts.spiral import CycleMoved
from shared.contracts.steps import SpiralStepClosed, SpiralStepOpened
from shared.contracts.target import BindingChanged, GoalPublished
from shared.contracts.target_tasks import TaskProgressed
from shared.kit.database import Database
from shared.kit.migrations import migrate_async
from shared.kit.sql import text
from spiral_service.domain.moving import Act
from spiral_service.domain.standing import Actor
from spiral_service.schemas.cycles import OpenCycle
from spiral_service.usecases.cycles import open_cycle
from spiral_service.usecases.facts import hear_facts
from spiral_service.usecases.moving import Turn, move_cycle

CYCLES: Final = 400
CALLERS: Final = 8
MOVES: Final = 1_000
"""In one round."""

ROUNDS: Final = 5
PERIOD: Final = "year:2026"
AT: Final = datetime(2026, 11, 23, 8, tzinfo=UTC)
WAY: Final = {
    "goal": "standard",
    "standard": "design",
    "design": "organise",
    "organise": "implement",
    "implement": "design",
}
"""Forward through four gates, then back inside the routine loop, for ever."""

STORE: Final = (
    text("SELECT key FROM cycle WHERE key = :key FOR UPDATE"),
    text("UPDATE cycle SET version = version + 1, step = :step, entered_at = :at WHERE key = :key"),
    text(
        "INSERT INTO cycle_entry (cycle, version, what, by, at, document)"
        " SELECT key, version, 'moved', 'person/T1', :at, CAST(:document AS jsonb) FROM cycle"
        " WHERE key = :key"
    ),
    text(
        "INSERT INTO deadline (cycle, clock, step, planned_at, due_at, told, reason)"
        " SELECT :key, clock, :step, :at, :at, 0, '' FROM unnest(ARRAY['left', 'lit']) AS clock"
        " ON CONFLICT (cycle, clock) DO UPDATE SET due_at = excluded.due_at, met_at = :at"
    ),
    text(
        "INSERT INTO lit_step (cycle, step, number, due_at, calendar)"
        " VALUES (:key, :step, 1, :at, 0)"
        " ON CONFLICT (cycle) DO UPDATE SET step = excluded.step, due_at = excluded.due_at"
    ),
    text("DELETE FROM timer WHERE kind = 'bench' AND key = :key"),
    text("INSERT INTO timer (kind, key, due_at) VALUES ('bench', :key, :at)"),
)
"""The rows of a move beside its events, and nothing decided: the cycle, its audit, the deadlines of
both steps, the timer, and where it stands."""

One = Callable[[str], Awaitable[None]]


async def moves() -> list[Figure]:
    """Move random cycles; write the same rows without a rule, in turns."""
    with TemporaryDirectory() as folder, start_servers(Path(folder)) as servers:
        database = await _prepare(servers)
        bench = _Moves(database)
        rates: dict[str, list[float]] = {"moved": [], "bare": []}
        for _ in range(ROUNDS):
            rates["moved"].append(await bench.run(bench.move))
            rates["bare"].append(await bench.run(bench.write))
        async with database.transaction() as tx:
            kept = await tx.session.scalar(text("SELECT count(*) FROM cycle_entry"))
            told = await tx.session.scalar(
                text("SELECT count(*) FROM outbox WHERE type LIKE 'qa.spiral.cycle.%'")
            )
        assert kept == told == CYCLES + 2 * ROUNDS * MOVES, (kept, told)
        await database.dispose()
    moved, bare = (statistics.median(each) for each in rates.values())
    return [
        Figure(
            id="spiral.moves",
            value=moved / bare,
            ratio=moved / bare,
            limit=f"{bare:,.0f}/s: the same rows, nothing decided",
            note=f"{moved:,.0f} moves/s by {CALLERS} callers over {CYCLES} cycles",
        )
    ]


class _Moves:
    """Cycles, and where each stands."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.at = dict.fromkeys((f"K{number}" for number in range(CYCLES)), "goal")
        self.chance = random.SystemRandom()
        self.document = ""

    async def run(self, one: One) -> float:
        """Let callers do one thing after the other; return how many were done in a second."""
        left = self.chance.choices(list(self.at), k=MOVES)
        # A cycle is moved by one at a time: two would only wait for each other.
        gates = {key: asyncio.Lock() for key in self.at}

        async def caller() -> None:
            while left:
                key = left.pop()
                async with gates[key]:
                    await one(key)

        started = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        return MOVES / (time.perf_counter() - started)

    async def move(self, key: str) -> None:
        """Move a cycle."""
        to = WAY[self.at[key]]
        actor = Actor(subject="person/T1", is_everywhere=True, leads=True)
        act = Act(by=actor.subject, at=datetime.now(UTC), reason="bench")  # noqa: TID251
        turn = Turn(actor=actor, act=act, expect=lambda _version: None)
        async with self.database.transaction() as tx:
            await move_cycle(tx, key, to, turn, force=False)
            self.document = self.document or _data_of(tx.outgoing[0].payload)
        self.at[key] = to

    async def write(self, key: str) -> None:
        """Write the rows of a move."""
        values = {"key": key, "step": self.at[key], "at": AT, "document": self.document}
        async with self.database.transaction() as tx:
            for statement in STORE:
                await tx.session.execute(statement, values)
            for kind in (CycleMoved, SpiralStepClosed, SpiralStepOpened):
                tx.publish_json(kind.type, "00", self.document.encode(), key=key)


def _data_of(payload: bytes) -> str:
    return json.dumps(json.loads(payload)["data"])


async def _prepare(servers: Any) -> Database:
    """Return a database with open cycles, and facts by which their gates hold."""
    admin = await asyncpg.connect(servers.postgres_dsn())
    await admin.execute("CREATE DATABASE bench")
    await admin.close()
    url = servers.postgres_dsn("bench").replace("postgresql://", "postgresql+asyncpg://")
    await migrate_async("spiral_service", url)
    database = Database(url, "spiral")
    for first in range(0, CYCLES, 50):
        async with database.transaction() as tx:
            for number in range(first, first + 50):
                await tx.session.execute(
                    text(
                        "INSERT INTO scope (scope, name_zh, parents, owners, gone, seq)"
                        " VALUES (:scope, 'c', '{}', '[]', false, 1)"
                    ),
                    {"scope": f"course/C{number}"},
                )
                wanted = OpenCycle(key=f"K{number}", scope=f"course/C{number}", period=PERIOD)
                await open_cycle(tx, wanted, Act(by="person/T1", at=AT))
            events = [each for number in range(first, first + 50) for each in _facts(number)]
            await hear_facts(tx, events)
    return database


def _facts(number: int) -> list[Any]:
    """Return a goal, its binding and two tasks of a cycle."""
    cell = {"scope": f"course/C{number}", "period": PERIOD, "title": "t", "owner": "teacher/T1"}
    goal = {**cell, "id": f"G{number}", "version": 1, "indicator": "i"}
    binding = {
        **cell, "id": f"B{number}", "version": 1, "indicator": "i", "target": None,
        "tiers": {"floor": {"op": ">=", "value": "0"}}, "warning": None, "alert_from": "either",
        "goal": f"G{number}", "standard_version": 1,
    }  # fmt: skip
    task = {
        **cell, "version": 1, "state": "in_progress", "kind": "key", "system": "generation",
        "unit": None, "goals": (f"G{number}",), "starts_on": "2026-09-01",
        "ends_on": "2026-12-01", "due_at": AT, "resourced": True, "progress": "0.5", "at": AT,
        "planned": "0.5", "budget": None, "spent": "0", "light": None, "reported_by": "",
        "approved_by": "",
    }  # fmt: skip
    return [
        GoalPublished.model_validate(goal | {"target": None, "deadline": None}),
        BindingChanged.model_validate(binding),
        *(TaskProgressed.model_validate(task | {"id": f"T{number}-{each}"}) for each in range(2)),
    ]
