"""How entries are sealed: each block's digest covers the one before it and every entry of its own.

Whoever changes, removes or inserts an entry must change every digest after it. Source: design
"Security" (append-only audit, chained by hash).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

START: Final = bytes(32)
"""What stands before the first block."""

MOST: Final = 1000
"""Entries of a block. Source: our default."""


def digest_of(before: bytes, entries: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the digest of a block.

    Args:
        before: the digest of the block before, `START` for the first.
        entries: every field of every entry, by rising ``seq``; instants in UTC, ISO 8601.
    """
    running = hashlib.sha256(before)
    for entry in entries:
        running.update(json.dumps(entry, sort_keys=True, ensure_ascii=False).encode())
        running.update(b"\n")
    return running.digest()
