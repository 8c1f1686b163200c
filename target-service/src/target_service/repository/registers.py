"""Load and save entries of registers."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from shared.kit.database import Transaction
from shared.kit.sql import text
from target_service.tables import GoalRow, PlanRow, RegisterEntryRow, StandardRow, TaskRow

_DECIDED: Final[dict[str, InstrumentedAttribute[str]]] = {
    "plan": PlanRow.key,
    "goal": GoalRow.key,
    "standard": StandardRow.key,
    "task": TaskRow.key,
}
_NAMES: Final = (
    "'$.**.basis.document ? (@ == $d)', jsonb_build_object('d', CAST(:document AS text))"
)
_CITES: Final = "basis @> to_jsonb(CAST(:document AS text)) AND withdrawn_at IS NULL"
_CITING: Final = (
    "SELECT 'standards/' || key AS citing FROM standard"
    f" WHERE jsonb_path_exists(criteria, {_NAMES}) AND withdrawn_at IS NULL"
    f" UNION SELECT 'plans/' || key FROM plan WHERE {_CITES}"
    f" UNION SELECT 'goals/' || key FROM goal WHERE {_CITES}"
    " UNION SELECT register || '/' || key FROM register_entry"
    f" WHERE jsonb_path_exists(document, {_NAMES}) AND newest AND withdrawn_at IS NULL"
    " ORDER BY citing"
)


async def find_entry(tx: Transaction, register: str, key: str) -> RegisterEntryRow | None:
    """Return the newest version of an entry, withdrawn or not."""
    query = select(RegisterEntryRow).where(
        RegisterEntryRow.register == register,
        RegisterEntryRow.key == key,
        RegisterEntryRow.newest,
    )
    return await tx.session.scalar(query)


async def clauses_of(tx: Transaction, documents: Collection[str]) -> dict[str, dict[str, str]]:
    """Return the clauses of basis documents, by their keys; one that is not there is left out."""
    if not documents:
        return {}
    query = select(RegisterEntryRow).where(
        RegisterEntryRow.register == "basis-documents",
        RegisterEntryRow.key.in_(documents),
        RegisterEntryRow.newest,
        RegisterEntryRow.withdrawn_at.is_(None),
    )
    return {
        row.key: {each["key"]: each["text"] for each in row.document["clauses"]}
        for row in await tx.session.scalars(query)
    }


async def decided_among(tx: Transaction, kind: str, keys: Collection[str]) -> set[str]:
    """Return those of some keys of plans, goals, standards, tasks or bodies that are there."""
    if kind == "body":
        return await keys_among(tx, "bodies", keys)
    if not keys:
        return set()
    column = _DECIDED[kind]
    return set(await tx.session.scalars(select(column).where(column.in_(keys))))


async def keys_among(tx: Transaction, register: str, keys: Collection[str]) -> set[str]:
    """Return those of some keys whose entries are in force."""
    if not keys:
        return set()
    query = select(RegisterEntryRow.key).where(
        RegisterEntryRow.register == register,
        RegisterEntryRow.key.in_(keys),
        RegisterEntryRow.newest,
        RegisterEntryRow.withdrawn_at.is_(None),
    )
    return set(await tx.session.scalars(query))


async def list_citing(tx: Transaction, document: str) -> list[str]:
    """Return what is not withdrawn and cites a basis document, as ``<collection>/<key>``."""
    return list(await tx.session.scalars(text(_CITING), {"document": document}))


async def save_version(
    tx: Transaction, before: RegisterEntryRow | None, row: RegisterEntryRow
) -> None:
    """Store the next version of an entry."""
    if before:
        before.newest = False
        await tx.session.flush()
    tx.session.add(row)
    await tx.session.flush()
