"""Keep what is ordered. An order is taken, made and noted in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, any_, cast, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from report_service.domain.orders import BatchNotFoundError, Chosen
from report_service.tables import BatchRow, OrderRow, ProducedRow, ReportRow, ScopeRow
from shared.access.sight import SEEN, seen_scopes
from shared.kit.database import Transaction
from shared.kit.sql import text

NEWS = "ordered"
"""What wakes who makes reports."""

PAGE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file of a report that a batch has made."""

    folder: str
    scope: str
    scope_name: str
    title: str
    ordered: UUID
    format: str


async def chosen(
    tx: Transaction, *, scopes: Sequence[str], of: str | None, within: str | None
) -> list[Chosen]:
    """Return the objects that are named, or those of a kind within another, as far as seen."""
    query = select(ScopeRow.scope, ScopeRow.name_zh, ScopeRow.parents).order_by(ScopeRow.scope)
    if scopes:
        query = query.where(_among(scopes))
    else:
        query = query.where(ScopeRow.scope.startswith(f"{of}/"), ~ScopeRow.gone)
    if within is not None:
        beneath = await tx.session.scalars(text(SEEN), {"roots": [within]})
        query = query.where(_among(list(beneath)))
    if (seen := await seen_scopes(tx)) is not None:
        query = query.where(_among(seen))
    rows = await tx.session.execute(query)
    return [Chosen(scope=row.scope, name=row.name_zh, parents=row.parents) for row in rows]


def _among(scopes: Sequence[str]) -> ColumnElement[bool]:
    """Return whether an object is one of these, as one value: a statement takes 32,767 at most."""
    return ScopeRow.scope == any_(cast(scopes, ARRAY(Text())))


async def names_of(tx: Transaction, scopes: Sequence[str]) -> dict[str, str]:
    """Return the names of objects, by scope."""
    rows = await tx.session.execute(
        select(ScopeRow.scope, ScopeRow.name_zh).where(ScopeRow.scope.in_(scopes))
    )
    return {row.scope: row.name_zh for row in rows}


async def add_batch(tx: Transaction, batch: dict[str, Any], orders: list[dict[str, Any]]) -> None:
    """Store a batch with its orders."""
    await tx.session.execute(insert(BatchRow).values(batch))
    for at in range(0, len(orders), PAGE):
        await tx.session.execute(insert(OrderRow), orders[at : at + PAGE])
    tx.announce(NEWS)


async def add_order(tx: Transaction, order: dict[str, Any]) -> bool:
    """Store an order of a cycle; one that failed waits again. Return whether it waits now."""
    statement = insert(OrderRow).values(order)
    again = statement.on_conflict_do_update(
        index_elements=["cycle", "kind", "schedule"],
        set_={"state": "waiting", "due_at": statement.excluded.due_at},
        where=OrderRow.state == "failed",
    )
    added = await tx.session.scalar(again.returning(OrderRow.id))
    tx.announce(NEWS)
    return added is not None


async def put_off(tx: Transaction, cycle: str, kind: str, due_at: datetime) -> None:
    """Note until when what a cycle ordered and is not made yet has to be written."""
    await tx.session.execute(
        update(OrderRow)
        .where(OrderRow.cycle == cycle, OrderRow.kind == kind, OrderRow.state == "waiting")
        .values(due_at=due_at)
    )


async def read_batch(tx: Transaction, id_: UUID, *, lock: bool = False) -> BatchRow | None:
    """Return a batch."""
    return await tx.session.get(BatchRow, id_, with_for_update=lock or None)


