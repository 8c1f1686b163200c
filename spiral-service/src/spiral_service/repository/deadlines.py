"""Load and save deadlines of cycles, and what the work list was told of where they stand."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ARRAY, Text, cast, func, select

from shared.contracts.steps import CYCLE_STEP
from shared.kit.database import Transaction
from shared.kit.sql import text
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.deadlines import Deadline
from spiral_service.repository.cycles import read_cycle
from spiral_service.tables import CycleRow, DeadlineRow, LitStepRow

DEADLINE: Final = "deadline"
"""Kind of the timers by which deadlines are looked at."""

_FIELDS: Final = [each.name for each in fields(Deadline)]
_DEADLINES: Final = (
    "INSERT INTO deadline (cycle, clock, step, planned_at, due_at, told, overdue_since, met_at,"
    " reason) SELECT cycle, clock, step, planned_at, due_at, told, overdue_since, met_at, reason"
    " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n(cycle text, clock text, step text,"
    " planned_at timestamptz, due_at timestamptz, told int, overdue_since timestamptz,"
    " met_at timestamptz, reason text)"
    " ON CONFLICT (cycle, clock) DO UPDATE SET step = excluded.step,"
    " planned_at = excluded.planned_at, due_at = excluded.due_at, told = excluded.told,"
    " overdue_since = excluded.overdue_since, met_at = excluded.met_at, reason = excluded.reason"
)
_SAVE: Final = text(_DEADLINES)
_SAVE_STANDING: Final = text(
    f"WITH kept AS ({_DEADLINES})"  # noqa: S608 — our own statement
    " INSERT INTO lit_step (cycle, step, number, due_at, calendar, holders)"
    " SELECT cycle, step, number, due_at, calendar, holders"
    " FROM jsonb_to_recordset(CAST(:lit AS jsonb)) AS n(cycle text, step text, number int,"
    " due_at timestamptz, calendar bigint, holders text[])"
    " ON CONFLICT (cycle) DO UPDATE SET step = excluded.step, number = excluded.number,"
    " due_at = excluded.due_at, calendar = excluded.calendar, holders = excluded.holders"
)
_LIT: Final = text(
    "SELECT cycle, step, number, due_at, calendar, holders FROM lit_step WHERE cycle = :cycle"
)
_DEADLINES_OF: Final = text(
    "SELECT cycle, clock, step, planned_at, due_at, told, overdue_since, met_at, reason"
    " FROM deadline WHERE cycle = ANY(:cycles) ORDER BY cycle, clock"
)
_KEEP: Final = text(
    "WITH held AS MATERIALIZED ("
    "SELECT FROM timer WHERE kind = :kind AND key = ANY(:keys) ORDER BY key FOR UPDATE),"
    " kept AS MATERIALIZED ("
    "SELECT * FROM deadline WHERE cycle = :cycle AND (SELECT count(*) FROM held) >= 0 FOR UPDATE)"
    " SELECT jsonb_build_object('lit', (SELECT to_jsonb(l) FROM lit_step l WHERE cycle = :cycle),"
    " 'deadlines', (SELECT coalesce(jsonb_object_agg(clock, to_jsonb(k)), '{}') FROM kept k))::text"
)
"""Timers are held first, as by whoever fires them; what he stored meanwhile is read then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lit:
    """The step of a cycle that the work list was told of."""

    cycle: str
    step: str
    number: int
    due_at: datetime
    calendar: int
    """``seq`` of the school calendar by which its deadlines were reckoned."""

    holders: list[str] | None = None
    """Whom it was told; None of one that was told before that was kept."""

    @property
    def id(self) -> str:
        """Return the id of the human step."""
        return f"{CYCLE_STEP}{self.cycle}/{self.number}"


class Standing(msgspec.Struct, frozen=True):
    """The deadlines of a cycle, and the step that is told."""

    deadlines: dict[str, Deadline] = {}
    """By clock."""

    lit: Lit | None = None


_STANDING: Final = msgspec.json.Decoder(Standing)


def timer_key(cycle: str, clock: str) -> str:
    """Return the key of the timer of a deadline; no clock has such a mark."""
    return f"{cycle}#{clock}"


