"""Read cycles: their steps and gates, both loops, and what was done with them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, select

from shared.contracts.vocabulary import level_of
from shared.kit.database import Transaction
from shared.kit.paging import Page
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.definitions.model import Definition, Step
from spiral_service.domain.definitions.ways import next_steps, routine_step, step_of, steps_back
from spiral_service.domain.gates.base import Fact, Facts
from spiral_service.domain.gates.judge import Verdict, judge, sentences
from spiral_service.domain.moving import grave, unsettled
from spiral_service.domain.standing import Actor, may_replan, may_take, vacancies
from spiral_service.queries.corrections import corrections_query, open_to, view_correction
from spiral_service.queries.deadlines import list_deadlines
from spiral_service.queries.paging import find_page
from spiral_service.queries.seeing import seen_cycle, seen_cycles
from spiral_service.repository.audit import find_as_of
from spiral_service.repository.cycles import read_cycle, there
from spiral_service.repository.definitions import find_definition
from spiral_service.repository.facts import load_facts, load_facts_of
from spiral_service.repository.scopes import leads, led_among
from spiral_service.schemas.corrections import CorrectionSummary
from spiral_service.schemas.cycles import (
    AlertView,
    BlockerView,
    CycleDetail,
    CycleFilter,
    CycleSummary,
    EntryView,
    GateView,
    LiftView,
    RoutineLoopView,
    StepView,
)
from spiral_service.tables import (
    CorrectionHistoryRow,
    CorrectionRow,
    CycleEntryRow,
    CycleRow,
    DeadlineRow,
    ScopeRow,
)

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
    tx: Transaction, only: CycleFilter, page: Page, actor: Actor
) -> tuple[list[CycleSummary], int | None, list[Any] | None]:
    """Return a page of cycles, the newest first."""
    query = _cycles().where(*await seen_cycles(tx))
    for name, value in only.model_dump(exclude_none=True).items():
        query = query.where(getattr(CycleRow, name) == value)
    rows, total, after = await find_page(tx, query, (CycleRow.opened_at, CycleRow.key), str, page)
    cycles = [read_cycle(row.CycleRow) for row in rows]
    facts = await load_facts_of(tx, [each for each in cycles if each.state == "open"])
    led = await led_among(tx, {each.scope for each in cycles}, actor)
    views = []
    for row, cycle in zip(rows, cycles, strict=True):
        definition = await find_definition(tx, cycle.definition, cycle.definition_version)
        known = facts.get(cycle.key) or Facts(scope=cycle.scope)
        stands = _Stands(cycle=cycle, definition=definition, facts=known)
        told = _cycle(cycle, definition, row.name_zh, row.open_corrections)
        told |= {"overdue_since": row.overdue_since, "vacant": vacancies(definition, cycle)}
        may = _may(stands, actor, leads_scope=cycle.scope in led)
        views.append(CycleSummary(**told, may=may, blocked_by=_blocked_by(stands)))
    return views, total, after


async def get_cycle(tx: Transaction, key: str, actor: Actor) -> CycleDetail:
    """Return a cycle as it stands: its gates judged on what is known now, and who may do what.

    Raises:
        CycleNotFoundError: no cycle has that key.
    """
    cycle = await seen_cycle(tx, key)
    definition = await find_definition(tx, cycle.definition, cycle.definition_version)
    facts = await load_facts(tx, cycle)
    stands = _Stands(cycle=cycle, definition=definition, facts=facts)
    detail = await _detail(tx, cycle, definition, facts.alerts)
    lit = next(each for each in detail.steps if each.lit)
    lit.gates = [view_gate(each) for each in stands.verdicts]
    leads_scope = await leads(tx, cycle.scope, actor.member)
    detail.may = _may(stands, actor, leads_scope=leads_scope)
    detail.blocked_by = _blocked_by(stands)
    detail.vacant = vacancies(definition, cycle)
    return detail


async def get_cycle_as_of(tx: Transaction, key: str, at: datetime) -> CycleDetail:
    """Return a cycle as it stood at an instant.

    Raises:
        CycleNotFoundError: no cycle has that key, or it was opened later.
    """
    await seen_cycle(tx, key)
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
    await seen_cycle(tx, key)
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


@dataclass(frozen=True, kw_only=True)
class _Stands:
    """Where a cycle stands, and what its gates say there."""

    cycle: Cycle
    definition: Definition
    facts: Facts

    @cached_property
    def step(self) -> Step:
        return step_of(self.definition, self.cycle.step)

    @cached_property
    def verdicts(self) -> list[Verdict]:
        return judge(self.step, self.facts, self.cycle.owners)


def _may(stands: _Stands, actor: Actor, *, leads_scope: bool) -> dict[str, bool]:
    cycle, step = stands.cycle, stands.step
    is_open = cycle.state == "open"
    takes = is_open and may_take(actor, step, cycle.owners, leads_scope=leads_scope)
    holds = is_open and all(each.holds for each in stands.verdicts)
    back = steps_back(stands.definition, cycle.step, in_routine=cycle.in_routine)
    return {
        "move": takes and holds and bool(step.next),
        "sendBack": takes and bool(back),
        "force": is_open and actor.leads and bool(step.next),
        "close": takes and holds and not step.next and not grave(stands.facts.alerts),
        "file": takes and step.form is not None,
        "migrate": is_open and actor.leads,
        "replan": is_open and may_replan(actor, leads_scope=leads_scope),
    }


def _blocked_by(stands: _Stands) -> list[str]:
    if stands.cycle.state == "closed":
        return []
    alerts = [] if stands.step.next else grave(stands.facts.alerts)
    graves = [f"{each.title} {each.key} 未销号 (not settled)" for each in alerts]
    return [*sentences(stands.verdicts), *graves]


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
            each
            for each in entries
            if each.version <= cycle.version
            and (each.what == "forced" or (each.what == "migrated" and each.left != each.step))
        ],
        # Of an earlier instant they are not kept.
        deadlines=[] if at else await list_deadlines(tx, cycle, definition),
        may={},
        blocked_by=[],
    )


async def _corrections_of(
    tx: Transaction, key: str, at: datetime | None
) -> list[CorrectionSummary]:
    within = [CorrectionRow.cycle == key] if at is None else _were_in(key, at)
    query = corrections_query().where(*within, *open_to(tx))
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


def _were_in(key: str, at: datetime) -> list[ColumnElement[bool]]:
    """Return what corrections were in a cycle at an instant; they may be in another by now."""
    entry = CorrectionHistoryRow
    last = (
        select(entry.cycle)
        .where(entry.correction == CorrectionRow.id, entry.at <= at)
        .order_by(entry.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    ever = select(entry.correction).where(entry.cycle == key)
    return [CorrectionRow.id.in_(ever), CorrectionRow.opened_at <= at, last == key]


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


def _cycle(
    cycle: Cycle, definition: Definition, name: str | None, open_corrections: int
) -> dict[str, Any]:
    step = step_of(definition, cycle.step)
    more = {
        "scope_name": name or cycle.scope,
        "level": level_of(cycle.scope),
        "definition": definition.reference,
        "definition_zh": definition.zh,
        "definition_en": definition.en,
        "step_zh": step.zh,
        "step_en": step.en,
        "open_corrections": open_corrections,
    }
    names = (name for name in CycleSummary.model_fields if hasattr(cycle, name))
    return {name: getattr(cycle, name) for name in names} | more


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
