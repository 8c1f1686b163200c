"""Frames between the service and the processes that make files: a head in JSON, bytes behind it.

By the standard library alone: whatever else a process loads, every one of them keeps.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

PREFIX: Final = 8
"""Bytes before the head: how long it is, and how much follows it."""


def packed(head: Mapping[str, Any], tail: bytes = b"") -> bytes:
    """Return a frame."""
    told = json.dumps(head, ensure_ascii=False).encode()
    return len(told).to_bytes(4, "big") + len(tail).to_bytes(4, "big") + told + tail


def sizes(prefix: bytes) -> tuple[int, int]:
    """Return how many bytes of head and tail follow."""
    return int.from_bytes(prefix[:4], "big"), int.from_bytes(prefix[4:], "big")


def files_of(head: Mapping[str, Any], tail: bytes) -> dict[str, bytes]:
    """Return the files of an answer: by format, one behind the other."""
    files: dict[str, bytes] = {}
    begin = 0
    for kind, size in head["files"].items():
        files[kind] = tail[begin : begin + size]
        begin += size
    return files
