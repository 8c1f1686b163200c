"""Seal what was written, and tell the others of each block."""

from shared.contracts.gateway import AuditSealed
from shared.kit.audit import verifying
from shared.kit.database import Transaction


async def seal_next(tx: Transaction, until: int) -> bool:
    """Seal one more block up to an entry; return whether there was anything to seal."""
    block = await verifying.seal_next(tx, until)
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
