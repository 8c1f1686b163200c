"""What was published of cycles, and what the audit keeps of them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import select

from shared.contracts.spiral import (
    CycleClosed,
    CycleFact,
    CycleMigrated,
    CycleMoved,
    CycleOpened,
    CycleReassigned,
    CycleReplanned,
)
from shared.kit.database import Transaction
from shared.kit.sql import text
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.replaying import Told
from spiral_service.repository.cycles import read_cycle
from spiral_service.tables import CycleEntryRow, CycleRow

PAGE: Final = 500
"""Cycles in one transaction."""

KINDS: Final[dict[str, type[CycleFact]]] = {
    "opened": CycleOpened,
    "moved": CycleMoved,
    "sent_back": CycleMoved,
    "forced": CycleMoved,
    "closed": CycleClosed,
    "migrated": CycleMigrated,
    "replanned": CycleReplanned,
    "reassigned": CycleReassigned,
}
"""By what was done with a cycle, the event that tells it."""

_BY_TYPE: Final = {each.type: each for each in KINDS.values()}
_PUBLISHED: Final = text(
    "SELECT type, payload FROM fact WHERE type = ANY(:types)"
    " AND convert_from(payload, 'UTF8')::jsonb #>> '{data,cycle}' = ANY(:keys)"
    " UNION ALL SELECT type, payload FROM outbox WHERE type = ANY(:types)"
    " AND convert_from(payload, 'UTF8')::jsonb #>> '{data,cycle}' = ANY(:keys)"
)


async def next_cycles(tx: Transaction, after: str, wanted: Sequence[str]) -> list[Cycle]:
    """Return the cycles that follow a key, a page of them; of the wanted ones, where there are."""
    query = select(*CycleRow.__table__.columns).where(CycleRow.key > after)
    if wanted:
        query = query.where(CycleRow.key.in_(wanted))
    rows = await tx.session.execute(query.order_by(CycleRow.key).limit(PAGE))
    return [read_cycle(row) for row in rows]


async def find_as_of(tx: Transaction, key: str, at: datetime) -> Cycle | None:
    """Return a cycle as it stood at an instant; None before it was opened."""
    query = select(CycleEntryRow).where(CycleEntryRow.cycle == key, CycleEntryRow.at <= at)
    row = await tx.session.scalar(query.order_by(CycleEntryRow.version.desc()).limit(1))
    return None if row is None else _kept(row).cycle


async def published(tx: Transaction, keys: Sequence[str]) -> dict[str, list[Told]]:
    """Return by cycle what was published, or waits to be; the first first."""
    found: defaultdict[str, list[Told]] = defaultdict(list)
    rows = await tx.session.execute(_PUBLISHED, {"types": sorted(_BY_TYPE), "keys": list(keys)})
    for row in rows:
        data = msgspec.json.decode(row.payload)["data"]
        found[data["cycle"]].append(_told_of(_BY_TYPE[row.type].model_validate(data)))
    return found


async def entries_of(tx: Transaction, keys: Sequence[str]) -> dict[str, list[Told]]:
    """Return by cycle what its audit keeps, the first first."""
    found: defaultdict[str, list[Told]] = defaultdict(list)
    query = select(CycleEntryRow).where(CycleEntryRow.cycle.in_(keys))
    for row in await tx.session.scalars(query.order_by(CycleEntryRow.version)):
        found[row.cycle].append(_kept(row))
    return found


def _kept(row: CycleEntryRow) -> Told:
    return _told_of(KINDS[row.what].model_validate(row.document))


def _told_of(fact: CycleFact) -> Told:
    """Return a published fact as the rules of rebuilding see it."""
    definition, _, version = fact.definition.partition("@")
    opened_at = fact.opened_at or fact.at
    cycle = Cycle(
        key=fact.cycle,
        version=fact.version,
        scope=fact.scope,
        period=fact.period,
        definition=definition,
        definition_version=int(version),
        step=fact.step,
        state=fact.state,
        opened_at=opened_at,
        entered_at=fact.entered_at or opened_at,
        closed_at=fact.at if fact.state == "closed" else None,
        in_routine=fact.in_routine,
        parent=fact.parent,
        starts_on=fact.starts_on,
        ends_on=fact.ends_on,
        owners={role: list(persons) for role, persons in fact.owners.items()},
        track=definition if fact.beside else "",
    )
    return Told(what=fact.type.split(".")[3], left=getattr(fact, "left", None), cycle=cycle)
