"""Move cycles through their gates, close them, and put them on another version.

A cycle is kept from everybody else from when it is read; whoever closes one also waits for those
who hear of alerts of its scope, and they for him.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.kit.database import Transaction
from shared.kit.etags import Precondition
from spiral_service.domain import moving
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.definitions.forms import check_answer
from spiral_service.domain.definitions.model import Definition, Form, Step
from spiral_service.domain.definitions.ways import step_of
from spiral_service.domain.filing import find_form
from spiral_service.domain.gates.base import Facts
from spiral_service.domain.gates.judge import Verdict, judge
from spiral_service.domain.migrating import becomes
from spiral_service.domain.moving import Act
from spiral_service.domain.standing import Actor, check_leads, check_takes, is_vacant
from spiral_service.repository import cycles as repository
from spiral_service.repository.definitions import find_definition, find_reference
from spiral_service.repository.facts import load_facts
from spiral_service.repository.locks import lock
from spiral_service.repository.owners import keep_owners
from spiral_service.repository.scopes import leads
from spiral_service.usecases.corrections import change_ladder, let_go
from spiral_service.usecases.owning import owners_at
from spiral_service.usecases.stage import drop_steps
from spiral_service.usecases.telling import save


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Who does something with a cycle, and which version he saw."""

    actor: Actor
    act: Act
    expect: Precondition


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A cycle, and what the gates of its step say."""

    cycle: Cycle
    definition: Definition
    facts: Facts
    verdicts: list[Verdict]


async def move_cycle(tx: Transaction, key: str, to: str, turn: Turn, *, force: bool) -> Cycle:
    """Move a cycle to another step.

    Args:
        force: lift the gates that block; it takes a leader.

    Raises:
        CycleNotFoundError: no cycle has that key.
        VersionConflictError: it is another version than the one that was seen.
        NotYoursError: the caller does not hold a role of its step.
        LeadersOnlyError: it is to be forced, and he is no leader.
        CycleClosedError: it is closed.
        UnknownStepError: there is no such step.
        IllegalMoveError: no way leads there.
        CrossingRuleError: the routine loop would go back to a goal or a standard.
        GateBlockedError: a gate does not hold.
    """
    now = await _judged(tx, key, turn, force=force)
    decide = moving.force if force else moving.move
    return await save(tx, decide(now.cycle, now.definition, to, now.verdicts, turn.act))


async def close_cycle(tx: Transaction, key: str, carried: Mapping[str, str], turn: Turn) -> Cycle:
    """Close a cycle at its end; its open corrections go on in another one, or wait for it.

    Args:
        carried: by alert the reason why it is carried over.

    Raises:
        CycleNotFoundError: no cycle has that key.
        VersionConflictError: it is another version than the one that was seen.
        NotYoursError: the caller does not hold a role of its step.
        CycleClosedError: it is closed.
        NotAtEndError: steps follow.
        GateBlockedError: a gate of its last step does not hold.
        NotOpenAlertError: what is carried is no unsettled alert of it.
        UnsettledAlertsError: an orange or red one is neither settled nor carried.
    """
    await lock(tx, [(await _find(tx, key)).scope])
    now = await _judged(tx, key, turn, force=False)
    alerts = now.facts.alerts
    done = moving.close(now.cycle, now.definition, now.verdicts, alerts, carried, turn.act)
    closed = await save(tx, done)
    await let_go(tx, closed, turn.act.at)
    await drop_steps(tx, closed, turn.act)
    return closed


async def migrate_cycle(
    tx: Transaction, key: str, reference: str, step: str | None, turn: Turn
) -> Cycle:
    """Put a running cycle on another version of a definition; it takes a leader.

    Who holds the roles of that version answers for it from now on.

    Raises:
        CycleNotFoundError: no cycle has that key.
        VersionConflictError: it is another version than the one that was seen.
        LeadersOnlyError: he is no leader.
        UnknownDefinitionError: there is no such version.
        SameDefinitionError: it is on that version.
        NoSuchPlaceError: that version does not have its step.
        CycleClosedError: it is closed.
    """
    check_leads(turn.actor)
    # Before the cycle: who gives roles to others waits for the lock first.
    await keep_owners(tx)
    cycle = await _to_change(tx, key, turn)
    other = await find_reference(tx, reference)
    moving.check_open(cycle)
    place = becomes(cycle, other, step)
    at = turn.act.at
    owners = (await owners_at(tx, other, [cycle.scope], at))[cycle.scope]
    done = moving.migrate(cycle, other, place, owners, turn.act)
    own = await find_definition(tx, cycle.definition, cycle.definition_version)
    await change_ladder(tx, cycle.key, own, other, at)
    return await save(tx, done, left_definition=cycle.reference)


async def file_form(
    tx: Transaction, key: str, form: str, data: Mapping[str, Any], turn: Turn
) -> Cycle:
    """Fill in a form of the step at which a cycle stands.

    Raises:
        CycleNotFoundError: no cycle has that key.
        VersionConflictError: it is another version than the one that was seen.
        CycleClosedError: it is closed.
        NotAskedError: its step does not ask for that form.
        NotYoursError: the caller does not hold a role of its step.
        FormError: what is filled in does not fit.
    """
    cycle = await _to_change(tx, key, turn)
    moving.check_open(cycle)
    definition = await find_definition(tx, cycle.definition, cycle.definition_version)
    step = step_of(definition, cycle.step)
    asked: Form = find_form(definition, step, form)
    await _check_takes(tx, cycle, step, turn.actor)
    check_answer(asked, data)
    await repository.add_filing(tx, key, form, data, turn.act.by, turn.act.at)
    return cycle


async def judge_cycle(tx: Transaction, cycle: Cycle) -> Judged:
    """Return what the gates of the step of a cycle say now."""
    definition = await find_definition(tx, cycle.definition, cycle.definition_version)
    facts = await load_facts(tx, cycle)
    verdicts = judge(step_of(definition, cycle.step), facts, cycle.owners)
    return Judged(cycle=cycle, definition=definition, facts=facts, verdicts=verdicts)


async def _judged(tx: Transaction, key: str, turn: Turn, *, force: bool) -> Judged:
    cycle = await _to_change(tx, key, turn)
    moving.check_open(cycle)
    now = await judge_cycle(tx, cycle)
    if force:
        check_leads(turn.actor)
    else:
        await _check_takes(tx, cycle, step_of(now.definition, cycle.step), turn.actor)
    return now


async def _check_takes(tx: Transaction, cycle: Cycle, step: Step, actor: Actor) -> None:
    """Refuse a step to who does not hold its roles, nor leads the scope where nobody does."""
    is_free = is_vacant(step, cycle.owners) and not actor.is_everywhere
    leads_scope = is_free and await leads(tx, cycle.scope, actor.member)
    check_takes(actor, step, cycle.owners, leads_scope=leads_scope)


async def _find(tx: Transaction, key: str) -> Cycle:
    return repository.there(await repository.find_cycle(tx, key), key)


async def _to_change(tx: Transaction, key: str, turn: Turn) -> Cycle:
    cycle = repository.there(await repository.find_to_change(tx, key), key)
    turn.expect(cycle.version)
    return cycle
