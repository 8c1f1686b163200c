"""Read models. One function per screen; SQL in, response out, no rule in between."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    TextClause,
    and_,
    bindparam,
    case,
    false,
    func,
    or_,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from shared.contracts.vocabulary import Severity, kinds_of, level_of
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.identity import Caller
from shared.kit.paging import Page, PageTokenError
from shared.scopes import MOST_STEPS
from spiral_service.domain.definition import Definition, Step, next_steps, routine_step
from spiral_service.repository import find_definition, led_by
from spiral_service.schemas import (
    CorrectionDetail,
    CorrectionFilter,
    CorrectionSummary,
    CycleDetail,
    CycleSummary,
    GateView,
    HistoryEntry,
    RoutineLoopView,
    StepView,
    WorkFilter,
    WorkItem,
)
from spiral_service.tables import (
    CorrectionHistoryRow,
    CorrectionRow,
    CycleRow,
    ScopeRow,
    WorkItemRow,
)

SHOWN_CORRECTIONS: Final = 100
"""Corrections inside the answer for one cycle; the list has the others."""

_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""No list of ours reaches back further; a page token that does is forged."""


class CycleNotFoundError(DomainError):
    """No cycle has that key."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "cycle-not-found"
    title_zh: ClassVar = "没有这个诊改周期"
    title_en: ClassVar = "No such cycle"


class CorrectionNotFoundError(DomainError):
    """No correction has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "correction-not-found"
    title_zh: ClassVar = "没有这条纠偏"
    title_en: ClassVar = "No such correction"


_NEVER: Final = datetime(9999, 12, 1, tzinfo=UTC)
"""Where a correction without a date stands among those that have one."""

_RANKS: Final = {each.value: rank for rank, each in enumerate(reversed(Severity), start=1)}
"""1 for red to 4 for blue."""

_DUE: Final = func.coalesce(CorrectionRow.due_at, _NEVER)
_ORDERS: Final[dict[str, tuple[Any, ...]]] = {
    "gravest": (
        case(_RANKS, value=CorrectionRow.severity),
        _DUE,
        CorrectionRow.id,
    ),
    "newest": (CorrectionRow.opened_at, CorrectionRow.id),
    "due": (_DUE, CorrectionRow.id),
}
"""What lists are sorted by, last the key; all of it rises but for the newest."""

Found = tuple[list[Row[*tuple[Any, ...]]], int | None, list[Any] | None]
"""Rows of one page, their number in all (where asked for), and what the next page follows."""


async def list_cycles(
    tx: Transaction, *, scope: str | None, state: str | None, page: Page
) -> tuple[list[CycleSummary], int | None, list[Any] | None]:
    """Return a page of cycles, the newest first."""
    query = _cycles()
    if scope is not None:
        query = query.where(CycleRow.scope == scope)
    if state is not None:
        query = query.where(CycleRow.state == state)
    rows, total, after = await _page(tx, query, (CycleRow.opened_at, CycleRow.key), str, page)
    return [CycleSummary.model_validate(_cycle(row)) for row in rows], total, after


async def get_cycle(tx: Transaction, key: str) -> CycleDetail:
    """Return a cycle with its steps and the corrections of its routine loop.

    Raises:
        CycleNotFoundError: no cycle has that key.
    """
    row = (await tx.session.execute(_cycles().where(CycleRow.key == key))).one_or_none()
    if row is None:
        raise CycleNotFoundError(f"没有诊改周期 {key}", f"there is no cycle {key}")
    cycle: CycleRow = row.CycleRow
    definition = find_definition(cycle.definition, cycle.definition_version)
    corrections = await tx.session.execute(
        _corrections()
        .where(CorrectionRow.cycle == key)
        .order_by(
            CorrectionRow.state.desc(), CorrectionRow.opened_at.desc(), CorrectionRow.id.desc()
        )
        .limit(SHOWN_CORRECTIONS)
    )
    every = await tx.session.scalar(
        select(func.count()).select_from(CorrectionRow).where(CorrectionRow.cycle == key)
    )
    return CycleDetail(
        **_cycle(row),
        steps=[_step(step, lit=step.step == cycle.step) for step in definition.steps],
        next_steps=[step.step for step in next_steps(definition, cycle.step)],
        routine_loop=_routine_loop(
            definition,
            [_correction(each) for each in corrections],
            is_open=row.open_corrections,
            closed=(every or 0) - row.open_corrections,
        ),
    )


async def list_corrections(
    tx: Transaction, only: CorrectionFilter, page: Page
) -> tuple[list[CorrectionSummary], int | None, list[Any] | None]:
    """Return a page of corrections, unless asked otherwise the gravest and soonest due first."""
    query = _corrections()
    equal = only.model_dump(exclude={"level", "sort"}, exclude_none=True)
    for name, value in equal.items():
        query = query.where(getattr(CorrectionRow, name) == value)
    if only.level is not None:
        kind = func.split_part(CorrectionRow.scope, "/", 1)
        query = query.where(kind.in_(kinds_of(only.level)))
    order = _ORDERS[only.sort]
    is_newest = only.sort == "newest"
    rows, total, after = await _page(tx, query, order, UUID, page, rises=not is_newest)
    return [_correction(row) for row in rows], total, after


