"""Read models of goals."""

from datetime import date

from sqlalchemy import select

from shared.kit.database import Transaction
from shared.kit.paging import Page
from target_service.queries.attainments import judged_bindings, read_attainment
from target_service.queries.chain_view import dearest_parts, standing_of
from target_service.queries.history import attainments_as_of, standing_as_of
from target_service.queries.pages import Listed, filtered, page_of
from target_service.repository.chain import not_found
from target_service.schemas import GoalDetail, GoalView
from target_service.tables import BindingRow, GoalRow


async def list_goals(
    tx: Transaction, wanted: Page, *, scope: str | None, indicator: str | None
) -> Listed[GoalView]:
    """Return goals in the order of their keys."""
    query = select(GoalRow).where(GoalRow.withdrawn_at.is_(None))
    query = filtered(query, {GoalRow.scope: scope, GoalRow.indicator: indicator})
    rows, total, after = await page_of(tx, query, GoalRow.key, wanted)
    return Listed(
        items=[GoalView.model_validate(row.GoalRow) for row in rows], total=total, next_after=after
    )


async def get_goal(tx: Transaction, key: str, as_of: date | None = None) -> GoalDetail:
    """Return a goal, how it stands, and the attainments of its bindings.

    Args:
        as_of: tell the judgements that stood at the end of that day.

    Raises:
        NotFoundError: no goal has that key.
    """
    row = await tx.session.get(GoalRow, key)
    if row is None:
        raise not_found("目标", "goal", key)
    rows = await tx.session.execute(
        judged_bindings().where(BindingRow.goal == key).order_by(BindingRow.key)
    )
    attainments = [read_attainment(each) for each in rows]
    if as_of is not None:
        attainments = await attainments_as_of(tx, attainments, as_of)
    return GoalDetail(
        **GoalView.model_validate(row).model_dump(),
        standing=await (standing_as_of(tx, key, as_of) if as_of else standing_of(tx, key)),
        parts=[] if as_of else await dearest_parts(tx, key),
        attainments=attainments,
    )
