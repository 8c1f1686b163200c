"""Storage of the audit: rows are added, never changed."""

import json
from collections.abc import Sequence
from datetime import UTC
from typing import Any, Final

from sqlalchemy import func, select

from gateway.audit.domain.sealing import MOST, START, digest_of
from gateway.audit.schemas import Circumstances, Deed
from gateway.tables import AuditBlockRow, AuditEntryRow
from shared.kit.database import Driver, Transaction
from shared.kit.sql import text

WRITING: Final = 4_209
"""Advisory lock: shared by whoever adds entries until he commits, taken alone to look how far all
have committed. A number given by a sequence may become visible after a larger one."""

SEALING: Final = 4_210

_APPEND: Final = (
    "WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared($1)) INSERT INTO audit_entry"
    " (kind, actor, role, by, about, method, status, address, request, trace, detail)"
    " SELECT e.kind, e.actor, e.role, e.by, e.about, e.method, e.status, e.address, e.request,"
    " e.trace, e.detail::jsonb FROM turn CROSS JOIN unnest($2::text[], $3::text[], $4::text[],"
    " $5::text[], $6::text[], $7::text[], $8::int[], $9::text[], $10::text[], $11::text[],"
    " $12::text[]) WITH ORDINALITY AS e (kind, actor, role, by, about, method, status,"
    " address, request, trace, detail, place) ORDER BY e.place"
)
"""One statement, whatever their number: every write waits for it. Numbers are given last, when the
lock is held and the rows are in their order."""

_FIELDS: Final = (
    *("seq", "at", "kind", "actor", "role", "by", "about", "method", "status"),
    *("address", "request", "trace", "detail"),
)


async def append(tx: Transaction, who: Circumstances, deeds: Sequence[Deed]) -> None:
    """Add what somebody did, in the transaction in which it takes effect."""
    await append_all(tx, [(who, deed) for deed in deeds])


async def append_all(tx: Transaction, entries: Sequence[tuple[Circumstances, Deed]]) -> None:
    """Add entries of several."""
    if not entries:
        return
    await append_by(await tx.driver(), entries)


async def append_by(connection: Driver, entries: Sequence[tuple[Circumstances, Deed]]) -> None:
    """Add entries by one statement, alone or in a transaction."""
    columns = zip(*(_row(who, deed) for who, deed in entries), strict=True)
    await connection.execute(_APPEND, WRITING, *map(list, columns))


def _row(who: Circumstances, deed: Deed) -> tuple[str | int | None, ...]:
    """Return an entry as `_APPEND` takes it."""
    return (
        *(deed.kind, who.actor, who.role, who.by, deed.about, deed.method, deed.status),
        *(who.address, who.request, who.trace, json.dumps(deed.detail, ensure_ascii=False)),
    )


async def written_up_to(tx: Transaction) -> int:
    """Return the number up to which every entry is committed; 0 without any."""
    await tx.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITING})
    return await tx.session.scalar(select(func.max(AuditEntryRow.seq))) or 0


async def may_seal(tx: Transaction) -> bool:
    """Return whether this process alone seals now, until its transaction ends."""
    found = await tx.session.scalar(
        text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": SEALING}
    )
    return bool(found)


async def last_block(tx: Transaction) -> AuditBlockRow | None:
    """Return the newest block."""
    found = await tx.session.scalars(
        select(AuditBlockRow).order_by(AuditBlockRow.number.desc()).limit(1)
    )
    return found.first()


async def seal(tx: Transaction, until: int) -> AuditBlockRow | None:
    """Seal the oldest unsealed entries up to a number; None where there are none."""
    before = await last_block(tx)
    entries = await entries_between(tx, before.last_seq if before else 0, until, MOST)
    if not entries:
        return None
    block = AuditBlockRow(
        number=before.number + 1 if before else 1,
        first_seq=entries[0]["seq"],
        last_seq=entries[-1]["seq"],
        entries=len(entries),
        digest=digest_of(before.digest if before else START, entries),
    )
    tx.session.add(block)
    await tx.session.flush()
    return block


async def blocks_after(tx: Transaction, number: int, limit: int) -> Sequence[AuditBlockRow]:
    """Return blocks by rising number."""
    found = await tx.session.scalars(
        select(AuditBlockRow)
        .where(AuditBlockRow.number > number)
        .order_by(AuditBlockRow.number)
        .limit(limit)
    )
    return found.all()


async def entries_between(
    tx: Transaction, after: int, until: int, limit: int | None = None
) -> list[dict[str, Any]]:
    """Return every field of the entries after a number, up to another, as they are sealed."""
    rows = await tx.session.execute(
        select(*(getattr(AuditEntryRow, name) for name in _FIELDS))
        .where(AuditEntryRow.seq > after, AuditEntryRow.seq <= until)
        .order_by(AuditEntryRow.seq)
        .limit(limit)
    )
    return [
        {**row._mapping, "at": row.at.astimezone(UTC).isoformat(timespec="microseconds")}  # noqa: SLF001 — its public name
        for row in rows
    ]
