"""Who handed in which file."""

from collections.abc import Collection

from sqlalchemy import select

from shared.kit.database import Transaction
from spiral_service.tables import EvidenceUploadRow


async def uploaded_by(tx: Transaction, digests: Collection[str], by: str) -> set[str]:
    """Return those of some files that somebody has uploaded."""
    rows = await tx.session.scalars(
        select(EvidenceUploadRow.digest).where(
            EvidenceUploadRow.digest.in_(digests), EvidenceUploadRow.by == by
        )
    )
    return set(rows)
