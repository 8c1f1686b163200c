"""The inbox of whoever asks (站内信), and its live stream."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from alert_service.api.edge import Db, Reader, Wanted
from alert_service.domain.inbox import inboxes_of
from alert_service.queries import notifying as queries
from alert_service.repository.inbox import read_letters
from alert_service.repository.notifications import LETTERS
from alert_service.schemas.notifying import LetterFilter, LetterView, ReadBody, UnreadView
from shared.kit.clock import now
from shared.kit.database import Database
from shared.kit.identity import Caller
from shared.kit.loops import woken
from shared.kit.paging import answer_page
from shared.kit.strict_json import StrictJsonRoute

router = APIRouter(prefix="/inbox", tags=["notifications 通知"], route_class=StrictJsonRoute)

POLL_SECONDS: Final = 2.0
"""Letters that another replica wrote are seen after so long at the latest."""

LASTS_SECONDS: Final = 300.0
"""The stream ends then, and the browser comes back with a new token and the last id."""

BEAT_SECONDS: Final = 15.0
AT_ONCE: Final = 100


def _mine(caller: Caller) -> list[str]:
    return inboxes_of(caller.subject, caller.roles)


@router.get("", summary="我的站内信，最新在前，可只看未读；实时流在 /inbox/stream（SSE）")
async def list_letters(
    response: Response,
    db: Db,
    caller: Reader,
    wanted: Wanted,
    only: Annotated[LetterFilter, Query()],
) -> list[LetterView]:
    async with db.transaction() as tx:
        listed = await queries.list_letters(tx, wanted, only, caller.subject, _mine(caller))
    answer_page(response, wanted, total=listed.total, next_after=listed.next_after)
    return listed.items


@router.get("/unread", summary="我的未读站内信数")
async def count_unread(db: Db, caller: Reader) -> UnreadView:
    async with db.transaction() as tx:
        return UnreadView(unread=await queries.count_unread(tx, caller.subject, _mine(caller)))


@router.post("/read", summary="标为已读：至某一封为止，或逐封")
async def read_inbox(body: ReadBody, db: Db, caller: Reader) -> UnreadView:
    async with db.transaction() as tx:
        mine = _mine(caller)
        await read_letters(tx, caller.subject, mine, body.up_to, body.ids, now())
        return UnreadView(unread=await queries.count_unread(tx, caller.subject, mine))


@router.get(
    "/stream",
    summary="我的站内信实时流（SSE），可用 Last-Event-ID 接续",
    response_class=StreamingResponse,
    # Whoever tries out every operation would wait for its end.
    include_in_schema=False,
)
async def stream_inbox(
    request: Request,
    db: Db,
    caller: Reader,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    given = (last_event_id or "").strip()
    after = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
    frames = _frames(request, db, caller.subject, _mine(caller), after)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(frames, media_type="text/event-stream", headers=headers)


async def _frames(
    request: Request, db: Database, reader: str, mine: Sequence[str], after: int | None
) -> AsyncIterator[bytes]:
    wake = db.on_commit(LETTERS)
    try:
        async for frame in _follow(request, db, (reader, mine, after), wake):
            yield frame
    finally:
        db.forget(wake)


async def _follow(
    request: Request,
    db: Database,
    whose: tuple[str, Sequence[str], int | None],
    wake: asyncio.Event,
) -> AsyncIterator[bytes]:
    reader, mine, after = whose
    ends = asyncio.get_running_loop().time() + LASTS_SECONDS
    beat = 0.0
    async with db.transaction() as tx:
        last = await queries.last_letter(tx, mine) if after is None else after
    yield f"retry: 2000\nid: {last}\n\n".encode()
    while (time := asyncio.get_running_loop().time()) < ends:
        wake.clear()
        if await queries.has_letters_after(db, mine, last):
            async with db.transaction() as tx:
                letters = await queries.letters_after(tx, reader, mine, last, AT_ONCE)
            for letter in letters:
                last = letter.id
                yield f"id: {last}\nevent: letter\ndata: {letter.model_dump_json()}\n\n".encode()
            continue
        if time - beat > BEAT_SECONDS:
            beat = time
            yield b": alive\n\n"
        if await request.is_disconnected():
            return
        await woken(wake, POLL_SECONDS)
