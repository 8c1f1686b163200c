"""Who handed in which file."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from shared.kit.database import Transaction
from spiral_service.tables import EvidenceUploadRow


async def note_upload(tx: Transaction, digest: str, by: str) -> None:
    """Remember who has uploaded a file."""
    row = insert(EvidenceUploadRow).values(digest=digest, by=by)
    await tx.session.execute(row.on_conflict_do_nothing())


async def uploaded_by(tx: Transaction, digests: Collection[str], by: str) -> set[str]:
    """Return those of some files that somebody has uploaded."""
    rows = await tx.session.scalars(
        select(EvidenceUploadRow.digest).where(
            EvidenceUploadRow.digest.in_(digests), EvidenceUploadRow.by == by
        )
    )
    return set(rows)
