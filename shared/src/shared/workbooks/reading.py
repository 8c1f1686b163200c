"""Read a workbook from a service: one process a file, and what it says block by block."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import IO, Any, ClassVar, Final

import msgspec
import structlog

from shared.errors import DomainError, ErrorKind, UnavailableError
from shared.workbooks.guard import Refusal
from shared.workbooks.sheet import Block, Layout

MAX_FILE: Final = 100 * 1024 * 1024
"""Bytes of a workbook as it comes."""

PATIENCE_SECONDS: Final = 60.0
"""For the next frame, on a machine that has other things to do as well."""


TOGETHER: Final = 4
"""Workbooks that are read at a time: each may take 256 MiB."""

WAIT_SECONDS: Final = 60.0


class WorkbooksBusyError(UnavailableError):
    """As many workbooks are being read as may be: try again."""

    code: ClassVar = "workbooks-busy"


class WorkbookRefusedError(DomainError):
    """A spreadsheet that is not read: damaged, hostile, too large, or of another kind."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "workbook-refused"
    title_zh: ClassVar = "电子表格无法读取"
    title_en: ClassVar = "The spreadsheet cannot be read"


REFUSALS: Final = (WorkbookRefusedError, WorkbooksBusyError)


class _Frame(msgspec.Struct):
    header: list[str] | None = None
    sheet: str = ""
    block: Block | None = None
    end: bool = False
    refused: dict[str, str] | None = None


log = structlog.get_logger()
_frames: Final = msgspec.json.Decoder(_Frame)
_together: Final = asyncio.Semaphore(TOGETHER)


async def read_blocks(file: IO[Any], layout: Layout) -> AsyncIterator[list[str] | Block]:
    """Yield the names of the columns, then the rows.

    Args:
        file: an open file of the system, from its beginning.

    Raises:
        WorkbookRefusedError: with the cause and what to do about it.
        WorkbooksBusyError: too many are being read.
    """
    async with _turn(), aclosing(_read(file, layout)) as parts:
        async for part in parts:
            yield part


@asynccontextmanager
async def _turn() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await _together.acquire()
    except TimeoutError as error:
        raise WorkbooksBusyError(
            "正在读取的工作簿过多，请稍后重试", "too many workbooks are being read", retry_after=30
        ) from error
    try:
        yield
    finally:
        _together.release()


async def _read(file: IO[Any], layout: Layout) -> AsyncGenerator[list[str] | Block]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "shared.workbooks.worker"),
        msgspec.json.encode(layout).decode(),
        stdin=file,
        stdout=PIPE,
        stderr=PIPE,
        # Whoever reads hostile files knows no secret of the service.
        env={"PYTHONUTF8": "1"},
    )
    try:
        while not (frame := await _next(process)).end:
            if frame.header is not None:
                yield frame.header
            elif frame.block is not None:
                yield frame.block
    finally:
        await _end(process)


async def _next(process: Process) -> _Frame:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            size = int.from_bytes(await process.stdout.readexactly(4), "big")
            frame = _frames.decode(await process.stdout.readexactly(size))
    except (asyncio.IncompleteReadError, TimeoutError) as error:
        await _log_end(process)
        raise WorkbookRefusedError(
            "读取它所需的内存或时间超过允许的限度",
            "reading it takes more memory or time than a workbook may",
            fixes=[Refusal.AS_CSV],
        ) from error
    if frame.refused is not None:
        raise WorkbookRefusedError(
            frame.refused["zh"], frame.refused["en"], fixes=[frame.refused["fix"]]
        )
    return frame


async def _log_end(process: Process) -> None:
    """Tell the operator how the process ended: a limit, or a fault of ours."""
    assert process.stderr is not None
    await _end(process)
    said = (await process.stderr.read())[-2000:].decode("utf-8", "replace")
    log.warning("workbook_worker_ended", code=process.returncode, said=said)


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
