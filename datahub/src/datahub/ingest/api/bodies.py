"""The body of an upload: spooled to disk while it comes, then read as chunks of rows.

Which reader reads it, its content type says.
"""

import asyncio
import hashlib
import json
import re
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from io import BufferedReader
from tempfile import SpooledTemporaryFile
from typing import IO, Any, ClassVar, Final

from fastapi import Request

from datahub.ingest.api.spreadsheets import XLS, XLSX, read_spreadsheet
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.feed_layout import Table
from datahub.ingest.domain.fixed_width import FixedWidth
from datahub.ingest.domain.html_table import read_html
from datahub.ingest.domain.reading import UTF16, BadLine, Chunk, UnreadableFileError
from datahub.ingest.domain.reading_csv import read_csv
from datahub.ingest.domain.reading_json import read_ndjson
from datahub.ingest.domain.sheets import Rows, as_rows
from datahub.ingest.domain.snapshot import Lines
from datahub.ingest.domain.utf16 import Utf16
from datahub.ingest.domain.verdicts import bad_line_verdicts
from datahub.ingest.schemas.batches import DORM_CHECK
from datahub.ingest.usecases import deliveries
from shared.errors import DomainError, ErrorKind

MAX_ROWS: Final = 30_000
SPOOL_BYTES: Final = 8 * 1024 * 1024
CSV: Final = "text/csv"
NDJSON: Final = "application/x-ndjson"
HTML: Final = "text/html"
MANY_BAD: Final = 20_000
"""So many lines that cannot be read, and fewer that can, are no file of the feed."""

MAX_BAD: Final = 200_000
"""So many lines of one file are put aside as unreadable: beyond them it is the file that is."""

_SHA256: Final = re.compile(r"(?:^|[,\s])sha-256=:(?P<digest>[A-Za-z0-9+/]{43}=):(?=$|[,;\s])")
KINDS: Final = (CSV, NDJSON, XLSX, XLS, HTML)
Body = SpooledTemporaryFile[bytes]

BODIES: Final = {
    "requestBody": {
        "required": True,
        "content": {
            NDJSON: {
                "schema": {"type": "string", "description": "一行一条记录 · a record a line"},
                "example": f"{json.dumps(DORM_CHECK, ensure_ascii=False)}\n",
            },
            CSV: {
                "schema": {"type": "string", "description": "首行是列名 · names come first"},
                "example": f"{','.join(DORM_CHECK)}\n{','.join(DORM_CHECK.values())}\n",
            },
            HTML: {
                "schema": {"type": "string", "description": "网页里的表格 · a table in a page"},
                "example": "<table><tr><th>XH<th>ZQZT<tr><td>20260001<td>未归</table>",
            },
            XLSX: {"schema": {"type": "string", "format": "binary"}, "example": "@dorm.xlsx"},
            XLS: {"schema": {"type": "string", "format": "binary"}, "example": "@dorm.xls"},
        },
    }
}
"""What the framework cannot see, because the body is read as it comes."""


class DigestDiffersError(DomainError):
    """The body is not the one of which the sender took the digest."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "digest-differs"
    title_zh: ClassVar = "内容与校验和不符"
    title_en: ClassVar = "The body differs from its digest"


class DigestMalformedError(DomainError):
    """``Content-Digest`` says no SHA-256 in the form of RFC 9530."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "digest-malformed"
    title_zh: ClassVar = "校验和无法读取"
    title_en: ClassVar = "The digest cannot be read"


def read_digest(declared: str | None) -> str | None:
    """Return the SHA-256 that a ``Content-Digest`` says, in base64; None where there is no header.

    Args:
        declared: the header as sent: ``sha-256=:…:``. Source: RFC 9530.

    Raises:
        DigestMalformedError: it says none in that form.
    """
    if declared is None:
        return None
    found = _SHA256.search(declared)
    if found is None:
        raise DigestMalformedError(
            f"Content-Digest 无法读取：{declared}",
            f"Content-Digest cannot be read: {declared}",
            fields={
                "header.Content-Digest": [
                    "须为 sha-256=:<SHA-256 的 base64，44 字符>: (44 characters of base64)"
                ]
            },
            fixes=[
                "按 RFC 9530 填写，或不写这个头 (write it as RFC 9530 says, or leave it out)",
                'echo "sha-256=:$(openssl dgst -sha256 -binary FILE | base64):"',
            ],
        )
    return found["digest"]


