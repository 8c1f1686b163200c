"""Read the work list."""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    TextClause,
    and_,
    bindparam,
    false,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from shared.contracts.vocabulary import level_of
from shared.kit.database import Transaction
from shared.kit.identity import Caller
from shared.kit.paging import Page
from shared.scopes import MOST_STEPS
from spiral_service.queries.paging import find_page
from spiral_service.repository.scopes import led_by
from spiral_service.schemas.work import WorkFilter, WorkItem
from spiral_service.tables import ScopeRow, WorkItemRow

_WITHIN: Final = """
    EXISTS (
      WITH RECURSIVE above (scope, steps) AS (
          SELECT work_item.scope, 0
          UNION
          SELECT parent, a.steps + 1
            FROM above a JOIN scope s ON s.scope = a.scope CROSS JOIN unnest(s.parents) AS parent
           WHERE a.steps < :most)
      SELECT FROM above WHERE scope = ANY(:led))
"""
"""Whether a step is of one of some scopes, or of one that lies in them."""


async def list_work(
    tx: Transaction, only: WorkFilter, caller: Caller, page: Page
) -> tuple[list[WorkItem], int | None, list[Any] | None]:
    """Return a page of human steps, the first due first; of the caller's own if asked for."""
    query: Select[*tuple[Any, ...]] = select(WorkItemRow, ScopeRow.name_zh, ScopeRow.name_en)
    query = query.outerjoin(ScopeRow, ScopeRow.scope == WorkItemRow.scope)
    query = query.where(WorkItemRow.state == only.state)
    if only.scope is not None:
        query = query.where(WorkItemRow.scope == only.scope)
    if only.mine:
        query = query.where(await _may_do(tx, caller))
    order = (WorkItemRow.due_at, WorkItemRow.step)
    rows, total, after = await find_page(tx, query, order, str, page, rises=True)
    return [_work(row) for row in rows], total, after


async def _may_do(tx: Transaction, caller: Caller) -> ColumnElement[bool]:
    """Return what a step has to be for the caller to do it: never what he began himself."""
    if not caller.subject.startswith("person/"):
        return false()
    known = await tx.session.scalars(select(WorkItemRow.permission).distinct())
    held = [each for each in known if caller.may(each)]
    free = [each for each in held if caller.may(f"{each.partition(':')[0]}:every-scope")]
    me = f"teacher/{caller.subject.partition('/')[2]}"
    led = await led_by(tx, me)
    units = [each for each in led if each.startswith("unit/")]
    # All lies in the school, whether units name it or not.
    is_led: Any = true() if any(each.startswith("school/") for each in led) else _within(led)
    return and_(
        WorkItemRow.permission.in_(held),
        WorkItemRow.not_by != caller.subject,
        or_(
            WorkItemRow.permission.in_(free),
            and_(WorkItemRow.role == "leader", is_led),
            # Whoever leads a unit does what is the unit's.
            WorkItemRow.owners.overlap([caller.subject, me, *units]),
        ),
    )


def _within(led: list[str]) -> TextClause:
    return text(_WITHIN).bindparams(
        bindparam("led", led, ARRAY(Text())), bindparam("most", MOST_STEPS)
    )


def _work(row: Row[*tuple[Any, ...]]) -> WorkItem:
    item: WorkItemRow = row.WorkItemRow
    named = {
        "scope_name": row.name_zh or item.scope,
        "scope_name_en": row.name_en,
        "level": level_of(item.scope),
    }
    said = {name: getattr(item, name) for name in WorkItem.model_fields if hasattr(item, name)}
    return WorkItem.model_validate(said | named)
