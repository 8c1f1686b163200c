"""Load and save what is remembered of the cells of rules."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zlib import crc32

from msgspec import json
from sqlalchemy import select

from alert_service.domain.life import Alert
from alert_service.domain.rules.memory import Mark, Memory
from alert_service.domain.rules.rounds import Cell, CellKey
from alert_service.domain.severity import HoldReason
from alert_service.repository.alerts import is_one_of, read_alert
from alert_service.tables import AlertRow
from shared.kit.database import Transaction
from shared.kit.sql import columns_of, rows_of, text

READ_LOCKS: Final = 7_003
"""First key of the advisory locks of what rules read; the second is its place among 1,024."""

_GIVEN: Final = {
    "scope": "text",
    "period": "text",
    "rule": "text",
    "state": "text",
    "detail": "text",
    "memory": "text",
    "since": "timestamptz",
    "cool_until": "timestamptz",
}
_SAVE: Final = f"""
INSERT INTO rule_cell (scope, period, rule, state, detail, memory, since, cool_until, changed_at)
SELECT item.*, ${len(_GIVEN) + 1} FROM {rows_of(_GIVEN)}
    ON CONFLICT (scope, period, rule) DO UPDATE SET state = excluded.state,
       detail = excluded.detail, memory = excluded.memory, since = excluded.since,
       cool_until = excluded.cool_until, changed_at = excluded.changed_at
"""
_LOAD: Final = """
SELECT c.scope, c.period, c.rule, c.state, c.detail, c.memory, c.since, c.cool_until
  FROM rule_cell c
 WHERE c.scope = ANY($1::text[]) AND c.period = ANY($2::text[]) AND c.rule = ANY($3::text[])
"""
_LOAD_OF_SCOPES: Final = """
SELECT scope, period, rule, state, detail, memory, since, cool_until FROM rule_cell
 WHERE scope = ANY($1::text[]) AND rule = ANY($2::text[])
"""


async def lock_reads(tx: Transaction, names: Iterable[str]) -> None:
    """Let one at a time judge by what is read; taken in order, so none deadlocks.

    From here on what is asked goes by keys: with other joins all that is known would be read for
    every batch, once a plan was made while there was little of it.
    """
    places = sorted({crc32(name.encode()) % 1024 for name in names})
    await (await tx.driver()).execute(
        "SELECT pg_advisory_xact_lock($1, place), set_config('enable_hashjoin', 'off', true),"
        " set_config('enable_mergejoin', 'off', true)"
        " FROM unnest($2::int[]) AS place ORDER BY place",
        READ_LOCKS,
        places,
    )


async def load_cells(
    tx: Transaction, scopes: Collection[str], periods: Collection[str], rules: Collection[str]
) -> dict[CellKey, Cell]:
    """Return what is remembered of rules at scopes, of some periods."""
    rows = await (await tx.driver()).fetch(_LOAD, sorted(scopes), sorted(periods), sorted(rules))
    return dict(_read(row) for row in rows)


async def load_cells_of(
    tx: Transaction, scopes: Collection[str], rules: Collection[str]
) -> dict[CellKey, Cell]:
    """Return what is remembered of rules at scopes, of every period."""
    rows = await (await tx.driver()).fetch(_LOAD_OF_SCOPES, sorted(scopes), sorted(rules))
    return dict(_read(row) for row in rows)


async def save_cells(tx: Transaction, changed: Mapping[CellKey, Cell | None], at: datetime) -> None:
    """Store what is remembered, and forget what need not be."""
    driver = await tx.driver()
    gone = sorted(key for key, cell in changed.items() if cell is None)
    if gone:
        await driver.execute(
            "DELETE FROM rule_cell c USING unnest($1::text[], $2::text[], $3::text[])"
            " AS g(rule, scope, period)"
            " WHERE c.rule = g.rule AND c.scope = g.scope AND c.period = g.period",
            *([key[place] for key in gone] for place in range(3)),
        )
    kept = [_write(cell) for _, cell in sorted(changed.items()) if cell is not None]
    if kept:
        await driver.execute(_SAVE, *columns_of(_GIVEN, zip(*kept, strict=True)), at)


async def forget_rule(tx: Transaction, rule: str) -> None:
    """Forget every cell of a rule."""
    await tx.session.execute(text("DELETE FROM rule_cell WHERE rule = :rule"), {"rule": rule})


async def load_alerts(tx: Transaction, cells: Sequence[str]) -> dict[str, Alert]:
    """Return the open alerts of cells, locked until the transaction ends."""
    rows = await tx.session.scalars(
        select(AlertRow)
        .where(is_one_of(AlertRow.cell, cells), AlertRow.state == "open")
        .order_by(AlertRow.id)
        .with_for_update()
    )
    return {row.cell: read_alert(row) for row in rows}


async def alerts_of_rule(tx: Transaction, rule: str) -> list[Alert]:
    """Return the open alerts of a rule, locked until the transaction ends."""
    rows = await tx.session.scalars(
        select(AlertRow)
        .where(AlertRow.rule == rule, AlertRow.state == "open")
        .order_by(AlertRow.id)
        .with_for_update()
    )
    return [read_alert(row) for row in rows]


def _read(row: Any) -> tuple[CellKey, Cell]:
    key = CellKey(row["rule"], row["scope"], row["period"])
    since, firing, run, marks = json.decode(row["memory"])
    memory = Memory(
        since=since,
        firing=firing,
        run=run,
        marks=tuple(
            Mark(
                seq,
                what,
                None if value is None else Decimal(value),
                HoldReason(hold) if hold else None,
            )
            for seq, what, value, hold in marks
        ),
    )
    return key, Cell(
        key=key,
        memory=memory,
        since=row["since"],
        cool_until=row["cool_until"],
        state=row["state"],
        detail=row["detail"],
    )


def _write(cell: Cell) -> tuple[Any, ...]:
    memory = cell.memory
    marks = [
        (mark.seq, mark.what, None if mark.value is None else str(mark.value), mark.hold)
        for mark in memory.marks
    ]
    said = json.encode((memory.since, memory.firing, memory.run, marks)).decode()
    key = cell.key
    return (
        *(key.scope, key.period, key.rule, cell.state, cell.detail),
        *(said, cell.since, cell.cool_until),
    )
