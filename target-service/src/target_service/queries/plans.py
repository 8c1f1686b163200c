"""Read models of plans."""

from sqlalchemy import select

from shared.access.rules import Kind
from shared.access.sight import is_seen, narrowed
from shared.kit.database import Transaction
from shared.kit.paging import Page
from target_service.domain.plans import PlanState, steps_from
from target_service.queries.pages import Listed, filtered, page_of
from target_service.repository import goals
from target_service.repository.chain import not_found
from target_service.schemas import PlanDetail, PlanFilter, PlanView
from target_service.schemas.plan_reading import PlanImportKept
from target_service.tables import PlanImportRow, PlanRow


async def list_plans(tx: Transaction, wanted: Page, only: PlanFilter) -> Listed[PlanView]:
    """Return plans in the order of their keys."""
    query = select(PlanRow).where(PlanRow.withdrawn_at.is_(None))
    given = {name: only.told(name) for name in PlanFilter.model_fields}
    query = filtered(query, {getattr(PlanRow, name): value for name, value in given.items()})
    query = query.where(*await narrowed(tx, Kind.GOAL, PlanRow.scope, PlanRow.owner))
    rows, total, after = await page_of(tx, query, PlanRow.key, wanted)
    return Listed(
        items=[PlanView.model_validate(row.PlanRow) for row in rows], total=total, next_after=after
    )


async def get_plan(tx: Transaction, key: str, version: int | None) -> PlanDetail:
    """Return a plan as it stands, or as it was in an older version.

    Raises:
        NotFoundError: no plan has that key, or it has no such version.
    """
    await check_plan(tx, key)
    row = await tx.session.get_one(PlanRow, key)
    if version is not None and version != row.version:
        kept = await goals.find_version(tx, "plan", key, version)
        if kept is None:
            raise not_found("规划版本", "version of plan", f"{key}@{version}")
        return PlanDetail(**kept.document, may={}, blocked_by=[])
    can = steps_from(PlanState(row.state))
    view = PlanView.model_validate(row)
    return PlanDetail(**view.model_dump(), may={step.value: True for step in can}, blocked_by=[])


async def check_plan(tx: Transaction, key: str) -> None:
    """Refuse a plan that is not there for the reader.

    Raises:
        NotFoundError: it is so.
    """
    row = await tx.session.get(PlanRow, key)
    if row is None or not await is_seen(tx, Kind.GOAL, row.scope, row.owner, row.approver):
        raise not_found("规划", "plan", key)


async def get_import(tx: Transaction, key: str) -> PlanImportKept:
    """Return what was read of the last file of a plan, and what it became.

    Raises:
        NotFoundError: the plan came from no file.
    """
    row = await tx.session.get(PlanImportRow, key)
    plan = await tx.session.get(PlanRow, key)
    if row is None or plan is None or not await is_seen(tx, Kind.GOAL, plan.scope, plan.owner):
        raise not_found("规划文件", "file of a plan", key)
    return PlanImportKept.model_validate(row)
