"""Evidence files: typed by their content, addressed by it, kept in the service's own database.

So one backup holds everything, a file that is handed in twice is kept once, and what a link of
evidence names can never become another file. Source: contract "Who owns what".
"""

import asyncio
import hashlib
from collections.abc import AsyncIterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any, ClassVar, Final
from zipfile import BadZipFile, ZipFile

from sqlalchemy import LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.errors import DomainError, ErrorKind
from shared.kit.columns import Instant
from shared.kit.database import Transaction
from shared.kit.sql import text

MAX_FILE: Final = 50 * 1024 * 1024

_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_MAGIC: Final = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    # .doc, .xls and .ppt
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "application/x-ole-storage",
}
_PARTS: Final = {
    "word/document.xml": f"{_OFFICE}.wordprocessingml.document",
    "xl/workbook.xml": f"{_OFFICE}.spreadsheetml.sheet",
    "ppt/presentation.xml": f"{_OFFICE}.presentationml.presentation",
    "OFD.xml": "application/ofd",
}
"""What a part of that name makes of a zip."""


class FileColumns:
    """Columns of the table of files."""

    digest: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the content, in hexadecimal."""

    media_type: Mapped[str]
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    stored_by: Mapped[str]
    stored_at: Mapped[Instant] = mapped_column(server_default=func.now())


class FileTooLargeError(DomainError):
    """A file of more bytes than one may have."""

    kind: ClassVar = ErrorKind.TOO_LARGE
    code: ClassVar = "file-too-large"
    title_zh: ClassVar = "文件过大"
    title_en: ClassVar = "The file is too large"


class FileKindError(DomainError):
    """The content is of no kind that is taken."""

    kind: ClassVar = ErrorKind.UNSUPPORTED
    code: ClassVar = "file-kind"
    title_zh: ClassVar = "不接受这种文件"
    title_en: ClassVar = "Files of this kind are not taken"


class FileNotFoundHereError(DomainError):
    """No file has that digest."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "file-not-found"
    title_zh: ClassVar = "没有这个文件"
    title_en: ClassVar = "No such file"


@dataclass(frozen=True, slots=True)
class File:
    """A file that is kept."""

    digest: str
    media_type: str
    size: int


async def receive(parts: AsyncIterable[bytes]) -> bytes:
    """Return a body that comes in parts.

    Raises:
        FileTooLargeError: it goes on beyond the limit.
    """
    body = bytearray()
    async for part in parts:
        body += part
        if len(body) > MAX_FILE:
            raise FileTooLargeError(
                f"文件超过 {MAX_FILE >> 20} MiB",
                f"the file is larger than {MAX_FILE >> 20} MiB",
                fixes=["压缩图片或分成几个文件 (make its pictures smaller, or split it)"],
            )
    return bytes(body)


def media_type_of(content: bytes) -> str | None:
    """Return what a file is by its content, whatever it is called; None where it is not taken."""
    if content.startswith(b"PK"):
        return _in_zip(content)
    known = (name for magic, name in _MAGIC.items() if content.startswith(magic))
    return next(known, None) or ("text/plain" if _is_text(content) else None)


def _in_zip(content: bytes) -> str | None:
    try:
        names = set(ZipFile(BytesIO(content)).namelist())
    except BadZipFile:
        return None
    return next((kind for part, kind in _PARTS.items() if part in names), None)


def _is_text(content: bytes) -> bool:
    try:
        return bool(content) and "\x00" not in content.decode()
    except UnicodeDecodeError:
        return False


async def store(tx: Transaction, content: bytes, by: str) -> tuple[File, bool]:
    """Keep a file; return it and whether it is new.

    Raises:
        FileKindError: its content is of no kind that is taken.
    """
    kind = await asyncio.to_thread(media_type_of, content)
    if kind is None:
        raise FileKindError(
            "按内容不是 PDF、图片、Office、OFD 文件，也不是 UTF-8 文本",
            "by its content it is no PDF, picture, Office or OFD file, and no UTF-8 text",
            fixes=["另存为 PDF (save it as PDF)"],
        )
    digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
    added = await tx.session.scalar(
        text(
            "INSERT INTO file (digest, media_type, size, content, stored_by)"
            " VALUES (:digest, :kind, :size, :content, :by)"
            " ON CONFLICT (digest) DO NOTHING RETURNING digest"
        ),
        {"digest": digest, "kind": kind, "size": len(content), "content": content, "by": by},
    )
    return File(digest, kind, len(content)), added is not None


async def find(tx: Transaction, digest: str) -> File | None:
    """Return what is known of a file; None where there is none."""
    rows = await tx.session.execute(
        text("SELECT digest, media_type, size FROM file WHERE digest = :digest"),
        {"digest": digest},
    )
    row = rows.one_or_none()
    return None if row is None else File(row.digest, row.media_type, row.size)


async def read(tx: Transaction, digest: str) -> tuple[File, bytes]:
    """Return a file and its content.

    Raises:
        FileNotFoundHereError: there is none.
    """
    rows = await tx.session.execute(
        text("SELECT digest, media_type, size, content FROM file WHERE digest = :digest"),
        {"digest": digest},
    )
    row: Any = rows.one_or_none()
    if row is None:
        raise FileNotFoundHereError(f"没有文件 {digest}", f"no file {digest}")
    return File(row.digest, row.media_type, row.size), bytes(row.content)
