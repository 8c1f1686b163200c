"""Read models of bindings."""

from sqlalchemy import select

from shared.access.rules import Kind
from shared.access.sight import narrowed
from shared.kit.database import Transaction
from shared.kit.paging import Page
from target_service.domain.limits import read_limit
from target_service.domain.lines import Tier
from target_service.queries.attainments import IN_FORCE, all_bindings, read_attainment
from target_service.queries.pages import Listed, filtered, page_of
from target_service.repository.chain import not_found
from target_service.schemas import BindingDetail, BindingFilter, BindingView
from target_service.tables import BindingRow


async def list_bindings(
    tx: Transaction, wanted: Page, filter_: BindingFilter
) -> Listed[BindingView]:
    """Return bindings in the order of their keys."""
    asked = {getattr(BindingRow, name): getattr(filter_, name) for name in filter_.model_fields_set}
    query = filtered(select(BindingRow).where(IN_FORCE), asked)
    query = query.where(*await narrowed(tx, Kind.FIGURE, BindingRow.scope, BindingRow.owner))
    rows, total, after = await page_of(tx, query, BindingRow.key, wanted)
    return Listed(
        items=[read_binding(row.BindingRow) for row in rows], total=total, next_after=after
    )


async def get_binding(tx: Transaction, key: str) -> BindingDetail:
    """Return a binding with its attainment.

    Raises:
        NotFoundError: no binding has that key.
    """
    seen = await narrowed(tx, Kind.FIGURE, BindingRow.scope, BindingRow.owner)
    query = all_bindings().where(BindingRow.key == key, *seen)
    found = (await tx.session.execute(query)).one_or_none()
    if found is None:
        raise not_found("绑定", "binding", key)
    binding = read_binding(found.BindingRow)
    judged = read_attainment(found) if found.AttainmentRow else None
    return BindingDetail(**binding.model_dump(), attainment=judged)


def read_binding(row: BindingRow) -> BindingView:
    """Return a binding as answers show it."""
    leading = [row.target_in_force, *(row.tiers_in_force.get(tier.value) for tier in Tier)]
    limits = [read_limit(limit) for limit in leading if limit]
    fields = {name: getattr(row, name) for name in BindingView.model_fields if name != "direction"}
    return BindingView(**fields, direction=limits[0].direction.value if limits else None)
