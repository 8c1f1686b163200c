"""Clockwork of source systems: the accounts file, and consumers for systems that are new."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from datahub.dictionary.repository import Dictionaries
from datahub.systems import repository
from datahub.systems.repository import SYSTEMS
from shared.contracts.streams import ingest_stream
from shared.kit.app import Parts
from shared.kit.bus import JetStreamView
from shared.kit.database import Database
from shared.kit.loops import woken
from shared.kit.worker import Subscription

POLL_SECONDS: Final = 0.5

log = structlog.get_logger()


class Accounts:
    """Keeps the accounts file as the source systems want it, for ever."""

    def __init__(self, database: Database, dictionaries: Dictionaries, file: Path) -> None:
        self._database = database
        self._dictionaries = dictionaries
        self._file = file
        self._wake = database.on_commit(SYSTEMS)

    async def run(self) -> None:
        """Write the file whenever it is not as it should be."""
        while True:
            self._wake.clear()
            await self._write()
            await woken(self._wake, POLL_SECONDS)

    async def _write(self) -> None:
        async with self._database.transaction() as tx:
            dictionary = await self._dictionaries.current(tx)
            systems = await repository.read_accounts(tx, dictionary.entities.keys())
        text = json.dumps({"systems": systems}, indent=1)
        if await asyncio.to_thread(_replace, self._file, text):
            log.info("accounts_written", systems=len(systems))


def _replace(file: Path, text: str) -> bool:
    """Write a file at once, and only if it holds something else; return whether it was."""
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)
    return True


class Followers:
    """Follows the messages of every source system: of a new one as soon as it has its stream."""

    def __init__(self, parts: Parts, subscription: Callable[[str], Subscription]) -> None:
        self._parts = parts
        self._subscription = subscription
        self._followed = {worker.name for worker in parts.workers}
        self._wake = parts.database.on_commit(SYSTEMS)

    async def run(self) -> None:
        """Look for systems that nobody follows, for ever."""
        view = JetStreamView(self._parts.nats)
        while True:
            self._wake.clear()
            async with self._parts.database.transaction() as tx:
                systems = await repository.list_ids(tx)
            for system in systems:
                await self._follow(system, view)
            await woken(self._wake, POLL_SECONDS)

    async def _follow(self, system: str, view: JetStreamView) -> None:
        """Start the consumer of a system; its rights come with its stream."""
        subscription = self._subscription(system)
        if subscription.name in self._followed or not await view.has_stream(ingest_stream(system)):
            return
        self._parts.follow(subscription)
        self._followed.add(subscription.name)
        log.info("system_followed", system=system)
