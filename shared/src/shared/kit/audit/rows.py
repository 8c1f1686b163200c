"""Storage of the audit: entries are added, never changed; blocks seal them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeAlias

import asyncpg
from sqlalchemy import BigInteger, Identity, LargeBinary, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.kit.audit.deeds import Circumstances, Deed
from shared.kit.audit.sealing import MOST, START, digest_of
from shared.kit.columns import Instant
from shared.kit.sql import text

Driver: TypeAlias = "asyncpg.Connection[Any]"
Entry: TypeAlias = tuple[Circumstances, Deed]

WRITING: Final = 4_209
"""Advisory lock: shared by whoever adds entries until he commits, taken alone to look how far all
have committed. A number given by a sequence may become visible after a larger one."""

SEALING: Final = 4_210


class AuditEntryColumns:
    """What somebody did. A trigger refuses to change or delete any."""

    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())
    kind: Mapped[str]
    actor: Mapped[str]
    role: Mapped[str | None]
    """The one that he acted in, where he chose one."""

    by: Mapped[str]
    """How he was known; see `Circumstances`."""

    about: Mapped[str]
    """Whom or what it was done to: a person, a key, the path of a write."""

    method: Mapped[str | None]
    status: Mapped[int | None]
    address: Mapped[str]
    request: Mapped[str]
    trace: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


class AuditBlockColumns:
    """A sealed run of entries. A trigger refuses to change or delete any."""

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    first_seq: Mapped[int] = mapped_column(BigInteger)
    last_seq: Mapped[int] = mapped_column(BigInteger)
    entries: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[Instant] = mapped_column(server_default=func.now())
    retired_at: Mapped[Instant | None]
    """Its entries are no longer kept; its digest is."""


@dataclass(frozen=True, slots=True)
class Block:
    """A sealed run of entries."""

    number: int
    first_seq: int
    last_seq: int
    entries: int
    digest: bytes
    sealed_at: datetime
    retired_at: datetime | None


class Tx(Protocol):
    """What is needed of a transaction: see `shared.kit.database.Transaction`."""

    session: AsyncSession

    async def driver(self) -> Driver:
        """Return the connection."""


_COLUMNS: Final = (
    " (kind, actor, role, by, about, method, status, address, request, trace, detail)"
    " SELECT e.kind, e.actor, e.role, e.by, e.about, e.method, e.status, e.address, e.request,"
    " e.trace, e.detail::jsonb FROM turn CROSS JOIN unnest($2::text[], $3::text[], $4::text[],"
    " $5::text[], $6::text[], $7::text[], $8::int[], $9::text[], $10::text[], $11::text[],"
    " $12::text[]) WITH ORDINALITY AS e (kind, actor, role, by, about, method, status,"
    " address, request, trace, detail, place) ORDER BY e.place"
)

_APPEND: Final = (
    "WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared($1))"
    f" INSERT INTO audit_entry{_COLUMNS}"
)
"""One statement, whatever their number: every write waits for it. Numbers are given last, when the
lock is held and the rows are in their order."""

_APPEND_CHANGED: Final = (
    "WITH wrote AS MATERIALIZED (SELECT pg_current_xact_id_if_assigned() AS id),"
    " turn AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared($1) FROM wrote"
    f" WHERE id IS NOT NULL) INSERT INTO audit_entry{_COLUMNS}"
)
"""The same, of a transaction that has changed something, and nothing of any other."""

_FIELDS: Final = (
    *("seq", "at", "kind", "actor", "role", "by", "about", "method", "status"),
    *("address", "request", "trace", "detail"),
)


async def append(tx: Tx, who: Circumstances, deeds: Sequence[Deed]) -> None:
    """Add what somebody did, in the transaction in which it takes effect."""
    await append_all(tx, [(who, deed) for deed in deeds])


async def append_all(tx: Tx, entries: Sequence[Entry]) -> None:
    """Add entries of several."""
    if entries:
        await append_by(await tx.driver(), entries)


async def append_by(
    connection: Driver, entries: Sequence[Entry], *, if_changed: bool = False
) -> None:
    """Add entries by one statement, alone or in a transaction.

    Args:
        if_changed: only where the transaction has changed something by now.
    """
    columns = zip(*(_row(who, deed) for who, deed in entries), strict=True)
    sql = _APPEND_CHANGED if if_changed else _APPEND
    await connection.execute(sql, WRITING, *map(list, columns))


def _row(who: Circumstances, deed: Deed) -> tuple[str | int | None, ...]:
    """Return an entry as `_APPEND` takes it."""
    return (
        *(deed.kind, who.actor, who.role, who.by, deed.about, deed.method, deed.status),
        *(who.address, who.request, who.trace, json.dumps(deed.detail, ensure_ascii=False)),
    )


async def written_up_to(tx: Tx) -> int:
    """Return the number up to which every entry is committed; 0 without any."""
    await tx.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITING})
    return await tx.session.scalar(text("SELECT max(seq) FROM audit_entry")) or 0


async def may_seal(tx: Tx) -> bool:
    """Return whether this process alone seals now, until its transaction ends."""
    found = await tx.session.scalar(
        text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": SEALING}
    )
    return bool(found)


async def seal(tx: Tx, until: int) -> Block | None:
    """Seal the oldest unsealed entries up to a number; None where there are none."""
    before = next(iter(await list_blocks(tx, before=None, limit=1)), None)
    entries = await entries_between(tx, before.last_seq if before else 0, until, MOST)
    if not entries:
        return None
    row = await tx.session.execute(
        text(
            "INSERT INTO audit_block (number, first_seq, last_seq, entries, digest)"
            " VALUES (:number, :first, :last, :entries, :digest) RETURNING *"
        ),
        {
            "number": before.number + 1 if before else 1,
            "first": entries[0]["seq"],
            "last": entries[-1]["seq"],
            "entries": len(entries),
            "digest": digest_of(before.digest if before else START, entries),
        },
    )
    return Block(**row.mappings().one())


async def retire(tx: Tx, years: int) -> int:
    """Let go of the entries of blocks that were sealed so many years ago; return how many.

    The database itself refuses it for anything younger than three years, and so by its clock.
    """
    gone = await tx.session.scalar(
        text("SELECT audit_retire(now() - make_interval(years => :years))"), {"years": years}
    )
    return gone or 0


async def list_blocks(tx: Tx, *, before: int | None, limit: int, offset: int = 0) -> list[Block]:
    """Return sealed blocks, the newest first."""
    rows = await tx.session.execute(
        text(
            "SELECT * FROM audit_block WHERE (CAST(:before AS bigint) IS NULL OR number < :before)"
            " ORDER BY number DESC LIMIT :limit OFFSET :offset"
        ),
        {"before": before, "limit": limit, "offset": offset},
    )
    return [Block(**row) for row in rows.mappings()]


async def blocks_after(tx: Tx, number: int, limit: int) -> list[Block]:
    """Return blocks by rising number."""
    rows = await tx.session.execute(
        text("SELECT * FROM audit_block WHERE number > :number ORDER BY number LIMIT :limit"),
        {"number": number, "limit": limit},
    )
    return [Block(**row) for row in rows.mappings()]


async def entries_between(
    tx: Tx, after: int, until: int, limit: int | None = None
) -> list[dict[str, Any]]:
    """Return every field of the entries after a number, up to another, as they are sealed."""
    rows = await tx.session.execute(
        text(
            f"SELECT {', '.join(_FIELDS)} FROM audit_entry"
            " WHERE seq > :after AND seq <= :until ORDER BY seq LIMIT :limit"
        ),
        {"after": after, "until": until, "limit": limit},
    )
    return [
        {**row, "at": row["at"].astimezone(UTC).isoformat(timespec="microseconds")}
        for row in rows.mappings()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries are asked for."""

    equal: dict[str, str | None] = field(default_factory=dict)
    """Value by field; ``about`` that ends in ``*`` is a beginning."""

    since: datetime | None = None
    until: datetime | None = None
    """The first instant that counts no more."""

    kinds: Sequence[str] = ()
    """Any of these; empty: of any kind."""


