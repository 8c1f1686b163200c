"""Corrections of one cause are joined, and split again, by a person with a reason."""

from collections.abc import Sequence
from uuid import UUID

from shared.kit.database import Transaction
from shared.kit.etags import Precondition
from shared.kit.ids import uuid7
from spiral_service.domain import correcting as rules
from spiral_service.domain.correcting import Rights
from spiral_service.domain.correction import Correction
from spiral_service.domain.standing import NotYoursError
from spiral_service.repository import corrections as repository
from spiral_service.repository.corrections import history_entry
from spiral_service.repository.groups import lock_groups, rights_of
from spiral_service.repository.locks import hold_joins
from spiral_service.schemas.correcting import JoinBody, ReasonBody
from spiral_service.usecases.corrections.acting import Act
from spiral_service.usecases.corrections.telling import (
    publish,
    publish_planned,
    tell_steps,
)


async def join(tx: Transaction, id_: UUID, body: JoinBody, expect: Precondition, act: Act) -> None:
    """Let a correction, and those that share it, share that of others.

    Raises:
        CorrectionNotFoundError: one of them is not there.
        NotYoursError: the caller neither owns nor leads one of them.
        CorrectionStageError: one of them is over, or work has begun on the one that joins.
        JoinError: they share one already.
    """
    await hold_joins(tx)
    (target, joining), (_, others) = await lock_groups(tx, id_, body.to)
    expect(target.version)
    for group in (joining, others):
        _check_either(await rights_of(tx, act.by, group))
    rules.check_join(joining, others)
    rules.check_stage("split", others)
    first = others[0]
    joined = first.joined or uuid7()
    shared = [] if first.joined else [rules.share(first, joined)]
    added = [rules.join(each, joined, first, act.at) for each in joining]
    await _save(tx, [*shared, *added], "joined", body.reason, act)
    together = sorted([*(shared or others), *added], key=lambda each: (each.opened_at, each.id))
    gone = {str(each.joined or each.id) for each in [*joining, *others]} - {str(joined)}
    by = act.by.subject
    await tell_steps(tx, dict.fromkeys(sorted(gone), ()), act.at, how="joined", by=by)
    await tell_steps(tx, {str(joined): together}, act.at, how="replaced", by=by)


async def split(
    tx: Transaction, id_: UUID, body: ReasonBody, expect: Precondition, act: Act
) -> None:
    """Let a correction stand alone again.

    Raises:
        CorrectionNotFoundError: it is not there.
        NotYoursError: the caller neither owns nor leads it.
        CorrectionStageError: it is over.
        JoinError: it shares with none.
    """
    await hold_joins(tx)
    [(target, group)] = await lock_groups(tx, id_)
    expect(target.version)
    _check_either(await rights_of(tx, act.by, group))
    rules.check_stage("split", group)
    alone = rules.split(target)
    await _save(tx, [alone], "split", body.reason, act)
    rest = [each for each in group if each.id != id_]
    groups = {str(target.joined): rest, str(alone.id): [alone]}
    await tell_steps(tx, groups, act.at, how="replaced", by=act.by.subject)


async def _save(
    tx: Transaction, after: Sequence[Correction], what: str, reason: str, act: Act
) -> None:
    said = {"reason": reason}
    history = [history_entry(each, what, act.at, by=act.by.subject, said=said) for each in after]
    await repository.save_corrections(tx, after, history)
    for each in after:
        if each.plan:
            publish_planned(tx, each, each.plan, act.at)
        else:
            publish(tx, each, act.at)


def _check_either(rights: Rights) -> None:
    if not (rights.owns or rights.leads):
        raise NotYoursError(
            "并案和分案由责任人或负责人办理",
            "joining and splitting is for the owner, or who leads the scope",
            fixes=["请责任人、负责人或质量办办理 (ask the owner, a leader or the quality office)"],
        )
