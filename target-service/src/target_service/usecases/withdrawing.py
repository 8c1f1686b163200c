"""Withdraw bindings, and goals and standards that nothing uses; all of them stay readable."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from shared.contracts.target import GoalWithdrawn
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from target_service.domain.judge import Rules
from target_service.domain.lines import refuse
from target_service.domain.tree import GoalError
from target_service.repository import chain, goals, selectors
from target_service.repository import standards as documents
from target_service.tables import BindingRow, GoalRow
from target_service.usecases.checks import Precondition, Turn, expect_seen
from target_service.usecases.facts import standard_fact, tell_goal
from target_service.usecases.goal_versions import change_goal
from target_service.usecases.placing import place_goals
from target_service.usecases.selecting import follow_cell, let_go, refuse_held
from target_service.usecases.steps import close_step
from target_service.usecases.tree_rules import faults_left


class InUseError(DomainError):
    """Bindings or goals refer to it: without it they would have no line, or no parent."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "in-use"
    title_zh: ClassVar = "仍被引用"
    title_en: ClassVar = "It is in use"


async def withdraw_binding(
    tx: Transaction, key: str, expect: Precondition, at: datetime, rules: Rules
) -> None:
    """Withdraw a binding: it judges no more, and its judgement leaves every list and figure.

    Raises:
        NotFoundError: no binding has that key, or it is withdrawn already.
    """
    await chain.lock_chain(tx)
    row = await chain.find_binding(tx, key)
    if row is None or row.withdrawn_at:
        raise chain.not_found("绑定", "binding", key)
    expect(row.version)
    refuse_held(row)
    await let_go(tx, [row], at, rules)
    await follow_cell(tx, row, at, rules)


async def withdraw_goal(tx: Transaction, key: str, turn: Turn, reason: str, rules: Rules) -> None:
    """Withdraw a goal that no binding uses and no goal is a part of; who did it and why is kept.

    Raises:
        NotFoundError: no goal has that key, or it is withdrawn already.
        InUseError: bindings use it, or goals are parts of it.
        GoalError: the weights of its siblings would not sum to 1 any more.
    """
    await chain.lock_chain(tx)
    row = await chain.find_goal_in_force(tx, key)
    if row is None:
        raise chain.not_found("目标", "goal", key)
    expect_seen(turn.expect, row)
    _refuse_used(await chain.list_bindings_of_goal(tx, key))
    _refuse_divided(await goals.list_children(tx, key))
    refuse(await faults_left(tx, row, None), [], GoalError)
    at, by = turn.at, turn.actor.subject
    await change_goal(tx, row, {"withdrawn_at": at, "withdrawn_reason": reason}, at, by)
    await tell_goal(tx, GoalWithdrawn, row, by=by, note=reason)
    await place_goals(tx, [key], at, rules)


async def withdraw_standard(
    tx: Transaction, key: str, expect: Precondition, at: datetime, by: str
) -> None:
    """Withdraw a standard with all its versions, where no binding uses it.

    Raises:
        NotFoundError: no standard has that key, or it is withdrawn already.
        InUseError: bindings use it.
    """
    await chain.lock_chain(tx)
    row = await chain.find_newest_standard(tx, key)
    if row is None or row.withdrawn_at:
        raise chain.not_found("标准", "standard", key)
    expect(row.version)
    _refuse_used(await chain.list_bindings_of_standard(tx, key))
    _refuse_selecting(await selectors.list_using(tx, key))
    draft = await documents.find_draft(tx, key)
    if draft:
        close_step(tx, draft, "withdrawn", by)
    row.withdrawn_at = at
    await chain.withdraw_versions(tx, key, at)
    tx.publish(standard_fact(row), key=key, subject=f"standard/{key}")


def _refuse_selecting(keys: Sequence[str]) -> None:
    """Refuse to withdraw what selectors bind by, also where nothing is chosen now."""
    if keys:
        raise InUseError(
            f"{len(keys)} 个选择器引用它：{'、'.join(keys)}",
            f"{len(keys)} selectors use it: {', '.join(keys)}",
            fixes=["DELETE /api/target/v1/selectors/<key> 先撤回选择器 (withdraw them first)"],
        )


def _refuse_used(bindings: Sequence[BindingRow]) -> None:
    if not bindings:
        return
    named = "、".join(row.key for row in bindings[:20])
    raise InUseError(
        f"{len(bindings)} 个绑定引用它：{named}",
        f"{len(bindings)} bindings use it: {named}",
        fixes=[
            "DELETE /api/target/v1/bindings/<key> 先撤回这些绑定 (withdraw these bindings first)",
            "POST /api/target/v1/bindings 让它们改用自己的线 (or give them lines of their own)",
        ],
    )


def _refuse_divided(children: Sequence[GoalRow]) -> None:
    if not children:
        return
    named = "、".join(row.key for row in children[:20])
    raise InUseError(
        f"{len(children)} 个下级目标属于它：{named}",
        f"{len(children)} goals are parts of it: {named}",
        fixes=[
            "DELETE /api/target/v1/goals/<key> 先撤回下级目标 (withdraw its children first)",
            "POST /api/target/v1/goals 或改它们的 parent (or give them another parent)",
        ],
    )
