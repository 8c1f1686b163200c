"""Draft plans, have them approved, and withdraw them; every version is kept."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from shared.calendar.table import read_calendar
from shared.contracts.steps import TargetStepClosed, TargetStepOpened
from shared.errors import no_such
from shared.kit.database import Transaction
from shared.scopes import leads as leads_scope
from target_service.domain.judge import Rules
from target_service.domain.limits import read_number, write_number
from target_service.domain.lines import refuse
from target_service.domain.periods import fault_of_period, faults_of_spelling, lies_inside
from target_service.domain.plans import (
    PlanError,
    PlanKind,
    PlanState,
    PlanStep,
    faults_of_kind,
    move,
)
from target_service.domain.standing import (
    NO_STUDENT,
    TAKE_PART,
    Actor,
    check_free,
    check_leader,
    check_named,
    check_own_plan,
    check_owner,
    is_another_student,
    refuse_author,
)
from target_service.domain.tree import refuse_cycle
from target_service.domain.units import Faults, faults_of_number
from target_service.repository import chain, goals, names, plans
from target_service.schemas import PlanBody
from target_service.tables import PlanRow
from target_service.usecases.checks import (
    Precondition,
    Put,
    Turn,
    expect_seen,
    unknown_basis,
    unknown_names,
    unknown_owner,
)
from target_service.usecases.inheriting import assign, differs
from target_service.usecases.withdrawing import InUseError

TIME: Final = timedelta(days=14)
"""Until a plan should be decided on. Source: our default."""

_HOW: Final[dict[PlanStep, Literal["approved", "rejected"]]] = {
    PlanStep.APPROVE: "approved",
    PlanStep.REJECT: "rejected",
}


async def put_plan(
    tx: Transaction,
    body: PlanBody,
    expect: Precondition,
    at: datetime,
    _rules: Rules,
    *,
    by: str,
    own: Actor | None = None,
) -> Put[PlanRow]:
    """Draft a plan, or change it: it is a draft again then, and what was approved stays readable.

    Args:
        own: who may write none but his own personal plan.

    Raises:
        PlanError: kind, scope and tracks do not go together, or its period lies outside.
        UnknownReferenceError: there is no such scope, indicator or parent.
        GoalCycleError: its parent lies beneath it.
        NotYoursError: he may write his own personal plan alone, and this is none.
    """
    await chain.lock_chain(tx)
    row = await plans.find(tx, body.key) or PlanRow(key=body.key, version=0)
    if own:
        check_own_plan(own, body.scope, is_personal=body.kind is PlanKind.PERSONAL)
        check_free(own, row.scope if row.version else body.scope)
    created = row.version == 0 or row.withdrawn_at is not None
    values = _values(body)
    expect_seen(expect, None if created else row, values)
    if parent := await plans.find_seen(tx, body.parent):
        refuse_cycle(body.key, await plans.line_to_root(tx, parent.key))
    refuse(await _faults(tx, body), await _unknown(tx, body, row, own), PlanError)
    if not created and not differs(row, values):
        return Put(row=row, created=False, changed=False)
    drafted = {"state": PlanState.DRAFT.value, "submitted_by": "", "approved_by": ""}
    await _change(tx, row, {**values, **drafted, "approved_at": None}, at, by, "replaced")
    return Put(row=row, created=created, changed=True)


async def take_plan_step(tx: Transaction, key: str, step: PlanStep, turn: Turn) -> PlanRow:
    """Submit a plan, approve it or give it back.

    Raises:
        NotFoundError: no plan has that key.
        PlanStateError: it is not where that step is taken.
        NotYoursError: the step is another one's.
    """
    row = await _find(tx, key, turn.expect)
    state = move(PlanState(row.state), step)
    await _check_actor(tx, row, step, turn.actor)
    values: dict[str, Any] = {"state": state.value}
    if step is PlanStep.SUBMIT:
        values["submitted_by"] = turn.actor.subject
    if step is PlanStep.APPROVE:
        values |= {"approved_by": turn.actor.subject, "approved_at": turn.at}
    await _change(tx, row, values, turn.at, turn.actor.subject, _HOW.get(step, "replaced"))
    return row


async def withdraw_plan(tx: Transaction, key: str, turn: Turn, reason: str, _rules: Rules) -> None:
    """Withdraw a plan that no goal and no plan refers to; who did it and why is kept.

    Raises:
        NotFoundError: no plan has that key, or it is withdrawn already.
        InUseError: goals or plans refer to it.
    """
    row = await _find(tx, key, turn.expect)
    used = [
        *await plans.list_goals(tx, key, 20),
        *(p.key for p in await plans.list_children(tx, key)),
    ]
    if used:
        raise InUseError(
            f"仍有目标或规划属于它：{'、'.join(used[:20])}",
            f"goals or plans belong to it: {', '.join(used[:20])}",
            fixes=["先撤回它们，或改它们的 plan、parent (withdraw them or move them first)"],
        )
    values = {
        "state": PlanState.WITHDRAWN.value,
        "withdrawn_at": turn.at,
        "withdrawn_reason": reason,
    }
    await _change(tx, row, values, turn.at, turn.actor.subject, "withdrawn")


async def _find(tx: Transaction, key: str, expect: Precondition) -> PlanRow:
    await chain.lock_chain(tx)
    row = await plans.find_in_force(tx, key)
    if row is None:
        raise chain.not_found("规划", "plan", key)
    expect_seen(expect, row)
    return row


async def _check_actor(tx: Transaction, row: PlanRow, step: PlanStep, actor: Actor) -> None:
    leads = await leads_scope(tx, row.scope, actor.member)
    if step is PlanStep.SUBMIT:
        check_owner(actor, row.owner, leads_owner=leads or row.scope in actor.names)
        return
    if step is PlanStep.APPROVE:
        refuse_author(actor, {row.submitted_by, await plans.author_of(tx, row)})
    if row.approver:
        check_named(actor, row.approver)
    else:
        check_leader(actor, row.scope, leads=leads)


async def _change(
    tx: Transaction,
    row: PlanRow,
    values: Mapping[str, Any],
    at: datetime,
    by: str,
    how: Literal["approved", "rejected", "replaced", "withdrawn"],
) -> None:
    """Store a plan with other values as its next version."""
    if row.version:
        await goals.keep_version(tx, "plan", row.key, at)
        if row.state == PlanState.SUBMITTED:
            _close(tx, row, how, by)
    assign(row, {**values, "changed_by": by, "updated_at": at, "version": row.version + 1})
    plans.add(tx, row)
    await chain.flush(tx)
    if row.state == PlanState.SUBMITTED:
        _open(tx, row, at)


def _open(tx: Transaction, row: PlanRow, at: datetime) -> None:
    opened = TargetStepOpened(
        step=_id_of(row),
        kind="approval",
        title_zh=f"批准规划：{row.title}",
        title_en=f"Approve a plan: {row.title}",
        scope=row.scope,
        period=row.period,
        role="owner" if row.approver else "leader",
        owners=(row.approver,) if row.approver else (),
        permission=TAKE_PART,
        not_by=row.submitted_by,
        opened_at=at,
        due_at=at + TIME,
        link=f"/plans/{row.key}",
    )
    tx.publish(opened, key=opened.step, subject=row.scope)


def _close(
    tx: Transaction,
    row: PlanRow,
    how: Literal["approved", "rejected", "replaced", "withdrawn"],
    by: str,
) -> None:
    closed = TargetStepClosed(
        step=_id_of(row), kind="approval", scope=row.scope, link=f"/plans/{row.key}", how=how, by=by
    )
    tx.publish(closed, key=closed.step, subject=row.scope)


def _id_of(row: PlanRow) -> str:
    return f"target/plan/{row.key}@{row.version}"


async def _faults(tx: Transaction, body: PlanBody) -> Faults:
    found = faults_of_kind(body.kind, body.scope, body.tracks)
    misspelled = faults_of_spelling({"$.period": body.period})
    found += misspelled or await _faults_of_period(tx, body)
    for at, each in enumerate(body.benchmarks):
        found += faults_of_spelling({f"$.benchmarks[{at}].period": each.period})
        unit, _ = await names.known_of(tx, each.indicator)
        found += faults_of_number(f"$.benchmarks[{at}].value", read_number(each.value), unit)
    return found


async def _faults_of_period(tx: Transaction, body: PlanBody) -> Faults:
    """Return that its period does not lie in its parent's, or does not hold those beneath it."""
    calendar, found = await read_calendar(tx), []
    if parent := await plans.find_seen(tx, body.parent):
        of = f"上级规划 {parent.key} "
        outside = fault_of_period("period", body.period, parent.period, of, calendar)
        found += [("$.period", outside)] if outside else []
    children = await plans.list_children(tx, body.key)
    periods = {row.key: row.period for row in children}
    periods |= await plans.list_goal_periods(tx, body.key)
    late = [key for key, each in periods.items() if not lies_inside(each, body.period, calendar)]
    if late:
        zh = f"{len(late)} 个下级规划或目标的周期不在其内：{'、'.join(late[:20])}"
        found.append(("$.period", f"{zh} (the periods of its plans or goals lie outside)"))
    return found


