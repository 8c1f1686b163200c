"""Read models of standards."""

from sqlalchemy import func, select, true

from shared.kit.database import Transaction
from shared.kit.paging import Page
from target_service.queries.pages import Listed, filtered, page_of
from target_service.repository.chain import not_found
from target_service.schemas import StandardView
from target_service.tables import StandardRow


async def list_standards(
    tx: Transaction, wanted: Page, *, indicator: str | None
) -> Listed[StandardView]:
    """Return the newest version of each standard, in the order of their keys."""
    other = select(func.max(StandardRow.version).label("version"), StandardRow.key.label("key"))
    newest = other.group_by(StandardRow.key).subquery()
    query = select(StandardRow).join(
        newest,
        (newest.c.key == StandardRow.key) & (newest.c.version == StandardRow.version),
    )
    query = query.where(StandardRow.withdrawn_at.is_(None))
    query = filtered(query, {StandardRow.indicator: indicator})
    rows, total, after = await page_of(tx, query, StandardRow.key, wanted)
    return Listed(
        items=[StandardView.model_validate(row.StandardRow) for row in rows],
        total=total,
        next_after=after,
    )


async def get_standard(tx: Transaction, key: str, version: int | None) -> StandardView:
    """Return a version of a standard, the newest when none is named.

    Raises:
        NotFoundError: there is no such version.
    """
    query = select(StandardRow).where(
        StandardRow.key == key, StandardRow.version == version if version else true()
    )
    row = await tx.session.scalar(query.order_by(StandardRow.version.desc()).limit(1))
    if row is None:
        raise not_found("标准", "standard", key)
    return StandardView.model_validate(row)
