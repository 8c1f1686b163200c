"""Published versions of the dictionary: a shipped base, and a college's part laid on it.

A version is written once and never changed. When a package brings another base, the migration
publishes it with the college's part on it as the next version.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from time import monotonic
from typing import Any, ClassVar, Final

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from datahub.dictionary.domain.base import parse_base
from datahub.dictionary.domain.differences import Bound, Difference, differences
from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.domain.part import compose
from datahub.dictionary.domain.search import Index
from datahub.dictionary.repository.shipped import Shipped, checked, load_dictionary, load_shipped
from datahub.dictionary.tables import BaseRow, DraftRow, VersionRow
from datahub.locks import Space
from shared.errors import DomainError, ErrorKind
from shared.kit.clock import CAMPUS
from shared.kit.database import Database, Transaction
from shared.kit.sql import text

ASK_SECONDS: Final = 1.0
"""A process asks at most this often which version is the newest."""

_NEWEST: Final = "SELECT max(version) FROM dictionary_version"

KEPT: Final = 4
"""Older versions that a process keeps read."""

ListBound = Callable[[Transaction, Dictionary, Dictionary], Awaitable[Sequence[Bound]]]
"""Say what rests on the present dictionary, and would not fit the next one."""


class VersionNotFoundError(DomainError):
    """No version of that number was published."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "dictionary-version-not-found"
    title_zh: ClassVar = "没有这个字典版本"
    title_en: ClassVar = "No such version of the dictionary"


class Dictionaries:
    """The dictionary in force, as one process knows it.

    Whoever works asks for it once and goes on with what he got, so that his work runs wholly
    under one version. Another process's publication is noticed within a second.

    Args:
        bound: what rests on the dictionary, asked before a version is published.
    """

    def __init__(self, bound: Sequence[ListBound] = ()) -> None:
        self.bound = bound
        self._present: Dictionary | None = None
        self._ask_at = 0.0
        self._older: dict[int, Dictionary] = {}
        self._index: tuple[Dictionary, Index] | None = None
        self._indexing = asyncio.Lock()
        self._asking = asyncio.Lock()

    def known(self) -> Dictionary | None:
        """Return the newest version where it is known without asking."""
        return self._present if monotonic() < self._ask_at else None

    async def current(self, tx: Transaction) -> Dictionary:
        """Return the newest published version, as it was known at most a second ago."""
        return self.known() or await self.newest(tx)

    async def of(self, database: Database) -> Dictionary:
        """Return the newest version; opens a transaction only where the database is to be asked."""
        if (known := self.known()) is not None:
            return known
        async with self._asking:
            return await self._ask(database)

    async def _ask(self, database: Database) -> Dictionary:
        """Ask for all who wait together.

        By a connection that nobody keeps while he waits for this, or all might wait for ever.
        """
        if self._present is not None and monotonic() >= self._ask_at:
            async with database.reading() as connection:
                version = await connection.fetchval(_NEWEST)
            if version == self._present.version:
                self._ask_at = monotonic() + ASK_SECONDS
                return self._present
        async with database.transaction() as tx:
            return await self.current(tx)

    async def newest(self, tx: Transaction) -> Dictionary:
        """Return the newest published version, as the transaction sees it."""
        version = await tx.session.scalar(text(_NEWEST))
        if self._present is None or version > self._present.version:
            self._present = await read_version(tx, version)
        self._ask_at = monotonic() + ASK_SECONDS
        return self._present

    def forget(self) -> None:
        """Ask again at the next occasion: this process has published."""
        self._ask_at = 0.0

    async def held(self, tx: Transaction) -> Dictionary:
        """Return the newest version; no other is published until the transaction ends."""
        await tx.session.execute(
            text(f"SELECT pg_advisory_xact_lock_shared({Space.DICTIONARY}, 0)")
        )
        return await self.newest(tx)

    async def at(self, tx: Transaction, version: int) -> Dictionary:
        """Return a published version.

        Raises:
            VersionNotFoundError: there is none of that number.
        """
        present = await self.current(tx)
        if version == present.version:
            return present
        if version not in self._older:
            found = await read_version(tx, version)
            while len(self._older) >= KEPT:
                self._older.pop(next(iter(self._older)))
            self._older[version] = found
        return self._older[version]

    async def index(self, dictionary: Dictionary) -> Index:
        """Return what a dictionary is searched by; made once, beside the other work."""
        async with self._indexing:
            if self._index is None or self._index[0] is not dictionary:
                self._index = (dictionary, await asyncio.to_thread(Index, dictionary))
            return self._index[1]


