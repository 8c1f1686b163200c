"""Read the work list."""

from collections import Counter
from datetime import datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    and_,
    cast,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from shared.access.rules import Kind
from shared.access.sight import narrowed
from shared.calendar import CAMPUS
from shared.contracts.vocabulary import level_of
from shared.kit.database import Transaction
from shared.kit.identity import Caller
from shared.kit.paging import Page
from shared.kit.sql import text
from spiral_service.domain.standing import Actor
from spiral_service.queries.paging import find_page
from spiral_service.repository.scopes import led_by
from spiral_service.repository.work import permissions
from spiral_service.schemas.work import WorkCounts, WorkFilter, WorkItem
from spiral_service.tables import ScopeRow, WorkCallRow, WorkItemRow

_Call: Final = WorkCallRow
_NOBODY: Final = cast([], ARRAY(Text()))
_LED: Final = text(
    "WITH RECURSIVE inside (scope) AS (SELECT unnest(CAST(:led AS text[])) UNION"
    " SELECT s.scope FROM inside i JOIN scope s ON s.parents @> ARRAY[i.scope])"
    " SELECT scope FROM inside"
)
"""Some scopes, and those that lie in them."""

_SHOWN: Final = [name for name in WorkItem.model_fields if hasattr(WorkItemRow, name)]
_NAMES: Final = (*_SHOWN, "scope_name", "scope_name_en", "called")
_CALLED: Final = (
    select(func.coalesce(func.array_agg(aggregate_order_by(_Call.person, _Call.person)), _NOBODY))
    .where(_Call.step == WorkItemRow.step)
    .scalar_subquery()
)


async def list_work(
    tx: Transaction, only: WorkFilter, caller: Caller, page: Page, at: datetime
) -> tuple[list[WorkItem], int | None, list[Any] | None]:
    """Return a page of human steps, the first due first; of the caller's own if asked for."""
    query: Select[*tuple[Any, ...]] = select(
        *(getattr(WorkItemRow, name) for name in _SHOWN),
        func.coalesce(ScopeRow.name_zh, WorkItemRow.scope).label("scope_name"),
        ScopeRow.name_en.label("scope_name_en"),
        _CALLED.label("called"),
    )
    query = query.outerjoin(ScopeRow, ScopeRow.scope == WorkItemRow.scope)
    query = query.where(*await _wanted(tx, only, caller, at))
    order = (WorkItemRow.due_at, WorkItemRow.step)
    rows, total, after = await find_page(tx, query, order, str, page, rises=True)
    return [_work(row) for row in rows], total, after


async def find_link(tx: Transaction, step: str, caller: Caller) -> str | None:
    """Return the page of the portal where a step is done; None of one that is not there for him."""
    query = select(WorkItemRow.link).where(WorkItemRow.step == step)
    if conditions := await _seen(tx):
        query = query.where(or_(*conditions, await _may_do(tx, caller)))
    return await tx.session.scalar(query)


async def count_work(tx: Transaction, only: WorkFilter, caller: Caller, at: datetime) -> WorkCounts:
    """Return how much there is of what is wanted, and of what kinds."""
    ends = {due: _end(due, at) for due in ("today", "week")}
    rows = await tx.session.execute(
        select(
            WorkItemRow.kind,
            WorkItemRow.service,
            func.count().label("open"),
            func.count(WorkItemRow.overdue_since).label("overdue"),
            *(
                func.count().filter(WorkItemRow.due_at <= end).label(due)
                for due, end in ends.items()
            ),
        )
        .where(*await _wanted(tx, only, caller, at))
        .group_by(WorkItemRow.kind, WorkItemRow.service)
    )
    told: dict[str, Counter[str]] = {"by_kind": Counter(), "by_service": Counter()}
    total: Counter[str] = Counter()
    for row in rows:
        told["by_kind"][row.kind] += row.open
        told["by_service"][row.service] += row.open
        total.update({name: getattr(row, name) for name in ("open", "overdue", *ends)})
    sums = {name: total[name] for name in ("open", "overdue", *ends)}
    return WorkCounts.model_validate(sums | {name: dict(each) for name, each in told.items()})


async def _wanted(
    tx: Transaction, only: WorkFilter, caller: Caller, at: datetime
) -> list[ColumnElement[bool]]:
    """Return what steps have to be to be wanted."""
    found = [WorkItemRow.state == only.state]
    for column, value in (
        (WorkItemRow.scope, only.scope),
        (WorkItemRow.kind, only.kind),
        (WorkItemRow.service, only.service),
    ):
        if value is not None:
            found.append(column == value)
    if only.overdue is not None:
        none = WorkItemRow.overdue_since.is_(None)
        found.append(~none if only.overdue else none)
    if only.due is not None:
        found.append(WorkItemRow.due_at <= _end(only.due, at))
    if only.mine:
        found.append(await _may_do(tx, caller))
    elif conditions := await _seen(tx):
        found.append(or_(*conditions))
    return found


async def _seen(tx: Transaction) -> list[ColumnElement[bool]]:
    """Return what steps are seen by, one way or another; nothing for who sees everything."""
    conditions = await narrowed(tx, Kind.WORK, WorkItemRow.scope)
    return conditions and [*conditions, WorkItemRow.owners.overlap(sorted(tx.sight.himself))]


def _end(due: str, at: datetime) -> datetime:
    """Return the end of today, or of Sunday, on campus."""
    day = at.astimezone(CAMPUS).date()
    days = 1 if due == "today" else 8 - day.isoweekday()
    return datetime.combine(day + timedelta(days=days), time(), CAMPUS)


async def _may_do(tx: Transaction, caller: Caller) -> ColumnElement[bool]:
    """Return what a step has to be for the caller to do it: never what he began himself."""
    if not caller.subject.startswith("person/"):
        return false()
    held = [each for each in await permissions(tx) if caller.may(each)]
    free = [each for each in held if caller.may(f"{each.partition(':')[0]}:every-scope")]
    actor = Actor(subject=caller.subject, is_everywhere=False, leads=False)
    led = await led_by(tx, actor.member)
    units = [each for each in led if each.startswith("unit/")]
    # All lies in the school, whether units name it or not.
    is_led: ColumnElement[bool] = true()
    if not any(each.startswith("school/") for each in led):
        inside = list(await tx.session.scalars(_LED, {"led": led})) if led else []
        # A subquery is hashed, whatever is planned; an array is searched once a row.
        is_led = WorkItemRow.scope.in_(select(func.unnest(cast(inside, ARRAY(Text())))))
    return and_(
        WorkItemRow.permission.in_(held),
        WorkItemRow.not_by != caller.subject,
        or_(
            WorkItemRow.permission.in_(free),
            and_(WorkItemRow.role == "leader", is_led),
            # Whoever leads a unit does what is the unit's.
            WorkItemRow.owners.overlap([*actor.names, *units]),
            # Whom the ladder called has it among his own.
            WorkItemRow.step.in_(select(_Call.step).where(_Call.person.in_(actor.names))),
        ),
    )


def _work(row: Row[*tuple[Any, ...]]) -> WorkItem:
    # By place: half a thousand rows of twenty names are read a time.
    told = dict(zip(_NAMES, row, strict=False))
    return WorkItem.model_validate(told | {"level": level_of(told["scope"])})
