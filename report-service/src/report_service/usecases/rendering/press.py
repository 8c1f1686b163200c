"""Hand documents to the processes that make files of them, and end one that takes too long."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import structlog

from report_service.usecases.rendering.frames import PREFIX, files_of, packed, sizes
from shared.errors import DomainError, ErrorKind

WORKERS: Final = 2
SECONDS: Final = 8.0
"""For all formats of one report; a six-page one takes a quarter of a second."""

REPORTS_EACH: Final = 120
"""Files that a process makes before another takes its place: the typesetter's cache grows."""

_THRIFTY: Final = (
    "MALLOC_ARENA_MAX=1",
    "MALLOC_TRIM_THRESHOLD_=262144",
    "MALLOC_MMAP_THRESHOLD_=262144",
)
"""What a process gives back it gives back at once: it makes one file at a time."""

log = structlog.get_logger()


class TemplateRefusedError(DomainError):
    """A template makes no file."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "report-template"
    title_zh: ClassVar = "模板不能使用"
    title_en: ClassVar = "The template cannot be used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """The templates of a report; None is the one that is shipped."""

    docx: bytes | None = None
    typst: str | None = None


SHIPPED: Final = Templates()


@dataclass(slots=True)
class _Worker:
    process: Process
    made: int = 0


class Press:
    """Processes that make files, started when there is work and kept warm."""

    def __init__(self, workers: int = WORKERS) -> None:
        self._room = asyncio.Semaphore(workers)
        self._idle: list[_Worker] = []

    async def run(self) -> None:
        """Stay until the service ends; end the processes then."""
        try:
            await asyncio.Event().wait()
        finally:
            for worker in [*self._idle]:
                await _end(worker)
            self._idle.clear()

    async def make(
        self, document: Mapping[str, Any], formats: Sequence[str], templates: Templates = SHIPPED
    ) -> dict[str, bytes]:
        """Return the files of a document, by format.

        Raises:
            TemplateRefusedError: its template is not understood, or takes too long or too much.
        """
        wish = {"document": document, "formats": list(formats), "typst": templates.typst}
        async with self._worker() as worker:
            answer, tail = await _asked(worker, packed(wish, templates.docx or b""))
        if (refused := answer.get("refused")) is not None:
            raise TemplateRefusedError(
                refused["zh"],
                refused["en"],
                fields={"$.template": [f"{refused['zh']} ({refused['en']})"]},
                fixes=[refused["fix"]],
            )
        if answer["missing"]:
            log.warning("characters_without_glyph", characters=answer["missing"])
        return files_of(answer, tail)

    async def _next(self) -> _Worker:
        """Return a process that runs; one that the system ended while it waited is no excuse."""
        while self._idle:
            worker = self._idle.pop()
            if worker.process.returncode is None:
                return worker
            await _end(worker)
        return await _start()

    @asynccontextmanager
    async def _worker(self) -> AsyncGenerator[_Worker]:
        async with self._room:
            worker = await self._next()
            is_well = False
            try:
                yield worker
                is_well = True
            finally:
                worker.made += 1
                if is_well and worker.made < REPORTS_EACH:
                    self._idle.append(worker)
                else:
                    await _end(worker)


async def _start() -> _Worker:
    command = ("env", *_THRIFTY, sys.executable, "-m", "report_service.usecases.rendering.worker")
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    return _Worker(process)


async def _asked(worker: _Worker, body: bytes) -> tuple[dict[str, Any], bytes]:
    process = worker.process
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SECONDS):
            process.stdin.write(body)
            await process.stdin.drain()
            head, tail = sizes(await process.stdout.readexactly(PREFIX))
            answer: dict[str, Any] = json.loads(await process.stdout.readexactly(head))
            files = await process.stdout.readexactly(tail)
    except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
        log.warning("rendering_ended", why=type(error).__name__)
        raise TemplateRefusedError(
            f"渲染超过 {SECONDS:.0f} 秒或用尽内存，已终止",
            f"rendering took more than {SECONDS:.0f} s or all its memory, and was ended",
            fixes=[
                "检查模板中没有终点的循环和过大的图片 (look for loops without end in the template)"
            ],
        ) from error
    return answer, files


async def _end(worker: _Worker) -> None:
    process = worker.process
    with suppress(ProcessLookupError):
        process.kill()
    if process.stdin is not None:
        process.stdin.close()
    await process.wait()
