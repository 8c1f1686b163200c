"""The recent alert facts of the stream, kept so that a reader can go on where it was cut off.

Source: HTML standard, server-sent events; the number kept is our default.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

import msgspec

KEPT: Final = 1000
"""Frames that are kept for readers who come back."""

FACTS: Final = frozenset({"raised", "merged", "held", "acknowledged", "settled"})


@dataclass(frozen=True, slots=True)
class Frame:
    """One server-sent event."""

    seq: int
    """Sequence in the stream of facts; also the event's ``id``."""

    data: bytes
    bare: bytes = b""
    """That it happened, without what: for those who do not see every alert."""


RESTRICTED: Final = frozenset({"welfare", "psychological"})
"""Families of alerts that live streams do not carry: who may see them reads the list."""


class _About(msgspec.Struct):
    family: str = ""


def _family(data: msgspec.Raw) -> str:
    return msgspec.json.decode(data, type=_About).family


class _Envelope(msgspec.Struct):
    type: str
    data: msgspec.Raw


def frame_of(seq: int, payload: bytes) -> Frame | None:
    """Return the frame of a CloudEvent; None for a fact that readers do not get.

    Raises:
        msgspec.DecodeError: it is no CloudEvent.
    """
    envelope = msgspec.json.decode(payload, type=_Envelope)
    event = envelope.type.split(".")[-2]
    if event not in FACTS or _family(envelope.data) in RESTRICTED:
        return None
    # A line break in JSON stands between tokens only; in a frame it would end the data.
    data = bytes(envelope.data).replace(b"\n", b" ").replace(b"\r", b" ")
    form = b"id: %d\nevent: %s\ndata: %s\n\n"
    name = event.encode()
    return Frame(seq, form % (seq, name, data), form % (seq, name, b"{}"))


class Recent:
    """The newest frames.

    Every fact with a sequence above ``floor`` is here; what lies at or below it must be read
    from the stream.
    """

    def __init__(self, floor: int) -> None:
        self.floor = floor
        self.last = floor
        self._frames: deque[Frame] = deque()

    def add(self, frame: Frame) -> None:
        """Keep a frame; the oldest goes when there are too many."""
        self._frames.append(frame)
        self.last = frame.seq
        if len(self._frames) > KEPT:
            self.floor = self._frames.popleft().seq

    def after(self, seq: int) -> list[Frame]:
        """Return the frames behind ``seq`` that are here, oldest first."""
        return [frame for frame in self._frames if frame.seq > seq]
