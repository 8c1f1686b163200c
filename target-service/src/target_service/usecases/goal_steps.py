"""Hand goals on: distribute, accept, negotiate, sign, publish; waive letters, and comment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from shared.contracts.target import (
    GoalAccepted,
    GoalDistributed,
    GoalFact,
    GoalNegotiated,
    GoalPublished,
    GoalSigned,
)
from shared.kit.database import Transaction
from shared.scopes import leads as leads_scope
from target_service.domain.distribution import WHO, GoalState, Step, move
from target_service.domain.smart import examine, missed, refuse_missed
from target_service.domain.standing import Actor, check_leader, check_owner
from target_service.domain.tree import GoalError
from target_service.repository import chain, goals, names
from target_service.tables import GoalCommentRow, GoalRow
from target_service.usecases.checks import Precondition, Turn, expect_seen, has_left
from target_service.usecases.facts import tell_goal
from target_service.usecases.goal_versions import change_goal

_FACTS: Final[dict[Step, type[GoalFact]]] = {
    Step.DISTRIBUTE: GoalDistributed,
    Step.ACCEPT: GoalAccepted,
    Step.NEGOTIATE: GoalNegotiated,
    Step.SIGN: GoalSigned,
    Step.PUBLISH: GoalPublished,
}


async def take_step(
    tx: Transaction,
    key: str,
    step: Step,
    note: str,
    turn: Turn,
) -> GoalRow:
    """Take a step with a goal.

    Raises:
        NotFoundError: no goal has that key.
        WrongStateError: it is not where that step is taken.
        NotYoursError: the step is another one's.
        NotSmartError: it is to be published and misses letters.
        GoalError: it is to be handed on and nobody owns it.
    """
    row = await _find(tx, key, turn.expect)
    state = move(GoalState(row.state), step, is_root=row.parent is None)
    await _check_actor(tx, row, step, turn.actor)
    if step is Step.DISTRIBUTE:
        await _check_owners(tx, row)
    if step is Step.PUBLISH:
        letters = examine(await goals.state_of(tx, row))
        refuse_missed(missed(letters, [each["letter"] for each in row.waivers]))
    await change_goal(tx, row, {"state": state.value}, turn.at, turn.actor.subject)
    await tell_goal(tx, _FACTS[step], row, by=turn.actor.subject, note=note)
    if note:
        await goals.say(tx, key, turn.actor.subject, note, turn.at)
    return row


async def waive_letter(
    tx: Transaction,
    key: str,
    letter: str,
    reason: str,
    turn: Turn,
) -> GoalRow:
    """Let a goal be published although it misses a letter; its next content needs another waiver.

    Raises:
        NotFoundError: no goal has that key.
        NotYoursError: he does not lead its scope.
    """
    row = await _find(tx, key, turn.expect)
    await _check_leader(tx, row, turn.actor)
    others = [each for each in row.waivers if each["letter"] != letter]
    waiver = {
        "letter": letter,
        "reason": reason,
        "by": turn.actor.subject,
        "at": turn.at.isoformat(),
    }
    await change_goal(tx, row, {"waivers": [*others, waiver]}, turn.at, turn.actor.subject)
    return row


async def comment_on_goal(
    tx: Transaction, key: str, words: str, at: datetime, by: str
) -> GoalCommentRow:
    """Say something about a goal.

    Raises:
        NotFoundError: no goal has that key.
    """
    if await chain.find_goal_in_force(tx, key) is None:
        raise chain.not_found("目标", "goal", key)
    return await goals.say(tx, key, by, words, at)


async def _find(tx: Transaction, key: str, expect: Precondition) -> GoalRow:
    await chain.lock_chain(tx)
    row = await chain.find_goal_in_force(tx, key)
    if row is None:
        raise chain.not_found("目标", "goal", key)
    expect_seen(expect, row)
    return row


async def _check_actor(tx: Transaction, row: GoalRow, step: Step, actor: Actor) -> None:
    if WHO[step] == "leader":
        await _check_leader(tx, row, actor)
        return
    owns = await _is_one_of(tx, [row.owner, *row.co_owners], actor)
    check_owner(actor, row.owner, leads_owner=owns)


async def _check_leader(tx: Transaction, row: GoalRow, actor: Actor) -> None:
    """Refuse who neither leads the scope nor owns the goal that it is a part of."""
    parent = await chain.find_goal_in_force(tx, row.parent)
    above = [parent.owner, *parent.co_owners] if parent else []
    leads = await leads_scope(tx, row.scope, actor.member) or await _is_one_of(tx, above, actor)
    check_leader(actor, row.scope, leads=leads)


async def _is_one_of(tx: Transaction, owners: Sequence[str], actor: Actor) -> bool:
    """Return whether somebody is named among owners, or leads a unit that is."""
    if set(owners) & actor.names:
        return True
    units = [each for each in owners if each.startswith("unit/")]
    return any([await leads_scope(tx, unit, actor.member) for unit in units])


async def _check_owners(tx: Transaction, row: GoalRow) -> None:
    """Refuse to hand a goal on to nobody, or to who has left since it was stated."""
    owners = {"$.owner": row.owner}
    owners |= {f"$.co_owners[{at}]": each for at, each in enumerate(row.co_owners)}
    fields = {
        path: [has_left(each)] for path, each in owners.items() if await names.has_left(tx, each)
    }
    if not row.owner:
        fields["$.owner"] = ["给出 owner (name its owner)"]
    if fields:
        raise GoalError(
            "没有在任的责任人，不能下达",
            "nobody who is there owns it: it cannot be handed on",
            fields=fields,
            fixes=["POST /api/target/v1/goals 给出 owner (state the goal with its owner)"],
        )