_SEARCHED: Final = frozenset({"actor", "about", "kind", "trace", "request", "address"})


async def search(
    tx: Tx, wanted: Wanted, *, before: int | None, limit: int, offset: int = 0
) -> list[dict[str, Any]]:
    """Return entries, the newest first.

    Args:
        before: number of the last entry of the page before.
    """
    where, values = _where(wanted)
    rows = await tx.session.execute(
        text(
            f"SELECT {', '.join(_FIELDS)} FROM audit_entry WHERE {where}"
            " AND (CAST(:before AS bigint) IS NULL OR seq < :before)"
            " ORDER BY seq DESC LIMIT :limit OFFSET :offset"
        ),
        {**values, "before": before, "limit": limit, "offset": offset},
    )
    return [dict(row) for row in rows.mappings()]


async def count(tx: Tx, wanted: Wanted) -> int:
    """Return how many entries there are."""
    where, values = _where(wanted)
    return (
        await tx.session.scalar(text(f"SELECT count(*) FROM audit_entry WHERE {where}"), values)
        or 0
    )


def _where(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {}
    parts = ["true"]
    for name, value in wanted.equal.items():
        if value is None or name not in _SEARCHED:
            continue
        is_beginning = name == "about" and value.endswith("*")
        parts.append("starts_with(about, :about)" if is_beginning else f"{name} = :{name}")
        values[name] = value.removesuffix("*") if is_beginning else value
    if wanted.kinds:
        parts.append("kind = ANY(CAST(:kinds AS text[]))")
        values["kinds"] = list(wanted.kinds)
    for name, operator in (("since", ">="), ("until", "<")):
        if (instant := getattr(wanted, name)) is not None:
            parts.append(f"at {operator} :{name}")
            values[name] = instant
    return " AND ".join(parts), values
