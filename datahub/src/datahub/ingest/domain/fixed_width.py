"""Lines whose cells have fixed widths, as old systems write them, on their way to the CSV reader.

Widths count what the source counted: the bytes of GB 18030 and Big5 (a Chinese character is two),
elsewhere the characters. Source: our default.
"""

import codecs
import io
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import BinaryIO, Final

from typing_extensions import Buffer, override

from datahub.ingest.domain.reading import CHINESE_BYTES, MAX_LINE_BYTES

SIGN: Final = "\x1f"
"""Stands between the cells of a line that was cut."""

_SIGN: Final = SIGN.encode()
_ROOM: Final = 1024 * 1024


class FixedWidth(io.RawIOBase):
    """A stream of such lines as CSV, cut by `SIGN`.

    A line that is longer has one cell more, and one that ends before its last cell begins has
    fewer: the reader refuses both. Blanks at the end of a line are often not written.
    """

    def __init__(self, stream: BinaryIO, widths: Sequence[int], encoding: str) -> None:
        self._stream = stream
        self._ends = [*accumulate(widths)]
        self._is_bytes = encoding in CHINESE_BYTES
        self._ready = b""
        self._is_begin = True
        self._is_long = False
        """Whether the line that was read last goes on: it is too long, and the reader says so."""

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        """Fill a buffer."""
        room = memoryview(buffer).cast("B")
        while not self._ready and (lines := [*self._lines()]):
            self._ready = b"".join(map(self._cut, lines))
        piece, self._ready = self._ready[: len(room)], self._ready[len(room) :]
        room[: len(piece)] = piece
        return len(piece)

    def _lines(self) -> Iterator[bytes]:
        size = 0
        while size < _ROOM and (line := self._stream.readline(MAX_LINE_BYTES)):
            size += len(line)
            yield line

    def _cut(self, line: bytes) -> bytes:
        if self._is_begin:
            line = line.removeprefix(codecs.BOM_UTF8)
            self._is_begin = False
        was_long, self._is_long = self._is_long, len(line) == MAX_LINE_BYTES and line[-1:] != b"\n"
        whole = line.rstrip(b"\r\n")
        if was_long or self._is_long or not whole:
            return line
        if self._is_bytes:
            cells = [whole[begin:end] for begin, end in self._places(len(whole))]
        else:
            text = whole.decode("utf-8", "surrogateescape")
            cells = [
                text[begin:end].encode("utf-8", "surrogateescape")
                for begin, end in self._places(len(text))
            ]
        return _SIGN.join(map(_quoted, cells)) + b"\n"

    def _places(self, size: int) -> list[tuple[int, int]]:
        """Return where the cells of a line stand."""
        places = [
            (begin, end)
            for begin, end in zip([0, *self._ends[:-1]], self._ends, strict=True)
            if begin <= size
        ]
        return [*places, (self._ends[-1], size)] if size > self._ends[-1] else places


def _quoted(cell: bytes) -> bytes:
    return b'"' + cell.replace(b'"', b'""') + b'"' if b'"' in cell else cell
