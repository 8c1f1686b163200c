"""Load and save cycles, what was done with them, and the forms that were filled in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Final

import msgspec
from sqlalchemy import Row, Select, func, select
from sqlalchemy.dialects.postgresql import JSONB

from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.sql import text
from spiral_service.domain.cycle import Cycle
from spiral_service.tables import CycleRow, FilingRow

_CYCLE: Final = [field.name for field in fields(Cycle)]
_COLUMNS: Final[Select[Any]] = select(*CycleRow.__table__.columns)
"""Plain rows: an object of the session would be the one that was read first, whatever is stored."""

_FIND: Final = text("SELECT * FROM cycle WHERE key = :key").columns(owners=JSONB())
_LOCK: Final = text("SELECT * FROM cycle WHERE key = :key FOR UPDATE").columns(owners=JSONB())
_SAVE: Final = text(
    "WITH stored AS (INSERT INTO cycle SELECT *"
    " FROM jsonb_populate_record(NULL::cycle, CAST(:row AS jsonb))"
    " ON CONFLICT (key) DO UPDATE SET"
    " version = excluded.version, scope = excluded.scope, period = excluded.period,"
    " definition = excluded.definition, definition_version = excluded.definition_version,"
    " step = excluded.step, state = excluded.state, opened_at = excluded.opened_at,"
    " entered_at = excluded.entered_at, closed_at = excluded.closed_at,"
    " in_routine = excluded.in_routine, parent = excluded.parent,"
    " starts_on = excluded.starts_on, ends_on = excluded.ends_on, owners = excluded.owners,"
    " track = excluded.track"
    " RETURNING key) INSERT INTO cycle_entry (cycle, version, what, by, at, document)"
    " SELECT key, :version, :what, :by, :at, CAST(:document AS jsonb) FROM stored"
)
_ABOVE: Final = text(
    "WITH RECURSIVE above (scope, steps) AS (SELECT CAST(:scope AS text), 0 UNION"
    " SELECT parent, a.steps + 1 FROM above a JOIN scope s ON s.scope = a.scope"
    " CROSS JOIN unnest(s.parents) AS parent WHERE a.steps < :most)"
    " SELECT scope FROM above GROUP BY scope ORDER BY min(steps), scope"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was done with a cycle, as the audit keeps it."""

    what: str
    by: str
    at: datetime
    document: str
    """The fact as it is published, JSON."""


class CycleNotFoundError(DomainError):
    """No cycle has that key."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "cycle-not-found"
    title_zh: ClassVar = "没有这个诊改周期"
    title_en: ClassVar = "No such cycle"


def there(cycle: Cycle | None, key: str) -> Cycle:
    """Return a cycle that was looked for.

    Raises:
        CycleNotFoundError: it was not found.
    """
    if cycle is None:
        raise CycleNotFoundError(f"没有诊改周期 {key}", f"there is no cycle {key}")
    return cycle


async def find_cycle(tx: Transaction, key: str) -> Cycle | None:
    """Return a cycle by its key."""
    row = (await tx.session.execute(_FIND, {"key": key})).one_or_none()
    return None if row is None else read_cycle(row)


async def find_to_change(tx: Transaction, key: str) -> Cycle | None:
    """Return a cycle and keep it from everybody else until the transaction ends."""
    row = (await tx.session.execute(_LOCK, {"key": key})).one_or_none()
    return None if row is None else read_cycle(row)


async def open_cycles(tx: Transaction, scopes: Iterable[str]) -> list[Cycle]:
    """Return the open cycles of these scopes."""
    rows = await tx.session.execute(
        _COLUMNS.where(CycleRow.scope.in_(set(scopes)), CycleRow.state == "open")
    )
    return [read_cycle(row) for row in rows]


async def cycles_of(tx: Transaction, keys: Iterable[str]) -> dict[str, Cycle]:
    """Return by key those of these cycles that there are."""
    rows = await tx.session.execute(_COLUMNS.where(CycleRow.key.in_(set(keys))))
    return {row.key: read_cycle(row) for row in rows}


async def open_to_change(tx: Transaction, keys: Iterable[str]) -> list[Cycle]:
    """Return, and lock, those of these cycles that are open, in the order of their keys."""
    rows = await tx.session.execute(
        _COLUMNS.where(CycleRow.key.in_(set(keys)), CycleRow.state == "open")
        .order_by(CycleRow.key)
        .with_for_update()
    )
    return [read_cycle(row) for row in rows]


async def windowless(tx: Transaction) -> list[Cycle]:
    """Return, and lock, the open cycles whose window is not known, in the order of their keys."""
    rows = await tx.session.execute(
        _COLUMNS.where(CycleRow.starts_on.is_(None), CycleRow.state == "open")
        .order_by(CycleRow.key)
        .with_for_update()
    )
    return [read_cycle(row) for row in rows]


async def scopes_above(tx: Transaction, scope: str, most: int) -> list[str]:
    """Return a scope and those above it, the nearest first."""
    return list(await tx.session.scalars(_ABOVE, {"scope": scope, "most": most}))


async def save_cycle(tx: Transaction, cycle: Cycle, entry: Entry) -> None:
    """Store a cycle as it stands, and what was done with it, in one statement."""
    row = {name: getattr(cycle, name) for name in _CYCLE}
    values = {
        "row": msgspec.json.encode(row).decode(),
        "version": cycle.version,
        "what": entry.what,
        "by": entry.by,
        "at": entry.at,
        "document": entry.document,
    }
    await tx.session.execute(_SAVE, values)


async def add_filing(
    tx: Transaction, cycle: str, form: str, data: Mapping[str, Any], by: str, at: datetime
) -> None:
    """Store what was filled in as the next version of a form."""
    last = await tx.session.scalar(
        select(func.max(FilingRow.version)).where(FilingRow.cycle == cycle, FilingRow.form == form)
    )
    row = FilingRow(cycle=cycle, form=form, version=(last or 0) + 1, data=dict(data), by=by, at=at)
    tx.session.add(row)
    await tx.session.flush()


def read_cycle(row: CycleRow | Row[Any]) -> Cycle:
    """Return a row as the rules see it."""
    return Cycle(**{name: getattr(row, name) for name in _CYCLE})
