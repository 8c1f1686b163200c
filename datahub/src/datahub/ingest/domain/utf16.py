"""“Unicode text” of Excel, UTF-16 with its byte-order mark, on its way to the readers of UTF-8.

Source: ``dirty_cases`` (encodings); our default where none is.
"""

import codecs
import io
from typing import BinaryIO

from typing_extensions import Buffer, override

from datahub.ingest.domain.reading import CHUNK_BYTES, UTF16, UnreadableFileError


class Utf16(io.RawIOBase):
    """A text of UTF-16 as UTF-8; bytes that are no text are marked as `decoded` does."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(UTF16)("helix8-mark")
        self._ready = b""
        self._is_begin = True

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        """Fill a buffer.

        Raises:
            UnreadableFileError: there is no byte-order mark.
        """
        room = memoryview(buffer).cast("B")
        part = b"more"
        while not self._ready and part:
            part = self._stream.read(CHUNK_BYTES // 8)
            if self._is_begin and part:
                _check_mark(part)
                self._is_begin = False
            self._ready = self._decoder.decode(part, final=not part).encode()
        piece, self._ready = self._ready[: len(room)], self._ready[len(room) :]
        room[: len(piece)] = piece
        return len(piece)


def _check_mark(part: bytes) -> None:
    if not part.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnreadableFileError(
            "文件不是带字节顺序标记（BOM）的 UTF-16",
            "the file is not UTF-16 with its byte-order mark",
            fixes=["按约定的编码另存，或改 format.encoding (save it so, or name another)"],
        )
