"""Read cycles: their steps and gates, both loops, and what was done with them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, func, select

from shared.contracts.vocabulary import level_of
from shared.kit.database import Transaction
from shared.kit.paging import Page
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.definitions.model import Definition, Step
from spiral_service.domain.definitions.ways import next_steps, routine_step, step_of, steps_back
from spiral_service.domain.gates.base import Fact, Facts
from spiral_service.domain.gates.judge import Verdict, judge, sentences
from spiral_service.domain.moving import grave, unsettled
from spiral_service.domain.standing import Actor, may_replan, may_take
from spiral_service.queries.corrections import corrections_query, view_correction
from spiral_service.queries.deadlines import list_deadlines
from spiral_service.queries.paging import find_page
from spiral_service.repository.audit import find_as_of
from spiral_service.repository.cycles import find_cycle, read_cycle, there
from spiral_service.repository.definitions import find_definition
from spiral_service.repository.facts import load_facts
from spiral_service.schemas.corrections import CorrectionSummary
from spiral_service.schemas.cycles import (
    AlertView,
    BlockerView,
    CycleDetail,
    CycleSummary,
    EntryView,
    GateView,
    LiftView,
    RoutineLoopView,
    StepView,
)
from spiral_service.tables import CorrectionRow, CycleEntryRow, CycleRow, DeadlineRow, ScopeRow

_UNSAID: Final[dict[str, Any]] = {
    "left": None,
    "reason": "",
    "seen": [],
    "lifted": [],
    "carried": [],
    "clock": None,
    "was": None,
    "due_at": None,
}
"""What facts of some kinds do not say."""

SHOWN_CORRECTIONS: Final = 100
"""Corrections inside the answer for one cycle; the list has the others."""


async def list_cycles(
    tx: Transaction, *, scope: str | None, state: str | None, parent: str | None, page: Page
) -> tuple[list[CycleSummary], int | None, list[Any] | None]:
    """Return a page of cycles, the newest first."""
    query = _cycles()
    for column, wanted in (
        (CycleRow.scope, scope),
        (CycleRow.state, state),
        (CycleRow.parent, parent),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    rows, total, after = await find_page(tx, query, (CycleRow.opened_at, CycleRow.key), str, page)
    return [await _summary(tx, row) for row in rows], total, after


async def get_cycle(tx: Transaction, key: str, actor: Actor) -> CycleDetail:
    """Return a cycle as it stands: its gates judged on what is known now, and who may do what.

    Raises:
        CycleNotFoundError: no cycle has that key.
    """
    cycle = there(await find_cycle(tx, key), key)
    definition = await find_definition(tx, cycle.definition, cycle.definition_version)
    facts = await load_facts(tx, cycle)
    verdicts = judge(step_of(definition, cycle.step), facts, cycle.owners)
    detail = await _detail(tx, cycle, definition, facts.alerts)
    lit = next(each for each in detail.steps if each.lit)
    lit.gates = [view_gate(each) for each in verdicts]
    detail.may = _may(cycle, definition, verdicts, facts, actor)
    if cycle.state == "open":
        at_end = not detail.next_steps
        graves = [f"{each.title} {each.key} 未销号 (not settled)" for each in grave(facts.alerts)]
        detail.blocked_by = [*sentences(verdicts), *(graves if at_end else ())]
    return detail


async def get_cycle_as_of(tx: Transaction, key: str, at: datetime) -> CycleDetail:
    """Return a cycle as it stood at an instant.

    Raises:
        CycleNotFoundError: no cycle has that key, or it was opened later.
    """
    cycle = there(await find_as_of(tx, key, at), key)
    definition = await find_definition(tx, cycle.definition, cycle.definition_version)
    detail = await _detail(tx, cycle, definition, [], at)
    detail.as_of = at
    return detail


async def list_entries(tx: Transaction, key: str) -> list[EntryView]:
    """Return what was done with a cycle, the first thing first.

    Raises:
        CycleNotFoundError: no cycle has that key.
    """
    there(await find_cycle(tx, key), key)
    rows = await tx.session.scalars(
        select(CycleEntryRow).where(CycleEntryRow.cycle == key).order_by(CycleEntryRow.version)
    )
    return [_entry(row) for row in rows]


def view_gate(verdict: Verdict) -> GateView:
    """Return what a gate says."""
    gate = verdict.gate
    return GateView(
        gate=gate.id,
        zh=gate.zh,
        en=gate.en,
        check=gate.check,
        holds=verdict.holds,
        blockers=[BlockerView(**asdict(each)) for each in verdict.blockers],
        lifted_by=LiftView(roles=list(verdict.roles), persons=list(verdict.persons)),
    )


def _may(
    cycle: Cycle,
    definition: Definition,
    verdicts: Sequence[Verdict],
    facts: Facts,
    actor: Actor,
) -> dict[str, bool]:
    is_open = cycle.state == "open"
    step = step_of(definition, cycle.step)
    takes = is_open and may_take(actor, step, cycle.owners)
    holds = all(each.holds for each in verdicts)
    back = steps_back(definition, cycle.step, in_routine=cycle.in_routine)
    return {
        "move": takes and holds and bool(step.next),
        "sendBack": takes and bool(back),
        "force": is_open and actor.leads and bool(step.next),
        "close": takes and holds and not step.next and not grave(facts.alerts),
        "file": takes and step.form is not None,
        "migrate": is_open and actor.leads,
        "replan": is_open and may_replan(actor),
    }


async def _detail(
    tx: Transaction,
    cycle: Cycle,
    definition: Definition,
    alerts: Sequence[Fact],
    at: datetime | None = None,
) -> CycleDetail:
    corrections = await _corrections_of(tx, cycle.key, at)
    shown = [each for each in corrections if each.state == "open"]
    row = (await tx.session.execute(_cycles().where(CycleRow.key == cycle.key))).one()
    entries = await list_entries(tx, cycle.key)
    is_open = row.open_corrections if at is None else len(shown)
    every = await tx.session.scalar(
        select(func.count()).select_from(CorrectionRow).where(CorrectionRow.cycle == cycle.key)
    )
    return CycleDetail(
        **_cycle(cycle, definition, row.name_zh, is_open),
        overdue_since=row.overdue_since if at is None else None,
        steps=[_step(step, lit=step.step == cycle.step) for step in definition.steps],
        next_steps=[step.step for step in next_steps(definition, cycle.step)],
        back_steps=list(steps_back(definition, cycle.step, in_routine=cycle.in_routine)),
        routine_loop=_routine_loop(
            definition,
            corrections,
            is_open=is_open,
            closed=(every or 0) - is_open if at is None else len(corrections) - is_open,
            warned=len(unsettled(alerts)),
        ),
        alerts=[_alert(each) for each in unsettled(alerts)],
        forced=[
            each for each in entries if each.what == "forced" and each.version <= cycle.version
        ],
        # Of an earlier instant they are not kept.
        deadlines=[] if at else await list_deadlines(tx, cycle, definition),
        may={},
        blocked_by=[],
    )


async def _corrections_of(
    tx: Transaction, key: str, at: datetime | None
) -> list[CorrectionSummary]:
    query = corrections_query().where(CorrectionRow.cycle == key)
    if at is not None:
        query = query.where(CorrectionRow.opened_at <= at)
    rows = await tx.session.execute(
        query.order_by(
            CorrectionRow.state.desc(), CorrectionRow.opened_at.desc(), CorrectionRow.id.desc()
        ).limit(SHOWN_CORRECTIONS)
    )
    found = [view_correction(each) for each in rows]
    for each in found:
        if at is not None and each.closed_at is not None and each.closed_at > at:
            each.state, each.how, each.closed_at = "open", None, None
            each.value_after, each.effect = None, None
    return found


def _cycles() -> Select[*tuple[Any, ...]]:
    open_corrections = (
        select(func.count())
        .select_from(CorrectionRow)
        .where(CorrectionRow.cycle == CycleRow.key, CorrectionRow.state == "open")
        .scalar_subquery()
    )
    overdue_since = (
        select(func.min(DeadlineRow.overdue_since))
        .where(
            DeadlineRow.cycle == CycleRow.key,
            DeadlineRow.step == CycleRow.step,
            DeadlineRow.met_at.is_(None),
            CycleRow.state == "open",
        )
        .scalar_subquery()
    )
    return select(
        CycleRow,
        ScopeRow.name_zh,
        open_corrections.label("open_corrections"),
        overdue_since.label("overdue_since"),
    ).outerjoin(ScopeRow, ScopeRow.scope == CycleRow.scope)


async def _summary(tx: Transaction, row: Row[*tuple[Any, ...]]) -> CycleSummary:
    cycle = read_cycle(row.CycleRow)
    definition = await find_definition(tx, cycle.definition, cycle.definition_version)
    told = _cycle(cycle, definition, row.name_zh, row.open_corrections)
    return CycleSummary.model_validate(told | {"overdue_since": row.overdue_since})


def _cycle(
    cycle: Cycle, definition: Definition, name: str | None, open_corrections: int
) -> dict[str, Any]:
    step = step_of(definition, cycle.step)
    more = {
        "scope_name": name or cycle.scope,
        "level": level_of(cycle.scope),
        "definition": definition.reference,
        "step_zh": step.zh,
        "step_en": step.en,
        "open_corrections": open_corrections,
    }
    told: Mapping[str, Any] = asdict(cycle)
    return {name: told[name] for name in CycleSummary.model_fields if name in told} | more


def _alert(fact: Fact) -> AlertView:
    return AlertView(
        alert=fact.key, title=fact.title, severity=fact.document["severity"], owner=fact.owner
    )


def _entry(row: CycleEntryRow) -> EntryView:
    said = _UNSAID | row.document
    kept = {name: said[name] for name in ("step", *_UNSAID)}
    return EntryView.model_validate(
        {"version": row.version, "what": row.what, "by": row.by, "at": row.at} | kept
    )


def _routine_loop(
    definition: Definition,
    corrections: list[CorrectionSummary],
    *,
    is_open: int,
    closed: int,
    warned: int,
) -> RoutineLoopView:
    loop = definition.routine_loop
    lit = routine_step(is_open, warned)
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
        gates=[
            GateView(gate=gate.id, zh=gate.zh, en=gate.en, check=gate.check) for gate in step.gates
        ],
        next=list(step.next),
        lit=lit,
        roles=list(step.roles),
        form=step.form,
        evidence=list(step.evidence),
    )
