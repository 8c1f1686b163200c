"""Keep the versions of a college's templates: each is stored once and never changed."""

from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from report_service.tables import TemplateRow
from shared.kit.database import Transaction


async def add_template(tx: Transaction, row: dict[str, Any]) -> int:
    """Store the next version of a template; return its number."""
    await tx.session.execute(
        text("SELECT pg_advisory_xact_lock(830, hashtext(:kind))"), {"kind": row["kind"]}
    )
    newest = await tx.session.scalar(
        select(func.max(TemplateRow.version)).where(TemplateRow.kind == row["kind"])
    )
    version = (newest or 1000) + 1
    await tx.session.execute(insert(TemplateRow).values(row | {"version": version}))
    return version


async def read_template(tx: Transaction, kind: str, version: int) -> TemplateRow | None:
    """Return a version of a template."""
    return await tx.session.get(TemplateRow, (kind, version))


async def templates_of(tx: Transaction, kind: str) -> list[TemplateRow]:
    """Return the versions of a template, the newest first."""
    rows = await tx.session.scalars(
        select(TemplateRow).where(TemplateRow.kind == kind).order_by(TemplateRow.version.desc())
    )
    return list(rows)
