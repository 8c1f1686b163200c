"""Clocked work of access: the signing keys followed, so that they rotate while everything runs."""

import asyncio
import json
from pathlib import Path
from typing import Final

import structlog
from joserfc.errors import JoseError

from gateway.access.usecases import TokenMint
from shared.kit.identity import TokenSigner

LOOK_SECONDS: Final = 1.0
SETTLE_SECONDS: Final = 6.0
"""Between publishing a key and signing by it: a service asks for keys every 5 s at most, and must
not meet one that it could not have heard of."""

log = structlog.get_logger()


async def follow_keys(mint: TokenMint, path: Path) -> None:
    """Sign with the newest key of the file whenever it changes, for ever.

    Services fetch the public keys anew for a key that they do not know; the one before stays in
    the set as long as its tokens live. A set that cannot be read changes nothing.
    """
    seen = await asyncio.to_thread(_read, path)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        written = await asyncio.to_thread(_read, path)
        if written == seen:
            continue
        seen = written
        try:
            mint.announce(TokenSigner(json.loads(written)))
        except (JoseError, ValueError, KeyError, TypeError, IndexError) as error:
            log.warning("signing_keys_refused", path=str(path), why=type(error).__name__)
            continue
        await asyncio.sleep(SETTLE_SECONDS)
        mint.renew()
        log.info("signing_keys_loaded")


def _read(path: Path) -> str:
    """Return what is written; nothing of a file that may not be read, or not yet."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
