"""Give goals their place in the stored tree, and take it away again."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from shared.kit.database import Transaction
from target_service.domain.deadlines import order_of
from target_service.domain.judge import Rules
from target_service.domain.rollup import Sums
from target_service.repository import chain, placing
from target_service.repository.placing import Placed
from target_service.usecases.judging import judge_bindings
from target_service.usecases.rolling import roll_up

Place = Callable[[Transaction, Sequence[str], datetime, Rules], Awaitable[None]]
"""Gives goals their places, at once or with others."""

AT_ONCE: Final = 200
"""So many goals get their place in one transaction."""


async def place_goals(tx: Transaction, goals: Iterable[str], at: datetime, rules: Rules) -> None:
    """Let goals stand where they belong by now, let their parts weigh as they say; judge them.

    Args:
        goals: parents before their children.
    """
    changes: dict[str, Sums] = {}
    for goal in goals:
        placed = await placing.find_place(tx, goal)
        await placing.save_place(tx, goal, placed.wanted, order_of(placed.period, placed.deadline))
        _move(placed, changes)
        changes.setdefault(goal, Sums()).take(await placing.refit_parts(tx, goal))
    await roll_up(tx, changes, at, rules)


async def place_missing(tx: Transaction, at: datetime, rules: Rules) -> bool:
    """Place goals that have none, of before the tree was stored; return whether there were any."""
    await chain.lock_chain(tx)
    missing = await placing.list_unplaced(tx, AT_ONCE)
    await place_goals(tx, missing, at, rules)
    await judge_bindings(tx, await placing.list_bindings_of(tx, missing), at, rules)
    return bool(missing)


def _move(placed: Placed, changes: dict[str, Sums]) -> None:
    """Take a goal from the sums of its old parent, and add it to those of its new one."""
    for sign, place in ((-1, placed.had), (1, placed.wanted)):
        if place is not None and place.parent is not None:
            change = changes.setdefault(place.parent, Sums())
            change.child_weight += sign * place.share
            change.count_child(placed.part, place.share, sign)
