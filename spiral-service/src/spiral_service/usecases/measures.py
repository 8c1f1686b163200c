"""Improvement measures (改进措施): proposed, accepted, carried into the next cycle, verified."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from shared.contracts.spiral import MeasureCarried, MeasureFact, MeasureVerified
from shared.contracts.steps import StepHow
from shared.errors import UnknownReferenceError
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from spiral_service.domain import measures as rules
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.measures import Measure, follows, next_of
from spiral_service.domain.moving import Act
from spiral_service.domain.reckoning import window_ends
from spiral_service.domain.standing import check_holds
from spiral_service.repository.cycles import find_cycle, open_cycles, there
from spiral_service.repository.diagnoses import goal_among
from spiral_service.repository.facts import load_facts
from spiral_service.repository.records import all_of, keep, keep_row, one_of
from spiral_service.schemas.measures import (
    DecideMeasureBody,
    LowerBody,
    MeasureBody,
    VerifyMeasureBody,
)
from spiral_service.tables import LoweredTargetRow, MeasureRow
from spiral_service.usecases.moving import Turn
from spiral_service.usecases.stage import (
    Ask,
    close_step,
    decision_step,
    found_in,
    open_for,
    open_step,
    verification_step,
)

SHOWN: Final = 60
"""Characters of a measure that the work list shows."""


async def propose(tx: Transaction, body: MeasureBody, turn: Turn) -> Measure:
    """Propose a measure for the next cycle.

    Raises:
        CycleNotFoundError: no cycle has that key.
        CycleClosedError: it is closed.
        NotYoursError: the caller holds no role of the cycle.
        UnknownReferenceError: the cycle has no such goal.
    """
    cycle = await open_for(tx, body.cycle)
    turn.expect(None)
    check_holds(turn.actor, cycle.owners)
    if body.goal is not None:
        goal_among(await load_facts(tx, cycle), body.goal)
    measure = Measure(
        id=uuid7(),
        version=1,
        cycle=cycle.key,
        scope=cycle.scope,
        goal=body.goal,
        cause=body.cause,
        text=body.text,
        owner=body.owner,
        state="proposed",
        by=turn.act.by,
        at=turn.act.at,
    )
    await keep(tx, MeasureRow, measure)
    ask = Ask(
        step=decision_step(measure.id),
        kind="approval",
        zh=f"采纳改进措施：{measure.text[:SHOWN]}",
        en=f"Accept a measure: {measure.text[:SHOWN]}",
    )
    open_step(tx, ask, cycle, turn.act)
    return measure


async def decide(tx: Transaction, id_: UUID, body: DecideMeasureBody, turn: Turn) -> Measure:
    """Accept or reject a measure; an accepted one is carried as soon as the next cycle is open.

    Raises:
        RecordNotFoundError: there is no such measure.
        NotYoursError: the caller holds no role of the cycle.
        MeasureStateError: it was decided on.
        OwnMeasureError: he proposed it.
    """
    measure, cycle = await found_in(tx, MeasureRow, Measure, id_)
    turn.expect(measure.version)
    check_holds(turn.actor, cycle.owners)
    act = turn.act
    decided = rules.decide(
        measure, accepted=body.accepted, reason=body.reason, by=act.by, at=act.at
    )
    await keep(tx, MeasureRow, decided)
    how: StepHow = "approved" if body.accepted else "rejected"
    close_step(tx, decision_step(id_), "approval", how, cycle, act)
    following = next_of(cycle, await open_cycles(tx, [cycle.scope]))
    if body.accepted and following:
        return await _carry(tx, decided, following, act)
    return decided


async def verify(tx: Transaction, id_: UUID, body: VerifyMeasureBody, turn: Turn) -> Measure:
    """Say in the cycle that took a measure over whether it had an effect.

    Raises:
        RecordNotFoundError: there is no such measure.
        MeasureStateError: no cycle took it over, or it was verified.
        NotYoursError: the caller holds no role of that cycle.
        OwnMeasureError: he answers for it.
    """
    measure, cycle = await _carried(tx, id_)
    turn.expect(measure.version)
    check_holds(turn.actor, cycle.owners)
    verified = rules.verify(
        measure,
        effective=body.effective,
        note=body.note,
        by=turn.act.by,
        names=turn.actor.names,
        at=turn.act.at,
    )
    await keep(tx, MeasureRow, verified)
    close_step(tx, verification_step(id_), "verification", "verified", cycle, turn.act)
    _publish(tx, MeasureVerified, verified, turn.act, effective=body.effective, note=body.note)
    return verified


async def lower(tx: Transaction, body: LowerBody, turn: Turn) -> None:
    """Say why the target of a later goal lies below the one of this cycle.

    Raises:
        CycleNotFoundError: no cycle has that key.
        CycleClosedError: it is closed.
        NotYoursError: the caller holds no role of the cycle.
        UnknownReferenceError: there is no such later goal on an indicator of the cycle.
    """
    cycle = await open_for(tx, body.cycle)
    turn.expect(cycle.version)
    check_holds(turn.actor, cycle.owners)
    known = [each.key for each in (await load_facts(tx, cycle)).next_goals]
    if body.goal not in known:
        raise UnknownReferenceError(
            f"没有后续目标 {body.goal}",
            f"there is no later goal {body.goal} on an indicator of the cycle",
            fields={"$.goal": [f"{'、'.join(known) or '—'} 之一 (one of these)"]},
        )
    said = {"reason": body.reason, "by": turn.act.by, "at": turn.act.at}
    await keep_row(tx, LoweredTargetRow, {"cycle": cycle.key, "goal": body.goal} | said)


async def carry_into(tx: Transaction, cycles: Sequence[Cycle], act: Act) -> None:
    """Hand to cycles that opened the accepted measures of earlier ones of their scopes."""
    opened = {each.scope: each for each in cycles}
    where = [MeasureRow.scope.in_(sorted(opened)), MeasureRow.state == "accepted"]
    for measure in await all_of(tx, MeasureRow, Measure, where):
        cycle = opened[measure.scope]
        origin = there(await find_cycle(tx, measure.cycle), measure.cycle)
        if follows(cycle, origin):
            await _carry(tx, measure, cycle, act)


async def _carry(tx: Transaction, measure: Measure, to: Cycle, act: Act) -> Measure:
    carried = rules.carry(measure, to.key, act.at)
    await keep(tx, MeasureRow, carried)
    _publish(tx, MeasureCarried, carried, act)
    ask = Ask(
        step=verification_step(measure.id),
        kind="verification",
        zh=f"验证改进措施：{measure.text[:SHOWN]}",
        en=f"Verify a measure: {measure.text[:SHOWN]}",
        not_by=measure.owner.replace("teacher/", "person/", 1),
        due_at=window_ends(to),
    )
    open_step(tx, ask, to, act)
    return carried


async def _carried(tx: Transaction, id_: UUID) -> tuple[Measure, Cycle]:
    """Return a measure and the open cycle in which it is to be verified."""
    rules.check_carried(await one_of(tx, MeasureRow, Measure, id_))
    return await found_in(tx, MeasureRow, Measure, id_, "carried_to")


def _publish(
    tx: Transaction, kind: type[MeasureFact], measure: Measure, act: Act, **more: Any
) -> None:
    names = ("version", "cycle", "scope", "goal", "cause", "text", "owner", "carried_to")
    said: dict[str, Any] = {name: getattr(measure, name) for name in names}
    said |= {"measure": str(measure.id), "by": act.by, "at": act.at}
    tx.publish(kind.model_validate(said | more), key=str(measure.id), subject=measure.scope)
