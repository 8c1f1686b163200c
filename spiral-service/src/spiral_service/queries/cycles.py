"""Read cycles."""

from typing import Any, ClassVar, Final

from sqlalchemy import (
    Row,
    Select,
    func,
    select,
)

from shared.contracts.vocabulary import level_of
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.paging import Page
from spiral_service.domain.definition import Definition, Step, next_steps, routine_step
from spiral_service.queries.corrections import corrections_query, view_correction
from spiral_service.queries.paging import find_page
from spiral_service.repository.definitions import find_definition
from spiral_service.schemas.corrections import CorrectionSummary
from spiral_service.schemas.cycles import (
    CycleDetail,
    CycleSummary,
    GateView,
    RoutineLoopView,
    StepView,
)
from spiral_service.tables import CorrectionRow, CycleRow, ScopeRow

SHOWN_CORRECTIONS: Final = 100
"""Corrections inside the answer for one cycle; the list has the others."""


class CycleNotFoundError(DomainError):
    """No cycle has that key."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "cycle-not-found"
    title_zh: ClassVar = "没有这个诊改周期"
    title_en: ClassVar = "No such cycle"


async def list_cycles(
    tx: Transaction, *, scope: str | None, state: str | None, page: Page
) -> tuple[list[CycleSummary], int | None, list[Any] | None]:
    """Return a page of cycles, the newest first."""
    query = _cycles()
    if scope is not None:
        query = query.where(CycleRow.scope == scope)
    if state is not None:
        query = query.where(CycleRow.state == state)
    rows, total, after = await find_page(tx, query, (CycleRow.opened_at, CycleRow.key), str, page)
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
        corrections_query()
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
            [view_correction(each) for each in corrections],
            is_open=row.open_corrections,
            closed=(every or 0) - row.open_corrections,
        ),
    )


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