def check_digest(declared: str | None, digest: str) -> None:
    """Refuse a body that was changed or cut off on its way.

    Args:
        declared: what the sender says, see `read_digest`; None where it says nothing.
        digest: SHA-256 of what came, in hexadecimal.

    Raises:
        DigestDiffersError: the two differ.
    """
    came = b64encode(bytes.fromhex(digest)).decode()
    if declared is not None and declared != came:
        raise DigestDiffersError(
            f"收到的内容的 SHA-256 是 {came}，声明的是 {declared}；没有写入任何数据",
            f"the SHA-256 of what came is {came}, declared was {declared}; nothing was written",
            fields={"header.Content-Digest": [f"sha-256=:{came}:"]},
            fixes=["重新发送整个文件 (send the whole file again)"],
        )


async def spool(
    request: Request, body: Body, check_size: Callable[[int], None] = lambda _: None
) -> str:
    """Write the request's body to the spool as it comes; return its SHA-256.

    Args:
        check_size: refuses a body of which more bytes came than may.
    """
    digest = hashlib.sha256()
    size = 0
    async for part in request.stream():
        size += len(part)
        check_size(size)
        digest.update(part)
        body.write(part)
    body.seek(0)
    return digest.hexdigest()


def is_by_line(kind: str, feed: Feed) -> bool:
    """Return whether each line of such a file stands for itself."""
    return kind in {CSV, NDJSON} and not feed.fill_down


async def read_chunks(
    body: IO[bytes], kind: str, feed: Feed, mode: str, lines: Lines | None = None
) -> AsyncGenerator[Chunk]:
    """Read a file a chunk at a time; what has a header must have the feed's columns.

    Args:
        lines: lets through the lines that are to be read; all of them when not given.

    Raises:
        MissingColumnsError: its columns are not those of the feed.
        UnreadableFileError: hardly a line of it can be read, or too many cannot.
    """
    first = kind != NDJSON
    good = bad = 0
    async for chunk in _chunks(body, kind, feed, lines):
        if first:
            deliveries.check_columns(feed, chunk, mode)
        first = False
        good, bad = good + chunk.frame.height, bad + len(chunk.bad)
        if chunk.bad and (bad >= MAX_BAD or (lines is None and bad >= MANY_BAD > good)):
            raise _unreadable(good, bad, chunk.bad)
        yield chunk


def _unreadable(good: int, bad: int, lines: Sequence[BadLine]) -> UnreadableFileError:
    """Refuse a file that is another one than its feed means: each bad line would be kept."""
    [seen] = bad_line_verdicts(lines[-1:])
    return UnreadableFileError(
        f"前 {good + bad} 行中有 {bad} 行读不出，其后的没有再读；第 {seen.row} 行：{seen.message}",
        f"{bad} of the first {good + bad} lines cannot be read, and the rest was not looked at;"
        f" line {seen.row}: {seen.message}",
        fixes=["核对分隔符、引号与编码，改正后重发 (check delimiter, quotes and encoding)"],
    )


def _chunks(body: IO[bytes], kind: str, feed: Feed, lines: Lines | None) -> AsyncGenerator[Chunk]:
    stream: Any = body
    encoding = feed.encoding
    if encoding == UTF16 and kind in {CSV, HTML}:
        stream, encoding = BufferedReader(Utf16(stream)), "utf-8"
    match kind:
        case "text/csv":
            if feed.widths:
                stream = BufferedReader(FixedWidth(stream, feed.widths, encoding))
            table: Any = Table(stream, feed.layout, encoding, feed.delimiter)
            table = table if lines is None else lines.over(table)
            return _in_thread(as_rows(read_csv(table, encoding, feed.delimiter), feed))
        case "application/x-ndjson":
            stream = stream if lines is None else lines.over(stream)
            return _in_thread(read_ndjson(stream, feed))
        case _ if kind == HTML or is_page(body):
            return _in_thread(as_rows(read_html(stream, encoding, feed.layout), feed))
        case _:
            return _mended(read_spreadsheet(body, feed.layout), Rows(feed))


def is_page(body: IO[bytes]) -> bool:
    """Tell whether a spreadsheet is a web page under another name, as many exports are."""
    start = body.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n")
    body.seek(0)
    return start.startswith(b"<")


async def _in_thread(chunks: Iterator[Chunk]) -> AsyncGenerator[Chunk]:
    parts = _cut(chunks)
    while (chunk := await asyncio.to_thread(next, parts, None)) is not None:
        yield chunk


async def _mended(chunks: AsyncIterator[Chunk], rows: Rows) -> AsyncGenerator[Chunk]:
    async for chunk in chunks:
        yield rows.of(chunk)
    for chunk in rows.end():
        yield chunk


def _cut(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Cut chunks to at most 30,000 rows: more would make an event larger than a message may be."""
    for chunk in chunks:
        yield from chunk.cut(MAX_ROWS)
