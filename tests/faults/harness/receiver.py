"""A receiver of webhooks that misbehaves: it answers 500, answers too late, or never."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

Manner = Literal["well", "500", "late", "hangs"]
LATE_SECONDS = 1.5
"""Longer than the senders of the copy wait."""


@dataclass(slots=True)
class Receiver:
    """Keeps what it took, by key; whoever answers too late has taken it all the same."""

    manners: Sequence[Manner]
    """Of the requests, in turn, again and again."""

    url: str = ""
    asked: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    """How it behaved, and how often."""

    taken: dict[str, list[Any]] = field(default_factory=dict)
    """Documents by the key that they came with; more than one: they came again."""

    def told(self) -> dict[tuple[str, str], set[str]]:
        """Return the keys under which each alert's states were told, by scope and state."""
        found: dict[tuple[str, str], set[str]] = {}
        for key, documents in self.taken.items():
            for each in (one for document in documents for one in document["alerts"]):
                found.setdefault((each["labels"]["scope"], each["status"]), set()).add(key)
        return found

    async def take(self, request: web.Request) -> web.Response:
        """Behave as the next manner says."""
        manner = self.manners[self.asked % len(self.manners)]
        self.asked += 1
        self.seen[manner] = self.seen.get(manner, 0) + 1
        body = await request.read()
        if manner == "500":
            return web.Response(status=500)
        document = json.loads(body)
        key = request.headers["Idempotency-Key"]
        assert document["id"] == key
        self.taken.setdefault(key, []).append(document)
        if manner != "well":
            await asyncio.sleep(LATE_SECONDS if manner == "late" else 3600)
        return web.Response()


@asynccontextmanager
async def receiving(*manners: Manner) -> AsyncIterator[Receiver]:
    """Run a receiver on a free port."""
    made = Receiver(manners)
    app = web.Application()
    app.router.add_post("/", made.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    await runner.cleanup()