async def _unknown(
    tx: Transaction, body: PlanBody, row: PlanRow, own: Actor | None = None
) -> Faults:
    told = row.version > 0 and row.scope == body.scope
    found = [] if told else await unknown_names(tx, None, scope=body.scope)
    if body.parent and await plans.find_seen(tx, body.parent) is None:
        like = await plans.plans_like(tx, body.parent)
        found.append(("$.parent", no_such("规划", "plan", body.parent, like)))
    before = row if row.version else None
    for path in ("owner", "approver"):
        known, party = getattr(before, path, None), getattr(body, path)
        if own and party != known and is_another_student(own, party):
            # Without a look whether there is one: that would tell every number by and by.
            found.append((f"$.{path}", NO_STUDENT))
        else:
            found += await unknown_owner(tx, f"$.{path}", party, known)
    found += await unknown_basis(tx, body.basis, before.basis if before else ())
    for at, each in enumerate(body.benchmarks):
        unknown = await unknown_names(tx, None, indicator=each.indicator)
        found += [(f"$.benchmarks[{at}].indicator", reason) for _, reason in unknown]
    return found


def _values(body: PlanBody) -> dict[str, Any]:
    values = body.model_dump(mode="json", exclude={"key", "benchmarks"})
    benchmarks = [
        each.model_dump(mode="json") | {"value": write_number(read_number(each.value))}
        for each in body.benchmarks
    ]
    return values | {"benchmarks": benchmarks, "withdrawn_at": None, "withdrawn_reason": None}
