"""Rows that are one object of the rules each: stored whole, read whole."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.dialects.postgresql import insert

from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from spiral_service.tables import Base, DiagnosisRow, MeasureRow

T = TypeVar("T")


class RecordNotFoundError(DomainError):
    """There is none of that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "record-not-found"
    title_zh: ClassVar = "没有这条记录"
    title_en: ClassVar = "No such record"


@dataclass(frozen=True, slots=True)
class Undone:
    """What waits for somebody in a cycle: ids of diagnoses and measures, in their order."""

    drafts: list[UUID]
    undecided: list[UUID]
    unverified: list[UUID]


async def undone_in(tx: Transaction, cycle: str) -> Undone:
    """Return what waits in a cycle: to be signed, decided on, verified."""
    row, measure = DiagnosisRow, MeasureRow
    drafts = select(row.id).where(row.cycle == cycle, row.state == "draft")
    undecided = select(measure.id).where(measure.cycle == cycle, measure.state == "proposed")
    carried = select(measure.id).where(measure.carried_to == cycle, measure.state == "carried")
    found = [sorted(await tx.session.scalars(each)) for each in (drafts, undecided, carried)]
    return Undone(*found)


async def keep(tx: Transaction, row: type[Base], record: Any) -> None:
    """Insert an object, or replace the one of its primary key."""
    await keep_row(tx, row, asdict(record))


async def keep_row(tx: Transaction, row: type[Base], values: dict[str, Any]) -> None:
    """Insert a row, or replace the one of its primary key."""
    table = cast("Table", row.__table__)
    keys = [each.name for each in table.primary_key]
    new = insert(table).values(values)
    rest = {name: new.excluded[name] for name in values if name not in keys}
    await tx.session.execute(new.on_conflict_do_update(index_elements=keys, set_=rest))


async def all_of(
    tx: Transaction, row: type[Base], kind: type[T], where: Iterable[ColumnElement[bool]]
) -> list[T]:
    """Return the objects that meet all conditions, in the order of their primary keys."""
    table = cast("Table", row.__table__)
    query = select(table).where(*where).order_by(*table.primary_key)
    names = [each.name for each in fields(kind)]  # type: ignore[arg-type]
    rows = await tx.session.execute(query)
    return [kind(**{name: getattr(found, name) for name in names}) for found in rows]


async def one_of(tx: Transaction, row: type[Base], kind: type[T], id_: UUID) -> T:
    """Return an object by its id.

    Raises:
        RecordNotFoundError: there is none.
    """
    table = cast("Table", row.__table__)
    found = await all_of(tx, row, kind, [table.c.id == id_])
    if not found:
        raise no_record(id_)
    return found[0]


def no_record(id_: UUID) -> RecordNotFoundError:
    """Return that there is none of an id."""
    return RecordNotFoundError(f"没有记录 {id_}", f"there is no record {id_}")