async def read_version(tx: Transaction, version: int) -> Dictionary:
    """Read a published version.

    Raises:
        VersionNotFoundError: there is none of that number.
    """
    row = await get_version_row(tx, version)
    base = await read_base(tx, row.base)
    return compose(base, row.part, version=row.version, as_of=day_of(row.published_at))


async def get_version_row(tx: Transaction, version: int) -> VersionRow:
    """Return a published version as stored.

    Raises:
        VersionNotFoundError: there is none of that number.
    """
    row = await tx.session.get(VersionRow, version)
    if row is None:
        raise VersionNotFoundError(
            f"没有字典版本 {version}",
            f"no version {version} of the dictionary was published",
            fixes=["GET /api/datahub/v1/dictionary/versions"],
        )
    return row


async def read_base(tx: Transaction, base: str) -> Dictionary:
    """Return a dictionary as a package shipped it, this one or one before."""
    shipped = load_dictionary()
    if base == shipped.base:
        return shipped
    kept = await tx.session.get_one(BaseRow, base)
    return parse_base(kept.documents, kept.id)


async def read_newest_part(tx: Transaction) -> Mapping[str, Any]:
    """Return what the college laid on the base of the newest version."""
    newest = select(VersionRow).order_by(VersionRow.version.desc()).limit(1)
    return (await tx.session.scalars(newest)).one().part


async def lock_versions(tx: Transaction) -> None:
    """Wait until nobody holds the newest version; nobody takes it until the commit."""
    await tx.session.execute(text(f"SELECT pg_advisory_xact_lock({Space.DICTIONARY}, 0)"))


async def add_version(
    tx: Transaction,
    dictionary: Dictionary,
    part: Mapping[str, Any],
    found: Sequence[Difference],
    **said: Any,
) -> None:
    """Insert a version; ``said`` are its note, publisher and instant."""
    tx.session.add(
        VersionRow(
            version=dictionary.version,
            base=dictionary.base,
            part=dict(part),
            differences=[plain(each) for each in found],
            **said,
        )
    )
    await tx.session.flush()


async def get_draft(tx: Transaction, *, lock: bool = False) -> DraftRow:
    """Return the row of the draft, whose part is None while there is none."""
    return await tx.session.get_one(DraftRow, 1, with_for_update=lock or None)


async def save_draft(tx: Transaction, part: Mapping[str, Any] | None, subject: str) -> DraftRow:
    """Replace the draft; None takes it away."""
    row = await get_draft(tx, lock=True)
    row.part = None if part is None else dict(part)
    row.revision += 1
    row.saved_by = subject
    row.saved_at = await read_clock(tx)
    await tx.session.flush()
    return row


async def read_clock(tx: Transaction) -> datetime:
    """Return the instant at which the transaction began, by the database's clock."""
    return (await tx.session.execute(select(func.now()))).scalar_one()


def adopt_shipped(connection: Connection, shipped: Shipped | None = None) -> None:
    """Publish what the package ships, with the college's part on it, where it is new.

    Raises:
        DictionaryError: the two together contradict each other; nothing was published.
    """
    shipped = shipped or load_shipped()
    newest = connection.execute(
        select(VersionRow).order_by(VersionRow.version.desc()).limit(1)
    ).one_or_none()
    if newest is not None and newest.base == shipped.id:
        return
    instant = connection.execute(select(func.now())).scalar_one()
    part = newest.part if newest else {}
    version = newest.version + 1 if newest else 1
    after = checked(
        compose(
            parse_base(shipped.documents, shipped.id), part, version=version, as_of=day_of(instant)
        )
    )
    connection.execute(
        insert(BaseRow).values(id=shipped.id, documents=shipped.documents).on_conflict_do_nothing()
    )
    found = differences(_read(connection, newest), after) if newest else []
    connection.execute(
        insert(VersionRow).values(
            version=version,
            base=shipped.id,
            part=part,
            differences=[plain(each) for each in found],
            note=f"随软件包 {shipped.id} 发布 (shipped with the package)",
            published_by="system/datahub",
            published_at=instant,
        )
    )


def _read(connection: Connection, newest: Any) -> Dictionary:
    documents = connection.execute(
        select(BaseRow.documents).where(BaseRow.id == newest.base)
    ).scalar_one()
    base = parse_base(documents, newest.base)
    return compose(base, newest.part, version=newest.version, as_of=day_of(newest.published_at))


def day_of(instant: datetime) -> date:
    """Return the campus day of an instant."""
    return instant.astimezone(CAMPUS).date()


def plain(value: Any) -> Any:
    """Return a difference, or what stands in one, as JSON has it."""
    match value:
        case Difference():
            return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
        case Decimal() | date() | StrEnum():
            return str(value)
        case tuple() | list():
            return [plain(each) for each in value]
        case _:
            return value
