"""Seal what was written, and tell whether what is sealed is still what it was."""

from dataclasses import dataclass
from typing import Final

from gateway.audit import repository
from gateway.audit.domain.sealing import START, digest_of
from shared.contracts.gateway import AuditSealed
from shared.kit.database import Database, Transaction

AT_ONCE: Final = 50
"""Blocks that are read in one go by a verification."""


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
    number, last, before, counted = 0, 0, START, 0
    is_expected = expected is None
    broken = ""
    while not broken:
        async with database.transaction() as tx:
            blocks = await repository.blocks_after(tx, number, AT_ONCE)
            for block in blocks:
                entries = await repository.entries_between(tx, last, block.last_seq)
                found = digest_of(before, entries)
                if block.number != number + 1 or found != block.digest:
                    broken = (
                        f"第 {number + 1} 块（序号 {last + 1}–{block.last_seq}）与封存时不一致"
                        f" · block {number + 1} (entries {last + 1}–{block.last_seq}) is not what"
                        " was sealed"
                    )
                    break
                number, last, before = block.number, block.last_seq, found
                counted += len(entries)
                is_expected = is_expected or expected == (number, found.hex())
        if not blocks:
            break
    if not broken and not is_expected:
        broken = "没有所给编号与摘要的块 · no block has the expected number and digest"
    return Finding(blocks=number, entries=counted, digest=before.hex(), broken=broken)
