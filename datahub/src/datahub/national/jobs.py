"""How often the interfaces of the hub are called: counted at the door, written down in the rear.

An interface is what answers with the records of an entity, or with a national table, whoever asks.
"""

import asyncio
import re
from collections import Counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from datahub.national.repository.calls import add_calls
from shared.kit.database import Database

WRITE_SECONDS: Final = 5.0
"""Calls are written down so seldom at most; what a killed process counted meanwhile is lost."""

_INTERFACE: Final = re.compile(r"/v1/(?:records|history|partitions|exports|national)/(\w+)")


class Calls:
    """Calls that were answered, by interface, and not yet written down."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()
        self._called = asyncio.Event()

    def count(self, interface: str) -> None:
        """Count one more."""
        self._counted[interface] += 1
        self._called.set()

    async def keep(self, database: Database) -> None:
        """Write down, for ever, what was counted."""
        while True:
            await self._called.wait()
            self._called.clear()
            written = self._counted.copy()
            async with database.transaction() as tx:
                await add_calls(tx, written)
            self._counted -= written
            await asyncio.sleep(WRITE_SECONDS)


class CountCalls:
    """Pure ASGI: counts what was answered; a refusal is no call of an interface."""

    def __init__(self, app: ASGIApp, calls: Calls) -> None:
        self._app = app
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, and count it when its answer begins."""
        is_read = scope["type"] == "http" and scope["method"] == "GET"
        called = _INTERFACE.match(scope["path"]) if is_read else None
        if called is None:
            await self._app(scope, receive, send)
            return

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                self._calls.count(called[1])
            await send(message)

        await self._app(scope, receive, send_counted)