async def get_correction(tx: Transaction, id_: UUID) -> CorrectionDetail:
    """Return a correction with its history, the oldest entry first.

    Raises:
        CorrectionNotFoundError: no correction has that id.
    """
    row = (await tx.session.execute(_corrections().where(CorrectionRow.id == id_))).one_or_none()
    if row is None:
        raise CorrectionNotFoundError(f"没有纠偏 {id_}", f"there is no correction {id_}")
    history = await tx.session.scalars(
        select(CorrectionHistoryRow)
        .where(CorrectionHistoryRow.correction == id_)
        .order_by(CorrectionHistoryRow.version)
    )
    return CorrectionDetail(
        **_correction(row).model_dump(),
        history=[HistoryEntry.model_validate(entry) for entry in history],
    )


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
    rows, total, after = await _page(tx, query, order, str, page, rises=True)
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


def _cycles() -> Select[*tuple[Any, ...]]:
    open_corrections = (
        select(func.count())
        .select_from(CorrectionRow)
        .where(CorrectionRow.cycle == CycleRow.key, CorrectionRow.state == "open")
        .scalar_subquery()
    )
    return select(CycleRow, ScopeRow.name_zh, open_corrections.label("open_corrections")).outerjoin(
        ScopeRow, ScopeRow.scope == CycleRow.scope
    )


def _corrections() -> Select[*tuple[Any, ...]]:
    query: Select[*tuple[Any, ...]] = select(CorrectionRow, ScopeRow.name_zh, ScopeRow.name_en)
    return query.outerjoin(ScopeRow, ScopeRow.scope == CorrectionRow.scope)


async def _page(
    tx: Transaction,
    query: Select[*tuple[Any, ...]],
    order: tuple[Any, ...],
    key: Callable[[str], Any],
    page: Page,
    *,
    rises: bool = False,
) -> Found:
    """Fetch one page, by offset or after a cursor of what it is sorted by.

    Args:
        rises: the earliest comes first, instead of the newest.
    """
    total = None
    if page.total_count:
        counted = query.with_only_columns(func.count(), maintain_column_froms=True)
        total = await tx.session.scalar(counted.order_by(None))
    names = [f"sorted_by_{number}" for number in range(len(order))]
    query = query.add_columns(
        *(each.label(name) for each, name in zip(order, names, strict=True))
    ).limit(page.limit + 1)
    query = query.order_by(*(each if rises else each.desc() for each in order))
    if page.after is not None:
        place, cursor = tuple_(*order), tuple_(*_cursor(page.after, order, key))
        query = query.where(place > cursor if rises else place < cursor)
    else:
        query = query.offset(page.offset)
    rows = list((await tx.session.execute(query)).all())
    shown = rows[: page.limit]
    after = None
    if len(rows) > page.limit:
        after = [_told(getattr(shown[-1], name)) for name in names]
    return shown, total, after


def _told(value: Any) -> int | str:
    """Return a sort value as a page token carries it."""
    match value:
        case int():
            return value
        case datetime():
            return value.isoformat()
        case _:
            return str(value)


def _cursor(after: list[Any], order: tuple[Any, ...], key: Callable[[str], Any]) -> list[Any]:
    with suppress(ValueError, TypeError, AttributeError, OverflowError):
        *ranks, instant, last = after
        at = datetime.fromisoformat(instant)
        is_ours = len(after) == len(order) and all(each in _RANKS.values() for each in ranks)
        if is_ours and at.tzinfo and at >= _FIRST and "\0" not in last:
            return [*ranks, at, key(last)]
    raise PageTokenError("pageToken 不是这个列表给出的", "this list did not give that pageToken")


def _cycle(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    cycle: CycleRow = row.CycleRow
    definition = find_definition(cycle.definition, cycle.definition_version)
    step = next(each for each in definition.steps if each.step == cycle.step)
    return {
        "key": cycle.key,
        "version": cycle.version,
        "scope": cycle.scope,
        "scope_name": row.name_zh or cycle.scope,
        "level": level_of(cycle.scope),
        "period": cycle.period,
        "definition": definition.reference,
        "step": cycle.step,
        "step_zh": step.zh,
        "step_en": step.en,
        "state": cycle.state,
        "opened_at": cycle.opened_at,
        "open_corrections": row.open_corrections,
    }


def _correction(row: Row[*tuple[Any, ...]]) -> CorrectionSummary:
    correction: CorrectionRow = row.CorrectionRow
    fields = {
        name: getattr(correction, name)
        for name in CorrectionSummary.model_fields
        if hasattr(correction, name)
    }
    return CorrectionSummary.model_validate(
        fields
        | {
            "scope_name": row.name_zh or correction.scope,
            "scope_name_en": row.name_en,
            "level": level_of(correction.scope),
        }
    )


def _routine_loop(
    definition: Definition, corrections: list[CorrectionSummary], *, is_open: int, closed: int
) -> RoutineLoopView:
    loop = definition.routine_loop
    lit = routine_step(is_open)
    return RoutineLoopView(
        zh=loop.zh,
        en=loop.en,
        inside=loop.inside,
        steps=[_step(step, lit=step.step == lit) for step in loop.steps],
        open=is_open,
        closed=closed,
        corrections=corrections,
    )


def _step(step: Step, *, lit: bool) -> StepView:
    return StepView(
        step=step.step,
        zh=step.zh,
        en=step.en,
        phase=step.phase.id if step.phase else None,
        phase_zh=step.phase.zh if step.phase else None,
        gates=[GateView(gate=gate.id, zh=gate.zh, en=gate.en) for gate in step.gates],
        next=list(step.next),
        lit=lit,
    )
