"""``GET /api/gateway/v1/alerts/stream``: server-sent events, one per alert fact."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from gateway.access.api import Door, SignedInQuietly, arrival_of
from gateway.access.schemas import Visitor
from gateway.access.usecases import Doorkeeper
from gateway.portal.domain.live import Frame
from gateway.portal.usecases import Changes, Joined, LiveAlerts
from shared.access.sight import sight_of
from shared.errors import DomainError, UnavailableError
from shared.kit.strict_json import StrictJsonRoute

HEARTBEAT_SECONDS: Final = 15.0
PAUSE_SECONDS: Final = 1.0
"""Between two that a page is told: what happens in between is told together."""

RETRY: Final = b"retry: 2000\n\n"
"""Milliseconds that a browser waits before it comes back."""

RESET: Final = b"id: %d\nevent: reset\ndata: {}\n\n"
"""What was missed is too much, or the stream is another one: read the list again."""

PERMISSION: Final = "alert:read"

router = APIRouter(prefix="/api/gateway/v1", tags=["alerts 预警"], route_class=StrictJsonRoute)


async def get_live(request: Request) -> LiveAlerts:
    """Return the live alerts of this process."""
    live: LiveAlerts = request.app.state.live
    return live


@router.get("/alerts/stream", summary="预警实时流（SSE）", response_class=Response)
async def alerts_stream(
    request: Request,
    live: Annotated[LiveAlerts, Depends(get_live)],
    door: Door,
    visitor: SignedInQuietly,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Answer a stream of raised, merged, held, acknowledged, settled; resumed by Last-Event-ID.

    Who does not see every alert is told that something happened, and asks for the list.
    """
    visitor.caller.needs(PERMISSION)

    async def still_in() -> bool:
        return await _is_still_in(request, door, visitor)

    sees_all = sight_of(visitor.caller, "alert") is None
    return EventStream(live, _sequence(last_event_id), still_in, sees_all=sees_all)


async def _is_still_in(request: Request, door: Doorkeeper, before: Visitor) -> bool:
    """Return whether somebody is signed in as before; with other roles he comes back anew."""
    try:
        found = await door.visitor(arrival_of(request, door), background=True)
    except UnavailableError:
        return True  # the database is away; nobody is sent home for that
    except DomainError:
        return False
    return found is not None and found.caller == before.caller


StillIn = Callable[[], Awaitable[bool]]


class Presence:
    """Whether a reader is still in: asked in silence, and also while there is always something."""

    def __init__(self, still_in: StillIn) -> None:
        self._still_in = still_in
        self._asked_at = time.monotonic()

    async def ends(self, *, is_silent: bool) -> bool:
        """Return whether a stream ends here."""
        if not is_silent and time.monotonic() - self._asked_at < HEARTBEAT_SECONDS:
            return False
        self._asked_at = time.monotonic()
        return not await self._still_in()


def _sequence(last_event_id: str | None) -> int | None:
    given = (last_event_id or "").strip()
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


class EventStream(Response):
    """Writes frames to one client until it hangs up, is too slow, or is signed out."""

    def __init__(
        self,
        live: LiveAlerts,
        after: int | None,
        still_in: StillIn,
        *,
        sees_all: bool,
    ) -> None:
        super().__init__(
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        del self.headers["content-length"]
        self._live = live
        self._presence = Presence(still_in)
        self._sees_all = sees_all
        self._joined = live.join(after)

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        writing = asyncio.create_task(self._write(send))
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({writing, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._live.leave(self._joined.reader)
            writing.cancel()
            gone.cancel()
        [problem] = await asyncio.gather(writing, return_exceptions=True)
        if isinstance(problem, Exception):
            raise problem

    async def _write(self, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        async for data in self._frames(self._joined):
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _frames(self, joined: Joined) -> AsyncGenerator[bytes]:
        yield RETRY
        try:
            yield await self._missed(joined)
        except UnavailableError:
            return  # it comes back with the same id, and misses nothing
        seen = joined.at_hand[-1].seq if joined.at_hand else 0
        while True:
            frame = await _next(joined)
            if await self._presence.ends(is_silent=frame is None):
                return
            if frame is None:
                yield b": alive\n\n"
                continue
            if frame.seq > seen:
                yield self._told(frame)
            if joined.reader.too_slow and joined.reader.frames.empty():
                yield b": too slow, come back with the last id\n\n"
                return

    def _told(self, frame: Frame) -> bytes:
        return frame.data if self._sees_all else frame.bare

    async def _missed(self, joined: Joined) -> bytes:
        """Return everything between the reader's last id and now, as one piece."""
        if joined.renewed:
            return RESET % (self._live.position or 0)
        frames = joined.at_hand
        if joined.gap is not None:
            older = await self._live.history(*joined.gap)
            if older is None:
                return RESET % (self._live.position or 0)
            frames = older + frames
        return b"".join(self._told(frame) for frame in frames) or b": here\n\n"


async def _next(joined: Joined) -> Frame | None:
    """Return the next frame; None when none comes for so long that a page must hear something."""
    with suppress(TimeoutError):
        async with asyncio.timeout(HEARTBEAT_SECONDS):
            return await joined.reader.frames.get()
    return None


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


pages = APIRouter(include_in_schema=False)


@pages.get("/portal/changes", response_class=Response)
async def changes_stream(request: Request, door: Door, visitor: SignedInQuietly) -> Response:
    """Answer a stream that says of which service something changed, at most once a second."""
    changes: Changes = request.app.state.changes

    async def still_in() -> bool:
        return await _is_still_in(request, door, visitor)

    def may(service: str) -> bool:
        return visitor.caller.may(f"{service}:read")

    return StreamingResponse(
        _changes(changes, may, still_in),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _changes(
    changes: Changes, may: Callable[[str], bool], still_in: StillIn
) -> AsyncGenerator[bytes]:
    watcher, presence = changes.join(), Presence(still_in)
    try:
        yield RETRY + b": here\n\n"
        while True:
            told = await watcher.news(HEARTBEAT_SECONDS)
            if await presence.ends(is_silent=not told):
                return
            seen = sorted(each for each in told if may(each))
            data = json.dumps({"services": seen}).encode()
            yield b"event: changed\ndata: %s\n\n" % data if seen else b": alive\n\n"
            await asyncio.sleep(PAUSE_SECONDS)
    finally:
        changes.leave(watcher)
