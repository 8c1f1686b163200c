"""Read programmes, and what one would open now."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select

from shared.calendar import CAMPUS
from shared.calendar.table import read_calendar
from shared.kit.database import Transaction
from shared.kit.sql import text
from spiral_service.domain.definitions.ways import step_of
from spiral_service.domain.opening import check_suits
from spiral_service.domain.programmes import Excluded, period_to_open
from spiral_service.repository import openings
from spiral_service.repository.definitions import find_definition
from spiral_service.repository.owners import owners_on
from spiral_service.repository.programmes import PROGRAMME, get_programme, period_of
from spiral_service.schemas.programmes import (
    ExcludedView,
    PreviewView,
    ProgrammeBody,
    ProgrammeView,
    SweepView,
)
from spiral_service.tables import ProgrammeRow, SweepRow

EXAMPLES: Final = 20
SWEEPS: Final = 12


async def list_programmes(tx: Transaction, at: datetime) -> list[ProgrammeView]:
    """Return every programme, by its key."""
    rows = await tx.session.scalars(select(ProgrammeRow).order_by(ProgrammeRow.key))
    return [await _view(tx, row, at) for row in rows]


async def get_programme_view(tx: Transaction, key: str, at: datetime) -> ProgrammeView:
    """Return a programme.

    Raises:
        ProgrammeNotFoundError: none has that key.
    """
    return await _view(tx, await get_programme(tx, key), at)


async def preview(tx: Transaction, body: ProgrammeBody, at: datetime) -> PreviewView:
    """Return what a programme would open now; nothing is changed.

    Raises:
        UnknownDefinitionError: there is no such definition.
        UnsuitedError: the definition is for other scopes or periods.
    """
    name, _, version = body.definition.partition("@")
    definition = await find_definition(tx, name, int(version) if version else None)
    check_suits(definition, f"{body.kind}/", body.period_kind)
    period = period_to_open(body.rhythm, body.opens, at, await read_calendar(tx), body.period)
    chosen = await openings.chosen_scopes(tx, body.selector(), period or "", definition.track)
    barred: defaultdict[Excluded, list[str]] = defaultdict(list)
    for scope, why in chosen:
        if why:
            barred[why].append(scope)
    free = [scope for scope, why in chosen if why is None] if period else []
    owners = await owners_on(tx, definition, free, at.astimezone(CAMPUS).date())
    roles = step_of(definition, definition.start).roles
    unowned = sum(not any(role in owners[scope] for role in roles) for scope in free)
    return PreviewView(
        period=period,
        chosen=len(chosen),
        opens=len(free),
        excluded=[_excluded(why, scopes) for why, scopes in sorted(barred.items())],
        unowned=unowned,
        examples=free[:EXAMPLES],
    )


def _excluded(why: Excluded, scopes: Sequence[str]) -> ExcludedView:
    return ExcludedView(why=why, count=len(scopes), scopes=list(scopes[:EXAMPLES]))


async def _view(tx: Transaction, row: ProgrammeRow, at: datetime) -> ProgrammeView:
    sweeps = await tx.session.scalars(
        select(SweepRow)
        .where(SweepRow.programme == row.key)
        .order_by(SweepRow.begun_at.desc(), SweepRow.period)
        .limit(SWEEPS)
    )
    next_look = await tx.session.scalar(
        text("SELECT due_at FROM timer WHERE kind = :kind AND key = :key"),
        {"kind": PROGRAMME, "key": row.key},
    )
    calendar = await read_calendar(tx)
    more = {
        "running": period_of(row, at, calendar),
        "next_look": next_look,
        "sweeps": [SweepView.model_validate(each) for each in sweeps],
    }
    said = {name: getattr(row, name) for name in ProgrammeView.model_fields if name not in more}
    return ProgrammeView.model_validate(said | more)