async def take_next(tx: Transaction) -> OrderRow | None:
    """Return the oldest order that waits and that nobody else makes, locked."""
    query = (
        select(OrderRow)
        .where(OrderRow.state == "waiting")
        .order_by(OrderRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await tx.session.scalars(query)).one_or_none()


async def note_failed(tx: Transaction, id_: UUID, why: dict[str, Any]) -> OrderRow | None:
    """Note why an order was not made, and return it; None where it waits no more."""
    order = await tx.session.get(OrderRow, id_, with_for_update=True)
    if order is None or order.state != "waiting":
        return None
    for name, value in ({"state": "failed"} | why).items():
        setattr(order, name, value)
    return order


async def add_produced(tx: Transaction, rows: list[dict[str, Any]]) -> None:
    """Store the files of a report that was made."""
    if rows:
        await tx.session.execute(insert(ProducedRow).values(rows))


async def set_state(tx: Transaction, batch: UUID, was: str, now: str) -> int:
    """Put all orders of a batch that are in one state into another; return how many."""
    moved = await tx.session.scalars(
        update(OrderRow)
        .where(OrderRow.batch == batch, OrderRow.state == was)
        .values(state=now, code=None, zh=None, en=None, at=None)
        .returning(OrderRow.id)
    )
    count = len(list(moved))
    tx.announce(NEWS)
    return count


async def drop_batch(tx: Transaction, id_: UUID) -> None:
    """Delete a batch with its orders and files; the reports that it made stay."""
    mine = select(OrderRow.id).where(OrderRow.batch == id_)
    await tx.session.execute(delete(ProducedRow).where(ProducedRow.ordered.in_(mine)))
    await tx.session.execute(delete(OrderRow).where(OrderRow.batch == id_))
    await tx.session.execute(delete(BatchRow).where(BatchRow.id == id_))


async def over_batches(tx: Transaction) -> list[BatchRow]:
    """Return the batches that are not noted as finished, and have nothing left to make; locked."""
    waits = select(OrderRow.id).where(OrderRow.batch == BatchRow.id, OrderRow.state == "waiting")
    rows = await tx.session.scalars(
        select(BatchRow)
        .where(BatchRow.finished_at.is_(None), ~waits.exists())
        .order_by(BatchRow.id)
        .with_for_update(skip_locked=True)
    )
    return list(rows)


async def counts_of(tx: Transaction, batches: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Return how many orders of each batch are in each state."""
    rows = await tx.session.execute(
        select(OrderRow.batch, OrderRow.state, func.count().label("orders"))
        .where(OrderRow.batch.in_(batches))
        .group_by(OrderRow.batch, OrderRow.state)
    )
    found: dict[UUID, dict[str, int]] = {each: {} for each in batches}
    for row in rows:
        found[row.batch][row.state] = row.orders
    return found


async def folders_of(tx: Transaction, batch: UUID) -> list[dict[str, Any]]:
    """Return the folders of a batch, with how many reports of each are made."""
    rows = await tx.session.execute(
        select(
            OrderRow.folder,
            func.count().label("total"),
            func.count().filter(OrderRow.state == "done").label("done"),
            func.count().filter(OrderRow.state == "failed").label("failed"),
        )
        .where(OrderRow.batch == batch)
        .group_by(OrderRow.folder)
        .order_by(OrderRow.folder)
    )
    return [dict(each) for each in rows.mappings()]


async def failures_of(tx: Transaction, batch: UUID, folder: str | None) -> list[OrderRow]:
    """Return the orders of a batch that failed."""
    rows = await tx.session.scalars(
        select(OrderRow)
        .where(OrderRow.batch == batch, OrderRow.state == "failed", *_in(folder))
        .order_by(OrderRow.folder, OrderRow.scope)
    )
    return list(rows)


async def size_of(tx: Transaction, batch: UUID) -> int:
    """Return how many bytes the files of a batch have."""
    found = await tx.session.scalar(
        select(func.coalesce(func.sum(func.octet_length(ProducedRow.content)), 0))
        .join(OrderRow, ProducedRow.ordered == OrderRow.id)
        .where(OrderRow.batch == batch, OrderRow.state == "done")
    )
    return int(found or 0)


async def made_files(tx: Transaction, batch: UUID, folder: str | None) -> list[Made]:
    """Return which files were made of a batch, without their content."""
    rows = await tx.session.execute(
        select(
            OrderRow.folder,
            OrderRow.scope,
            ReportRow.scope_name,
            ReportRow.title,
            ProducedRow.ordered,
            ProducedRow.format,
        )
        .join(ReportRow, ReportRow.id == OrderRow.report)
        .join(ProducedRow, ProducedRow.ordered == OrderRow.id)
        .where(OrderRow.batch == batch, OrderRow.state == "done", *_in(folder))
        .order_by(OrderRow.folder, OrderRow.scope, ProducedRow.format)
    )
    return [Made(**each) for each in rows.mappings()]


async def contents_of(tx: Transaction, files: Sequence[Made]) -> list[bytes]:
    """Return the contents of files, in their order.

    Raises:
        BatchNotFoundError: their batch was deleted meanwhile.
    """
    wanted = [(each.ordered, each.format) for each in files]
    rows = await tx.session.execute(
        select(ProducedRow.ordered, ProducedRow.format, ProducedRow.content).where(
            tuple_(ProducedRow.ordered, ProducedRow.format).in_(wanted)
        )
    )
    found = {(row.ordered, row.format): bytes(row.content) for row in rows}
    if len(found) < len(wanted):
        raise BatchNotFoundError("这一批已删除", "the batch was deleted")
    return [found[each] for each in wanted]


def _in(folder: str | None) -> list[Any]:
    return [] if folder is None else [OrderRow.folder == folder]


async def orders_of(
    tx: Transaction, batch: UUID, *, state: str | None, limit: int, offset: int
) -> list[OrderRow]:
    """Return a page of the orders of a batch."""
    where = [OrderRow.batch == batch] + ([OrderRow.state == state] if state else [])
    rows = await tx.session.scalars(
        select(OrderRow).where(*where).order_by(OrderRow.id).limit(limit).offset(offset)
    )
    return list(rows)


async def list_batches(tx: Transaction, *, limit: int, offset: int) -> list[BatchRow]:
    """Return a page of batches, the newest first."""
    rows = await tx.session.scalars(
        select(BatchRow)
        .order_by(BatchRow.created_at.desc(), BatchRow.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return list(rows)
