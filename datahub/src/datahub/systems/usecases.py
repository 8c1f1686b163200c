"""Register source systems, rotate and revoke their keys; who may push."""

import asyncio
from collections.abc import Collection, Mapping
from time import monotonic
from typing import Final

from datahub.systems import repository
from datahub.systems.domain.system import (
    LIVE_KEYS,
    KeyTakenError,
    Rights,
    TooManyKeysError,
    check_names,
)
from datahub.systems.schemas import MadeKey, NewKey, SystemIn
from datahub.systems.tables import KeyRow
from shared.kit.clock import now
from shared.kit.database import Database, Transaction
from shared.kit.nkeys import make_user_key

ASK_SECONDS: Final = 1.0
"""A process asks at most this often who may push."""


async def save_system(
    tx: Transaction, system: str, body: SystemIn, saved_by: str, entities: Collection[str]
) -> bool:
    """Save a source system; return whether it changed.

    Raises:
        SystemInvalidError: it names an entity or a fact that there is not.
    """
    check_names(body.entities, body.grants, entities)
    return await repository.save_system(tx, system, body.model_dump(), saved_by)


async def make_key(tx: Transaction, system: str, new: NewKey, made_by: str) -> MadeKey:
    """Give a system one more key; two live at a time, so that one can follow the other.

    Raises:
        SystemNotFoundError: there is no such system.
        TooManyKeysError: it has two.
        KeyTakenError: the public key is or was somebody's.
    """
    row = await repository.get_system(tx, system)
    live = await repository.live_keys(tx, system)
    if len(live) >= LIVE_KEYS:
        raise TooManyKeysError(
            f"{system} 已有 {LIVE_KEYS} 个生效的密钥",
            f"{system} has {LIVE_KEYS} live keys already",
            fixes=[f"DELETE /api/datahub/v1/source-systems/{system}/keys/{live[0]}"],
        )
    seed, public = (None, new.public_key) if new.public_key else make_user_key()
    if await repository.is_used(tx, str(public)):
        raise KeyTakenError("公钥已被使用", "the public key is or was somebody's")
    key = KeyRow(id=public, system=system, note=new.note, made_by=made_by, made_at=now())
    await repository.add_key(tx, row, key)
    return MadeKey(id=key.id, note=key.note, made_by=made_by, made_at=key.made_at, seed=seed)


async def revoke_key(tx: Transaction, system: str, key: str, revoked_by: str) -> None:
    """Revoke a key; its connections are cut off as soon as the server has been told.

    Raises:
        SystemNotFoundError: there is no such system.
        KeyNotFoundError: it has no such live key.
    """
    row = await repository.get_system(tx, system)
    await repository.revoke_key(tx, row, key, revoked_by)


class Pushers:
    """Who may push over HTTP, as one process knows it; another's change is seen in a second."""

    def __init__(self) -> None:
        self._rights: dict[str, Rights] = {}
        self._ask_at = 0.0
        self._asking = asyncio.Lock()

    async def rights(self, db: Database) -> Mapping[str, Rights]:
        """Return what each source system may push."""
        if monotonic() >= self._ask_at:
            async with self._asking:
                await self._ask(db)
        return self._rights

    async def _ask(self, db: Database) -> None:
        """Ask for all who wait together."""
        if monotonic() >= self._ask_at:
            async with db.reading() as connection:
                self._rights = await repository.read_rights(connection)
            self._ask_at = monotonic() + ASK_SECONDS

    def forget(self) -> None:
        """Ask again at the next occasion: this process has changed something."""
        self._ask_at = 0.0
