"""Seal what was written, and tell whether what is sealed is still what it was."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from shared.kit.audit import rows
from shared.kit.audit.rows import Block, Tx
from shared.kit.audit.sealing import START, digest_of


class Opens(Protocol):
    """Opens transactions: see `shared.kit.database.Database`."""

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        """Open a transaction that commits at the end of its block."""


async def seal_next(tx: Tx, until: int) -> Block | None:
    """Seal one more block up to an entry; None where there is nothing to seal.

    Only one process seals at a time; another finds nothing to do.
    """
    return await rows.seal(tx, until) if await rows.may_seal(tx) else None


async def seal_all(database: Opens) -> None:
    """Seal everything that is committed by now."""
    async with database.transaction() as tx:
        until = await rows.written_up_to(tx)
    sealed: Block | None
    while True:
        async with database.transaction() as tx:
            sealed = await seal_next(tx, until)
        if sealed is None:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a verification found."""

    blocks: int
    entries: int
    """Sealed ones that are as they were."""

    digest: str
    """Of the last good block, hex; to be kept elsewhere, and expected next time."""

    broken: str
    """What is wrong, in Chinese and English; empty when all is well."""


async def verify(database: Opens, expected: tuple[int, str] | None = None) -> Finding:
    """Compute every block anew.

    Args:
        expected: number and digest (hex) of a block, as they were noted outside of the database.
    """
    chain = _Chain()
    met = expected is None
    async for block, entries in _sealed(database):
        if not chain.follow(block, entries):
            which = f"{chain.number + 1} ({chain.last + 1}–{block.last_seq})"
            return chain.finding(
                f"第 {which} 块与封存时不一致 · block {which} is not what was sealed"
            )
        met = met or expected == (chain.number, chain.digest.hex())
    missing = "没有所给编号与摘要的块 · no block has the expected number and digest"
    return chain.finding("" if met else missing)


async def _sealed(database: Opens) -> AsyncGenerator[tuple[Block, list[dict[str, Any]]]]:
    """Yield every block with its entries, by rising number."""
    number, last = 0, 0
    while True:
        async with database.transaction() as tx:
            blocks = await rows.blocks_after(tx, number, 1)
            until = blocks[0].last_seq if blocks else last
            entries = await rows.entries_between(tx, last, until)
        if not blocks:
            return
        yield blocks[0], entries
        number, last = blocks[0].number, blocks[0].last_seq


@dataclass(slots=True)
class _Chain:
    """The good blocks so far."""

    number: int = 0
    last: int = 0
    digest: bytes = START
    entries: int = 0

    def follow(self, block: Block, entries: list[dict[str, Any]]) -> bool:
        """Add a block; return False where it is not what was sealed."""
        # Of a retired block the digest alone is left; what follows it is held against that.
        is_retired = block.retired_at is not None and not entries
        found = block.digest if is_retired else digest_of(self.digest, entries)
        if (block.number, block.digest) != (self.number + 1, found):
            return False
        self.number, self.last, self.digest = block.number, block.last_seq, found
        self.entries += len(entries)
        return True

    def finding(self, broken: str) -> Finding:
        """Return what was found."""
        return Finding(
            blocks=self.number, entries=self.entries, digest=self.digest.hex(), broken=broken
        )
