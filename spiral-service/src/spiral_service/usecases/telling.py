"""The facts about cycles, as they are published and kept for the audit."""

from typing import Any

from shared.contracts.spiral import CycleFact
from shared.kit.database import Transaction
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.definitions.model import Definition
from spiral_service.domain.definitions.ways import step_of
from spiral_service.domain.moving import Done
from spiral_service.repository.audit import KINDS
from spiral_service.repository.cycles import Entry, save_cycle
from spiral_service.repository.definitions import find_definition
from spiral_service.usecases.lighting import follow, step_due


async def save(tx: Transaction, done: Done, **more: Any) -> Cycle:
    """Store what was done with a cycle: the cycle, the audit and the event, all or none.

    Its deadlines and its human step follow.
    """
    cycle = done.cycle
    definition = await find_definition(tx, cycle.definition, cycle.definition_version)
    due = await step_due(tx, cycle, definition)
    fact = fact_of(done, definition, {"step_due_at": due} | more)
    act = done.act
    document = fact.model_dump_json()
    await save_cycle(tx, cycle, Entry(what=done.what, by=act.by, at=act.at, document=document))
    tx.publish(fact, key=cycle.key, subject=cycle.scope)
    await follow(tx, cycle, done.what, act.by, act.at, more.get("left_definition"))
    return cycle


def fact_of(done: Done, definition: Definition, more: dict[str, Any]) -> CycleFact:
    """Return what is published of what was done with a cycle."""
    cycle, act = done.cycle, done.act
    said: dict[str, Any] = {
        "cycle": cycle.key,
        "version": cycle.version,
        "scope": cycle.scope,
        "period": cycle.period,
        "definition": cycle.reference,
        "definition_zh": definition.zh,
        "step": cycle.step,
        "step_zh": step_of(definition, cycle.step).zh,
        "at": act.at,
        "state": cycle.state,
        "in_routine": cycle.in_routine,
        "parent": cycle.parent,
        "starts_on": cycle.starts_on,
        "ends_on": cycle.ends_on,
        "owners": {role: tuple(persons) for role, persons in cycle.owners.items()},
        "beside": cycle.beside,
        "opened_at": cycle.opened_at,
        "entered_at": cycle.entered_at,
        "by": act.by,
        "reason": act.reason,
        "left": done.left,
        "how": done.what,
        "seen": [
            {"kind": each.kind, "key": each.key, "version": each.version} for each in done.seen
        ],
        "lifted": done.lifted,
        "carried": done.carried,
    }
    return KINDS[done.what].model_validate(said | more)
