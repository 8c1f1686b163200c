"""Load and save programmes, and what their sweeps have opened."""

from datetime import datetime
from typing import ClassVar, Final

from shared.calendar import Calendar
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.sql import text
from spiral_service.domain.programmes import Selector, period_to_open
from spiral_service.tables import ProgrammeRow

PROGRAMME: Final = "programme"
"""Kind of the timers by which programmes open cycles."""


class ProgrammeNotFoundError(DomainError):
    """No programme has that key."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "programme-not-found"
    title_zh: ClassVar = "没有这个诊改计划"
    title_en: ClassVar = "No such programme"


async def find_programme(
    tx: Transaction, key: str, *, to_change: bool = False
) -> ProgrammeRow | None:
    """Return a programme by its key."""
    return await tx.session.get(
        ProgrammeRow, key, with_for_update=to_change, populate_existing=True
    )


async def get_programme(tx: Transaction, key: str) -> ProgrammeRow:
    """Return a programme.

    Raises:
        ProgrammeNotFoundError: none has that key.
    """
    row = await find_programme(tx, key)
    if row is None:
        raise ProgrammeNotFoundError(f"没有诊改计划 {key}", f"there is no programme {key}")
    return row


def selector_of(row: ProgrammeRow) -> Selector:
    """Return which scopes a programme means."""
    return Selector(
        kind=row.kind,
        tags=tuple(row.tags),
        within=tuple(row.within),
        scopes=tuple(row.scopes),
        excluded=tuple(row.excluded),
    )


def period_of(row: ProgrammeRow, at: datetime, calendar: Calendar) -> str | None:
    """Return the period whose cycles a programme has open at an instant."""
    return period_to_open(row.rhythm, row.opens, at, calendar, row.period)  # type: ignore[arg-type]


async def note_sweep(
    tx: Transaction, programme: str, period: str, opened: int, at: datetime, *, ended: bool
) -> None:
    """Add to what a sweep has opened."""
    await tx.session.execute(
        text(
            "INSERT INTO sweep AS s (programme, period, opened, begun_at, ended_at)"
            " VALUES (:programme, :period, :opened, :at, CAST(:ended_at AS timestamptz))"
            " ON CONFLICT (programme, period) DO UPDATE"
            " SET opened = s.opened + excluded.opened, ended_at = excluded.ended_at"
        ),
        {
            "programme": programme,
            "period": period,
            "opened": opened,
            "at": at,
            "ended_at": at if ended else None,
        },
    )


async def look_again(tx: Transaction) -> None:
    """Have every programme that is not paused looked at now."""
    await tx.session.execute(
        text(
            "INSERT INTO timer AS t (kind, key, due_at) SELECT :kind, key, clock_timestamp()"
            " FROM programme WHERE NOT paused ORDER BY key"
            " ON CONFLICT (kind, key) DO UPDATE SET due_at = least(t.due_at, excluded.due_at)"
        ),
        {"kind": PROGRAMME},
    )
