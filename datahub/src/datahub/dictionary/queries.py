"""Versions of the dictionary as they are read."""

from typing import Any

from sqlalchemy import select

from datahub.dictionary.repository.versions import get_draft, get_version_row
from datahub.dictionary.tables import VersionRow
from shared.kit.database import Transaction


async def list_versions(tx: Transaction) -> list[dict[str, Any]]:
    """Return every version, the newest first."""
    rows = await tx.session.scalars(select(VersionRow).order_by(VersionRow.version.desc()))
    return [_version(row) for row in rows]


async def get_version(tx: Transaction, version: int) -> dict[str, Any]:
    """Return a version with what it changed, and the college's part of it.

    Raises:
        VersionNotFoundError: there is none of that number.
    """
    row = await get_version_row(tx, version)
    return {**_version(row), "differences": row.differences, "part": row.part}


async def draft_revision(tx: Transaction) -> int | None:
    """Return the revision of the draft; None where there is none."""
    draft = await get_draft(tx)
    return None if draft.part is None else draft.revision


def _version(row: VersionRow) -> dict[str, Any]:
    breaking = sum(each["breaking"] for each in row.differences)
    names = ("version", "base", "note", "published_by", "published_at")
    return {
        **{name: getattr(row, name) for name in names},
        "compatible": len(row.differences) - breaking,
        "breaking": breaking,
    }
