"""Which cycles somebody sees: those of his scopes, and those that he has a role in."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, cast, func, literal_column, or_, select

from shared.access.rules import Kind
from shared.access.sight import narrowed, seen_scopes
from shared.kit.database import Transaction
from spiral_service.domain.cycle import Cycle
from spiral_service.repository.cycles import CycleNotFoundError, find_cycle, there
from spiral_service.repository.records import no_record
from spiral_service.tables import CycleRow

_NAMED: Final[ColumnElement[Any]] = literal_column("CAST('$.*[*] ? (@ == $names[*])' AS jsonpath)")
"""Owners of a cycle are lists of persons by role."""


async def seen_cycles(tx: Transaction) -> list[ColumnElement[bool]]:
    """Return what cycles are narrowed by; nothing for who sees everything."""
    conditions = await narrowed(tx, Kind.WORK, CycleRow.scope)
    if not conditions:
        return []
    himself = cast(sorted(tx.sight.himself), ARRAY(Text()))
    names = func.jsonb_build_object("names", func.to_jsonb(himself))
    has_role = func.jsonb_path_exists(CycleRow.owners, _NAMED, names)
    return [or_(*conditions, has_role)]


async def check_its_cycle(tx: Transaction, id_: UUID, key: str) -> Cycle:
    """Return the cycle that something belongs to; out of sight, it is not there itself.

    Raises:
        RecordNotFoundError: it is so.
    """
    try:
        return await seen_cycle(tx, key)
    except CycleNotFoundError:
        raise no_record(id_) from None


async def seen_cycle(tx: Transaction, key: str) -> Cycle:
    """Return a cycle that the reader of a transaction sees.

    Raises:
        CycleNotFoundError: there is none for him.
    """
    cycle = there(await find_cycle(tx, key), key)
    if await seen_scopes(tx) is not None:
        query = select(CycleRow.key).where(CycleRow.key == key, *await seen_cycles(tx))
        there(cycle if await tx.session.scalar(query) else None, key)
    return cycle
