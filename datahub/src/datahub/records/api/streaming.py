"""What PostgreSQL copies out, streamed to a client as fast as he reads."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Final, TypeAlias

from datahub.records.queries import Reader
from shared.kit.database import Database

Output: TypeAlias = Callable[[bytes], Coroutine[Any, Any, None]]
Copy: TypeAlias = Callable[[Reader, Output], Coroutine[Any, Any, None]]

BOM: Final = b"\xef\xbb\xbf"
"""With it Excel opens a CSV file as UTF-8."""

PIECE: Final = 256 * 1024
WAITING: Final = 4
"""Pieces that may wait for a slow reader before PostgreSQL waits too."""


async def stream(db: Database, copy: Copy, *, start: bytes = b"") -> AsyncIterator[bytes]:
    """Yield what is copied out, behind ``start``; a slow reader slows PostgreSQL down."""
    waiting: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(WAITING)
    copying = asyncio.create_task(_copy(db, copy, waiting))
    try:
        if start:
            yield start
        while (piece := await waiting.get()) is not None:
            if isinstance(piece, Exception):
                # The connection breaks off: a file that looks whole would be worse.
                raise piece
            yield piece
    finally:
        copying.cancel()


async def _copy(
    db: Database, copy: Copy, waiting: "asyncio.Queue[bytes | Exception | None]"
) -> None:
    gathered = bytearray()

    async def gather(piece: bytes) -> None:
        gathered.extend(piece)
        if len(gathered) >= PIECE:
            await waiting.put(bytes(gathered))
            gathered.clear()

    try:
        async with db.reading() as reader:
            await copy(reader, gather)
        await waiting.put(bytes(gathered))
        await waiting.put(None)
    except Exception as error:  # noqa: BLE001 — handed to the reader of the queue
        await waiting.put(error)
