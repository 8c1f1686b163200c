"""Evidence files: typed by their content, addressed by it, kept in the service's own database.

So one backup holds everything, a file that is handed in twice is kept once, and what a link of
evidence names can never become another file. Source: contract "Who owns what".
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterable, Mapping
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

_END_OF_ZIP: Final = b"PK\x05\x06"
_END_OF_ZIP64: Final = b"PK\x06\x07"
_LAST_OF_ZIP: Final = 22 + 0xFFFF
"""The end of a zip: its record, and a comment."""

_MOST_LISTED: Final = 1 << 20
"""Bytes of the list of parts of a zip: more than ten thousand parts. Each takes ten times as much
when the list is read, and 50 MiB may list a million."""

_MACROS: Final = "vbaProject.bin"
"""A part of that name makes an Office file a program."""

TEXT: Final = "text/plain"
_OLE: Final = "application/x-ole-storage"
_DECLARED: Final[Mapping[str, set[str] | None]] = {
    **{kind: {kind} for kind in (*_MAGIC.values(), *_PARTS.values())},
    "application/octet-stream": None,
    # What is sent where nobody says what it is.
    "application/x-www-form-urlencoded": None,
    "image/jpg": {"image/jpeg"},
    "application/msword": {_OLE},
    "application/vnd.ms-powerpoint": {_OLE},
    # Browsers call a CSV so where Excel is there.
    "application/vnd.ms-excel": {_OLE, TEXT},
    "application/csv": {TEXT},
    "application/json": {TEXT},
}
"""What a file may be that is said to be of a media type; None: anything that is taken. Any
``text/…`` but those that browsers run may be text."""

_RUN: Final = frozenset({"text/html", "text/xml", "text/javascript", "text/ecmascript"})
_CONTROLS: Final = bytes({*range(32), 127} - {*b"\t\n\f\r"})
_STARTS: Final = ("#!", "%!", "{\\rtf", "<?", "@echo", "mime-version:")
"""Of text that a program runs or draws: scripts, PostScript, RTF, XML, PHP, archives of pages."""

_HTML: Final = re.compile(
    r"(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype|html|head|script|iframe|h1|div|font|table|a|style|title|b"
    r"|body|br|p|svg|math|form|img|object|embed|meta|link|base)[\s/>]",
    re.DOTALL,
)
"""How text begins that a browser takes for HTML. Source: WHATWG MIME Sniffing, 7.1."""

_ACTIVE: Final = re.compile(r"<\s*(?:script|svg|iframe|object|embed|foreignobject)[\s/>]")
"""What runs wherever it stands in a page."""


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


async def receive(parts: AsyncIterable[bytes], length: str | None = None) -> bytes:
    """Return a body that comes in parts.

    Args:
        length: what the head says that it has: of one that says too much nothing is read.

    Raises:
        FileTooLargeError: it goes on beyond the limit.
    """
    body = bytearray()
    if length and length.isdigit() and int(length) > MAX_FILE:
        raise _too_large()
    async for part in parts:
        body += part
        if len(body) > MAX_FILE:
            raise _too_large()
    return bytes(body)


def _too_large() -> FileTooLargeError:
    return FileTooLargeError(
        f"文件超过 {MAX_FILE >> 20} MiB",
        f"the file is larger than {MAX_FILE >> 20} MiB",
        fixes=["压缩图片或分成几个文件 (make its pictures smaller, or split it)"],
    )


def media_type_of(content: bytes) -> str | None:
    """Return what a file is by its content, whatever it is called; None where it is not taken."""
    if content.startswith(b"PK"):
        return _in_zip(content)
    known = (name for magic, name in _MAGIC.items() if content.startswith(magic))
    return next(known, None) or (TEXT if _is_text(content) else None)


def check_declared(kind: str, declared: str | None) -> None:
    """Refuse a file that is said to be another kind than it is.

    Args:
        declared: the media type that came with it, with or without parameters; None for none.

    Raises:
        FileKindError: it is not what it is said to be.
    """
    said = (declared or "application/octet-stream").partition(";")[0].strip().lower()
    if said.startswith("text/") and said not in _RUN:
        fitting: set[str] | None = {TEXT}
    elif said.startswith("application/wps-office."):
        fitting = {_OLE, *_PARTS.values()}
    else:
        fitting = _DECLARED.get(said, set())
    if fitting is not None and kind not in fitting:
        raise FileKindError(
            f"声明的类型是 {said}，内容却是 {kind}",
            f"it is declared as {said}, and is {kind}",
            fields={"header.content-type": [f"{kind} 或不写 (or none)"]},
            fixes=["按文件的真实类型上传 (upload it as what it is)"],
        )


def _in_zip(content: bytes) -> str | None:
    if _listed(content) > _MOST_LISTED:
        return None
    try:
        names = set(ZipFile(BytesIO(content)).namelist())
    except (BadZipFile, NotImplementedError, ValueError, OSError):
        return None
    if any(each.endswith(_MACROS) for each in names):
        return None
    return next((kind for part, kind in _PARTS.items() if part in names), None)


def _listed(content: bytes) -> int:
    """Return how many bytes the list of the parts of a zip has; more than any where it is odd."""
    end = content.rfind(_END_OF_ZIP, -_LAST_OF_ZIP)
    if end < 0 or len(content) < end + 22 or content[end - 20 :].startswith(_END_OF_ZIP64):
        return MAX_FILE
    return int.from_bytes(content[end + 12 : end + 16], "little")


def _is_text(content: bytes) -> bool:
    """Return whether a file is text that nothing runs: no program, no page, no drawing."""
    try:
        said = content.decode().removeprefix("\ufeff").strip().lower()
    except UnicodeDecodeError:
        return False
    if not said or len(content.translate(None, _CONTROLS)) < len(content):
        return False
    return not (said.startswith(_STARTS) or _HTML.match(said) or _ACTIVE.search(said))


async def store(
    tx: Transaction, content: bytes, by: str, declared: str | None = None
) -> tuple[File, bool]:
    """Keep a file, and that somebody uploaded it: he may name it, and read it again.

    Returns:
        The file, and whether it is new to him: whether another has it he is not told.

    Args:
        declared: the media type that came with it.

    Raises:
        FileKindError: its content is of no kind that is taken, or not of the declared one.
    """
    kind = await asyncio.to_thread(media_type_of, content)
    if kind is None:
        raise FileKindError(
            "按内容不是 PDF、图片、无宏的 Office、OFD 文件，也不是 UTF-8 纯文本（程序与网页不收）",
            "by its content it is no PDF, picture, OFD, Office file without macros, or plain text"
            " in UTF-8; programs and pages are not taken",
            fixes=["另存为 PDF (save it as PDF)"],
        )
    check_declared(kind, declared)
    digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
    await tx.session.execute(
        text(
            "INSERT INTO file (digest, media_type, size, content, stored_by)"
            " VALUES (:digest, :kind, :size, :content, :by)"
            " ON CONFLICT (digest) DO NOTHING"
        ),
        {"digest": digest, "kind": kind, "size": len(content), "content": content, "by": by},
    )
    added = await tx.session.scalar(
        text(
            'INSERT INTO evidence_upload (digest, "by") VALUES (:digest, :by)'
            " ON CONFLICT DO NOTHING RETURNING digest"
        ),
        {"digest": digest, "by": by},
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