async def keep_standing(tx: Transaction, cycle: str, clocks: Iterable[str]) -> Standing:
    """Return where a cycle stands, its deadlines kept from whoever fires their timers."""
    keys = sorted(timer_key(cycle, each) for each in clocks)
    found = await tx.session.scalar(_KEEP, {"kind": DEADLINE, "keys": keys, "cycle": cycle})
    return _STANDING.decode(found or "{}")


async def deadlines_of(tx: Transaction, cycles: Sequence[str]) -> dict[str, dict[str, Deadline]]:
    """Return by cycle and clock the deadlines that are stored."""
    found: defaultdict[str, dict[str, Deadline]] = defaultdict(dict)
    for row in await tx.session.execute(_DEADLINES_OF, {"cycles": list(cycles)}):
        found[row.cycle][row.clock] = _read(row)
    return found


async def to_look_at(tx: Transaction, keys: Sequence[str]) -> list[tuple[Deadline, Cycle, Lit]]:
    """Return, and lock, the running deadlines of these timers, with where their cycles stand."""
    cycles, clocks = zip(*(key.rsplit("#", 1) for key in keys), strict=True)
    # By its primary key, whatever the planner knows of the table: most of it was stored just now.
    arrays = [cast(list(each), ARRAY(Text())) for each in (cycles, clocks)]
    wanted = func.unnest(*arrays).table_valued("cycle", "clock").render_derived()
    query = (
        select(DeadlineRow, CycleRow, LitStepRow)
        .join(
            wanted,
            (DeadlineRow.cycle == wanted.c.cycle) & (DeadlineRow.clock == wanted.c.clock),
        )
        .join(CycleRow, (CycleRow.key == DeadlineRow.cycle) & (CycleRow.step == DeadlineRow.step))
        .join(LitStepRow, LitStepRow.cycle == DeadlineRow.cycle)
        .where(
            DeadlineRow.met_at.is_(None),
            CycleRow.state == "open",
        )
        .order_by(DeadlineRow.cycle, DeadlineRow.clock)
        .with_for_update(of=DeadlineRow)
    )
    rows = await tx.session.execute(query.execution_options(populate_existing=True))
    return [
        (_read(row.DeadlineRow), read_cycle(row.CycleRow), _lit(row.LitStepRow)) for row in rows
    ]


async def save_deadlines(tx: Transaction, deadlines: Sequence[Deadline]) -> None:
    """Store deadlines as they stand."""
    if deadlines:
        await tx.session.execute(_SAVE, {"rows": _json(deadlines)})


async def lit_step(tx: Transaction, cycle: str) -> Lit | None:
    """Return what the work list was told last of a cycle."""
    row = (await tx.session.execute(_LIT, {"cycle": cycle})).one_or_none()
    return None if row is None else _lit(row)


async def save_standing(tx: Transaction, deadlines: Sequence[Deadline], lit: Sequence[Lit]) -> None:
    """Store deadlines as they stand, and what the work list is told, in one statement."""
    if deadlines or lit:
        await tx.session.execute(_SAVE_STANDING, {"rows": _json(deadlines), "lit": _json(lit)})


async def drop_lit(tx: Transaction, cycle: str) -> None:
    """Forget what the work list was told of a cycle that ended."""
    await tx.session.execute(text("DELETE FROM lit_step WHERE cycle = :cycle"), {"cycle": cycle})


async def unlit_cycles(tx: Transaction, calendar: int, limit: int) -> list[Cycle]:
    """Return, and lock, open cycles whose deadlines were not reckoned by that school calendar."""
    told = select(LitStepRow.cycle).where(
        LitStepRow.cycle == CycleRow.key, LitStepRow.calendar >= calendar
    )
    rows = await tx.session.execute(
        select(*CycleRow.__table__.columns)
        .where(CycleRow.state == "open", ~told.exists())
        .order_by(CycleRow.key)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [read_cycle(row) for row in rows]


def _read(row: Any) -> Deadline:
    return Deadline(**{name: getattr(row, name) for name in _FIELDS})


def _lit(row: Any) -> Lit:
    return Lit(**{each.name: getattr(row, each.name) for each in fields(Lit)})


def _json(rows: Sequence[Deadline | Lit]) -> str:
    return msgspec.json.encode(list(rows)).decode()
