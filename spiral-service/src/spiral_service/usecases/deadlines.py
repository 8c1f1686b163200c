"""Deadlines of cycles: look at those whose time has come, and plan one anew."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from shared.calendar.table import read_calendar
from shared.contracts.spiral_work import WorkItemState
from shared.kit.database import Transaction
from shared.kit.timers import take_due
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.deadlines import Deadline, find_clock, look, replan
from spiral_service.domain.definitions.model import Definition, Rung
from spiral_service.domain.definitions.ways import step_of
from spiral_service.domain.moving import Done, check_open, check_reason
from spiral_service.domain.reckoning import due_of
from spiral_service.domain.standing import check_replans
from spiral_service.repository import deadlines as repository
from spiral_service.repository.cycles import find_to_change, there
from spiral_service.repository.deadlines import DEADLINE, Lit
from spiral_service.repository.definitions import find_definition
from spiral_service.repository.scopes import leads
from spiral_service.usecases.lighting import kind_of, link_of, set_looks, titles
from spiral_service.usecases.moving import Turn
from spiral_service.usecases.telling import save
from spiral_service.usecases.work_items import Told, tell_rungs


async def look_at_due(tx: Transaction) -> bool:
    """Look at the deadlines whose time has come; return whether there were any timers.

    Who is reminded, and who is told of a step that is late, is told once; where the cycle stands
    stays as it is.
    """
    due = await take_due(tx, DEADLINE)
    if due is None:
        return False
    calendar = await read_calendar(tx)
    used: dict[str, Definition] = {}
    seen: defaultdict[str, list[Deadline]] = defaultdict(list)
    told: list[Told] = []
    for deadline, cycle, lit in await repository.to_look_at(tx, due.keys):
        definition = await find_definition(tx, cycle.definition, cycle.definition_version)
        after, rungs = look(definition, deadline, calendar, due.at)
        used[definition.reference] = definition
        seen[definition.reference].append(after)
        for number, rung in enumerate(rungs, start=deadline.told + 1):
            item = _told(rung, after, cycle, definition, lit)
            told.append((rung, item.model_copy(update={"rung": number})))
    for reference, deadlines in seen.items():
        await repository.save_deadlines(tx, deadlines)
        await set_looks(tx, used[reference], deadlines, calendar)
    await tell_rungs(tx, told, due.at)
    return True


async def replan_deadline(
    tx: Transaction, key: str, clock: str, due_at: datetime, turn: Turn
) -> Cycle:
    """Plan a deadline of a running cycle anew, with a reason that is kept.

    Raises:
        CycleNotFoundError: no cycle has that key.
        VersionConflictError: it is another version than the one that was seen.
        CycleClosedError: it is closed.
        UnknownClockError: its definition has no such clock.
        LeadersOnlyError: he is no leader, of its scope or of all, and does not run cycles.
        ReasonMissingError: he does not say why.
        ReplanningError: the deadline cannot be planned like that.
    """
    cycle = there(await find_to_change(tx, key), key)
    turn.expect(cycle.version)
    check_open(cycle)
    definition = await find_definition(tx, cycle.definition, cycle.definition_version)
    named = find_clock(definition, clock)
    leads_scope = await leads(tx, cycle.scope, turn.actor.member)
    check_replans(turn.actor, leads_scope=leads_scope)
    check_reason(turn.act)
    stored = (
        await repository.keep_standing(tx, key, (each.id for each in definition.clocks))
    ).deadlines
    known = stored.get(clock)
    was = known.due_at if known else due_of(named, cycle, await read_calendar(tx))
    first = was or due_at
    before = known or Deadline(
        cycle=key, clock=clock, step=named.step, planned_at=first, due_at=first
    )
    after = replan(before, due_at, turn.act, cycle, was)
    await repository.save_deadlines(tx, [after])
    planned = replace(cycle, version=cycle.version + 1)
    done = Done(what="replanned", cycle=planned, left=cycle.step, act=turn.act)
    return await save(tx, done, clock=clock, was=was, due_at=after.due_at)


def _told(
    rung: Rung, deadline: Deadline, cycle: Cycle, definition: Definition, lit: Lit
) -> WorkItemState:
    step = step_of(definition, cycle.step)
    zh, en = titles(step, definition)
    return WorkItemState(
        step=lit.id,
        kind=kind_of(step),
        title_zh=zh,
        title_en=en,
        scope=cycle.scope,
        period=cycle.period,
        link=link_of(cycle),
        persons=tuple(cycle.owners.get(rung.role, ())),
        due_at=deadline.due_at,
        overdue_since=deadline.overdue_since,
        role=rung.role,
    )
