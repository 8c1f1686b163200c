"""Seal what was written, and tell whether what is sealed is still what it was."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from gateway.audit import repository
from gateway.audit.domain.sealing import START, digest_of
from gateway.tables import AuditBlockRow
from shared.contracts.gateway import AuditSealed
from shared.kit.database import Database, Transaction


async def seal_next(tx: Transaction, until: int) -> bool:
    """Seal one more block up to an entry; return whether there was anything to seal.

    Only one process seals at a time; another finds nothing to do.
    """
    if not await repository.may_seal(tx):
        return False
    block = await repository.seal(tx, until)
    if block is None:
        return False
    tx.publish(
        AuditSealed(
            block=block.number,
            entries=block.entries,
            last_seq=block.last_seq,
            digest=block.digest.hex(),
        ),
        "audit",
        subject=f"audit-block/{block.number}",
    )
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a verification found."""

    blocks: int
    entries: int
    """Sealed ones that are as they were."""

    digest: str
    """Of the last good block, hex; to be kept elsewhere, and given as ``--expect`` next time."""

    broken: str
    """What is wrong, in Chinese and English; empty when all is well."""


async def verify(database: Database, expected: tuple[int, str] | None = None) -> Finding:
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


async def _sealed(
    database: Database,
) -> AsyncGenerator[tuple[AuditBlockRow, list[dict[str, Any]]]]:
    """Yield every block with its entries, by rising number."""
    number, last = 0, 0
    while True:
        async with database.transaction() as tx:
            blocks = await repository.blocks_after(tx, number, 1)
            entries = await repository.entries_between(
                tx, last, blocks[0].last_seq if blocks else last
            )
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

    def follow(self, block: AuditBlockRow, entries: list[dict[str, Any]]) -> bool:
        """Add a block; return False where it is not what was sealed."""
        found = digest_of(self.digest, entries)
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
