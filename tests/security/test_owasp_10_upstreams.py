"""API10:2023, unsafe consumption of APIs: what a campus login answers is not believed as it comes.

Services that talk nonsense are the gateway's ``test_replicas.py``, source systems the hub's
``test_pull_http.py``.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.campus.domain.cas import read_validation
from gateway.campus.upstream import MOST_BYTES, Web
from shared.errors import DomainError

OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


@asynccontextmanager
async def answering(head: bytes, piece: bytes, times: int) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that answers so; yield its address, and what it was asked."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode())
        writer.write(head + b"\r\n")
        try:
            for _ in range(times):
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()


@pytest.mark.parametrize(
    ("head", "piece", "times"),
    [
        (OK, b"x" * 65_536, 1 + 2 * MOST_BYTES // 65_536),
        (OK, b"[1]", 1),
        (OK, b"{" * 100_000, 1),
        (OK, b"\xff\xfe{", 1),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\n", b"", 0),
        (b"HTTP/1.1 500 No\r\nConnection: close\r\n", b"", 0),
        (b"nonsense\r\n", b"", 0),
    ],
)
async def test_no_answer_of_a_campus_login_does_harm(head: bytes, piece: bytes, times: int) -> None:
    web = Web()
    async with answering(head, piece, times) as (url, asked):
        with pytest.raises(DomainError):
            await web.json("GET", f"{url}/x")
    await web.close()
    assert len(asked) == 1, "no redirect is followed"


@pytest.mark.parametrize(
    "document",
    [
        "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
        "<!DOCTYPE x [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]><x>&b;</x>",
        "<cas:serviceResponse xmlns:cas='http://www.yale.edu/tp/cas'/>",
        "<x" + ">" * 10_000,
        "",
    ],
)
def test_no_document_of_cas_reads_a_file_or_names_anybody(document: str) -> None:
    with pytest.raises(DomainError):
        read_validation(document)
