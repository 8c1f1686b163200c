"""Read models of goals."""

from sqlalchemy import select

from shared.kit.database import Transaction
from shared.kit.paging import Page
from target_service.queries.attainments import judged_bindings, read_attainment
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


async def get_goal(tx: Transaction, key: str) -> GoalDetail:
    """Return a goal with the attainments of its bindings.

    Raises:
        NotFoundError: no goal has that key.
    """
    row = await tx.session.get(GoalRow, key)
    if row is None:
        raise not_found("目标", "goal", key)
    rows = await tx.session.execute(
        judged_bindings().where(BindingRow.goal == key).order_by(BindingRow.key)
    )
    goal = GoalView.model_validate(row)
    return GoalDetail(**goal.model_dump(), attainments=[read_attainment(each) for each in rows])
