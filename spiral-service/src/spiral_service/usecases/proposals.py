"""Cycles that imported plans propose: keep them, and open cycles by them."""

from typing import Final

from shared.calendar import CAMPUS
from shared.calendar.table import read_calendar
from shared.contracts.target import PlanImported
from shared.kit.database import Transaction
from spiral_service.domain.moving import Act
from spiral_service.domain.proposal import covers, key_of, refuse_unfit, running_period
from spiral_service.repository import proposals as repository
from spiral_service.repository.locks import lock
from spiral_service.schemas.cycles import OpenCycle
from spiral_service.schemas.proposals import OpenedCycles
from spiral_service.usecases.cycles import open_cycle

AT_ONCE: Final = 500
"""Cycles that one request opens at most. Source: our default."""


async def propose_cycles(tx: Transaction, plan: PlanImported) -> None:
    """Keep the rhythms of diagnosis that a plan sets; somebody opens cycles by them."""
    await lock(tx, [f"plan:{plan.id}"])
    of_plan = {
        "plan": plan.id,
        "plan_version": plan.version,
        "title": plan.title,
        "scope": plan.scope,
        "period": plan.period,
    }
    rows = [of_plan | each.model_dump(mode="json") for each in plan.cycles]
    await repository.save_proposals(tx, plan.id, plan.version, rows)


async def open_proposed(tx: Transaction, number: int, act: Act) -> OpenedCycles:
    """Open the cycles that a plan proposes for a level, in the period that runs now.

    A scope that has an open cycle of the period keeps it. At most `AT_ONCE` are opened; the answer
    tells how many are left.

    Raises:
        ProposalNotFoundError: none has that number.
        ProposalUnfitError: it only warns, or no period of its rhythm runs now.
    """
    row = await repository.get_proposal(tx, number)
    day = act.at.astimezone(CAMPUS).date()
    period = running_period(row.rhythm, row.period, day, await read_calendar(tx))
    running = refuse_unfit(row.rhythm, period, warning_only=row.warning_only)
    which = covers(row.level, row.scope)
    scopes, count = await repository.scopes_without_cycle(tx, which, running, AT_ONCE)
    # All at once and in one order: two who open the same cannot wait for each other.
    keys = [key_of(running, scope) for scope in scopes]
    await lock(tx, [*scopes, *(f"cycle:{key}" for key in keys)])
    opened = [
        key
        for key, scope in zip(keys, scopes, strict=True)
        if (await open_cycle(tx, OpenCycle(key=key, scope=scope, period=running), act))[1]
    ]
    return OpenedCycles(period=running, opened=opened, left=count - len(scopes))
