"""Take a body apart into events: a statement, a list of them, or a Caliper envelope of them.

Each event keeps the very text that its source wrote, and is decoded when its turn comes: a large
body costs its own size and no more. Nothing here looks at what an event says.
Source: Caliper 1.1 and 1.2 (envelope ``sensor``, ``sendTime``, ``data``); xAPI 1.0.3 (statements).
"""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, ClassVar, Final, NamedTuple

import msgspec

from datahub.ingest.domain import repeats
from datahub.ingest.domain.reading import CHUNK_BYTES, MAX_LINE_BYTES
from shared.errors import DomainError, ErrorKind

_HEAD: Final = 1_000
MAX_DEPTH: Final = 32
"""As everywhere in JSON that we take."""


class Unreadable(NamedTuple):
    """Stands in the place of an event whose text is no JSON."""


class Piece(NamedTuple):
    """One event of a body."""

    text: str
    """As its source wrote it."""

    event: object
    """What is decoded of it, or `Unreadable`."""


class EventsUndecodableError(DomainError):
    """A document that is no JSON: none of its events can be told from the others."""

    kind: ClassVar = ErrorKind.MALFORMED
    code: ClassVar = "events-undecodable"
    title_zh: ClassVar = "内容不是合法的 JSON"
    title_en: ClassVar = "The body is no JSON"


class _Envelope(msgspec.Struct):
    sensor: msgspec.Raw
    data: list[msgspec.Raw]


def pieces(body: bytes) -> Iterator[Piece]:
    """Yield the events of one JSON document.

    Raises:
        EventsUndecodableError: it is no JSON.
    """
    try:
        parts = _parts(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EventsUndecodableError(
            f"不是合法的 UTF-8 JSON：{error}",
            f"no JSON in UTF-8: {error}",
            fixes=["一行一个事件时用 application/x-ndjson (a line an event: application/x-ndjson)"],
        ) from error
    return (_decoded(bytes(part)) for part in parts)


def _parts(body: bytes) -> Sequence[bytes | msgspec.Raw]:
    """Return the texts of the events, none of them decoded.

    Raises:
        msgspec.DecodeError: the document is no JSON.
    """
    msgspec.json.decode(body, type=msgspec.Raw)
    if body.lstrip().startswith(b"["):
        return msgspec.json.decode(body, type=list[msgspec.Raw])
    try:
        return msgspec.json.decode(body, type=_Envelope).data
    except msgspec.ValidationError:
        return [body.strip()]


def _decoded(text: bytes) -> Piece:
    if len(text) > MAX_LINE_BYTES:
        return _unreadable(text)
    try:
        event = msgspec.json.decode(text)
        is_bad = _is_too_deep(event) or _repeats_a_name(text, event)
        return _unreadable(text) if is_bad else Piece(text.decode(), event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _unreadable(text)


def _is_too_deep(event: object) -> bool:
    layer: list[object] = [event]
    for _ in range(MAX_DEPTH):
        layer = [
            inner
            for each in layer
            for inner in (
                each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
            )
        ]
    return bool(layer)


def _repeats_a_name(text: bytes, event: object) -> bool:
    if repeats.is_clear(text, repeats.names_in(event)):
        return False
    return repeats.repeated_in(repeats.read_marked(text)) is not None


def _unreadable(text: bytes) -> Piece:
    return Piece(text[:_HEAD].decode("utf-8", "replace"), Unreadable())


def lines(stream: BinaryIO) -> Iterator[Piece]:
    """Yield the events of lines, each of which is a document of its own.

    A line that is no JSON, or too long, costs itself alone.
    """
    while line := stream.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            _skip_line(stream)
            yield _unreadable(line)
        elif line.strip():
            yield from _line(line.strip())


def _line(line: bytes) -> Iterator[Piece]:
    try:
        yield from pieces(line)
    except EventsUndecodableError:
        yield _unreadable(line)


def _skip_line(stream: BinaryIO) -> None:
    while (rest := stream.readline(CHUNK_BYTES)) and not rest.endswith(b"\n"):
        pass


def given(events: Sequence[object]) -> Iterator[Piece]:
    """Yield events that are decoded already."""
    for event in events:
        if isinstance(event, repeats.Repeating):
            yield _unreadable(event.raw.encode())
        else:
            yield Piece(msgspec.json.encode(event).decode(), event)
