"""Cycles that imported plans propose: keep them; somebody makes programmes of them."""

from dataclasses import asdict

from shared.contracts.target import PlanImported
from shared.kit.database import Transaction
from spiral_service.domain.cycle_proposals import (
    RHYTHMS,
    Decided,
    check_fit,
    check_refusal,
    check_undecided,
    covers,
    key_of_programme,
)
from spiral_service.domain.moving import Act
from spiral_service.repository import cycle_proposals as repository
from spiral_service.repository.locks import lock
from spiral_service.schemas.cycle_proposals import DecideCycleProposalBody
from spiral_service.schemas.programmes import ProgrammeBody
from spiral_service.tables import CycleProposalRow
from spiral_service.usecases.programmes import put_programme


async def propose_cycles(tx: Transaction, plan: PlanImported) -> None:
    """Keep the rhythms of diagnosis that a plan sets."""
    await lock(tx, [f"plan:{plan.id}"])
    of_plan = {
        "plan": plan.id,
        "plan_version": plan.version,
        "title": plan.title,
        "scope": plan.scope,
        "period": plan.period,
    }
    rows = [of_plan | each.model_dump(mode="json") for each in plan.cycles]
    await repository.save_cycle_proposals(tx, plan.id, plan.version, rows)


async def decide_cycle_proposal(
    tx: Transaction, number: int, body: DecideCycleProposalBody, act: Act
) -> CycleProposalRow:
    """Make a programme of what a plan proposes, which opens its cycles; or refuse it.

    Raises:
        CycleProposalNotFoundError: none has that number.
        CycleProposalDecidedError: it was decided on.
        CycleProposalUnfitError: it is accepted, and no cycles follow from it.
        ReasonMissingError: it is refused, and nobody says why.
        UnknownDefinitionError: there is no such definition.
        UnsuitedError: the definition is for other scopes or periods.
    """
    row = await repository.get_cycle_proposal(tx, number)
    check_undecided(row.state, row.programme)
    key = None
    if body.state == "accepted":
        check_fit(row.rhythm, warning_only=row.warning_only)
        programme = programme_of(row, body)
        await put_programme(tx, programme, lambda _: None, act.by, act.at)
        key = programme.key
    else:
        check_refusal(act)
    decided = Decided(
        state=body.state,
        programme=key,
        decided_by=act.by,
        decided_at=act.at,
        reason=act.reason,
    )
    for name, value in asdict(decided).items():
        setattr(row, name, value)
    await tx.session.flush()
    return row


def programme_of(row: CycleProposalRow, body: DecideCycleProposalBody) -> ProgrammeBody:
    """Return the programme that a proposal of a plan becomes."""
    kind, scopes = covers(row.level, row.scope)
    rhythm = RHYTHMS[row.rhythm]
    return ProgrammeBody.model_validate(
        {
            "key": key_of_programme(row.plan, row.level, row.rhythm),
            "title": f"{row.title}：{row.words}"[:200],
            "definition": body.definition or repository.definition_of(row),
            "rhythm": rhythm,
            "period": row.period if rhythm == "once" else None,
            "opens": body.opens,
            "kind": kind,
            "scopes": scopes,
        }
    )
