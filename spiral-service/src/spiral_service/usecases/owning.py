"""Who holds the roles of cycles: on the day they open, and from then on as it changes.

A post, a place in a body, a grant or a loan (委托) begins or ends: whoever holds a role then takes
the place of who held it, and the human step goes over to him. A role that nobody holds any more is
said to be vacant, and its step waits for the leaders of the scope.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Final

from shared.calendar import CAMPUS
from shared.contracts.gateway import RoleGranted, RoleRevoked
from shared.kit.database import Transaction
from shared.kit.timers import set_timers, take_due
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.definitions.model import Definition
from spiral_service.domain.moving import Act, Done
from spiral_service.domain.owners import EVERYWHERE, bodies_of
from spiral_service.repository import owners as repository
from spiral_service.repository.cycles import open_to_change
from spiral_service.repository.definitions import all_references, find_definition
from spiral_service.repository.owners import GRANT, OWNERS, Roles, keep_owners
from spiral_service.usecases.telling import save

WHO: Final = "system/owners"
WHY: Final = "岗位、机构或授权有变 (a post, a body or a grant has changed)"


async def owners_at(
    tx: Transaction, definition: Definition, scopes: Sequence[str], at: datetime
) -> dict[str, Roles]:
    """Return by scope who holds the roles of a definition in a cycle of it, on the day of ``at``.

    Nobody else comes to answer for them until the transaction ends.
    """
    await keep_owners(tx)
    return await repository.owners_on(tx, definition, scopes, at.astimezone(CAMPUS).date())


async def hear_grants(tx: Transaction, told: Sequence[RoleGranted | RoleRevoked]) -> None:
    """Keep who holds roles beside his post, and have it looked whose cycles that concerns.

    One that begins or ends later is looked at then.
    """
    grants = [each for each in told if each.origin != "post"]
    if not grants:
        return
    await repository.follow_owners(tx)
    await repository.save_grants(tx, [_row(each) for each in grants])
    await set_timers(
        tx, GRANT, {f"{each.id}/{name}": at for each in grants for name, at in _days(each)}
    )
    await repository.look_at_cycles(tx, (each.scope or EVERYWHERE for each in grants))


async def turn_grants(tx: Transaction) -> bool:
    """Have it looked whose cycles grants concern that begin or end; return whether any does."""
    await repository.follow_owners(tx)
    due = await take_due(tx, GRANT)
    if due is None:
        return False
    ids = {key.rpartition("/")[0] for key in due.keys}
    await repository.look_at_cycles(tx, await repository.scopes_of_grants(tx, ids))
    return True


async def hear_bodies(tx: Transaction, bodies: Sequence[str]) -> None:
    """Have it looked at the cycles of definitions that have roles held by these bodies."""
    named = []
    for name, version in await all_references(tx):
        definition = await find_definition(tx, name, version)
        if set(bodies).intersection(bodies_of(definition)):
            named.append(definition.reference)
    # Who opens a cycle with those who answered before is waited for, and is looked at, too.
    await repository.follow_owners(tx)
    await repository.look_at_cycles_of(tx, named)


async def reassign_due(tx: Transaction) -> bool:
    """Give the roles of cycles to those who hold them now; return whether there were timers.

    Whom it concerns sees why: each change is a fact and a row of the audit.
    """
    # Before the timers: who sets them waits for the lock first.
    await keep_owners(tx)
    due = await take_due(tx, OWNERS)
    if due is None:
        return False
    cycles: defaultdict[tuple[str, int], list[Cycle]] = defaultdict(list)
    for cycle in await open_to_change(tx, due.keys):
        cycles[cycle.definition, cycle.definition_version].append(cycle)
    for (name, version), alike in sorted(cycles.items()):
        definition = await find_definition(tx, name, version)
        owners = await owners_at(tx, definition, sorted({each.scope for each in alike}), due.at)
        for cycle in alike:
            await _reassign(tx, cycle, owners[cycle.scope], due.at)
    return True


async def _reassign(tx: Transaction, cycle: Cycle, owners: Roles, at: datetime) -> None:
    if owners == _plain(cycle.owners):
        return
    changed = replace(cycle, version=cycle.version + 1, owners=owners)
    act = Act(by=WHO, at=at, reason=WHY)
    done = Done(what="reassigned", cycle=changed, left=cycle.step, act=act)
    await save(tx, done, owners_before=_plain(cycle.owners))


def _plain(owners: Mapping[str, Sequence[str]]) -> Roles:
    return {role: list(persons) for role, persons in owners.items()}


def _row(told: RoleGranted | RoleRevoked) -> dict[str, object]:
    return {
        "id": told.id,
        "person": _member(told.person),
        "role": told.role,
        "scope": told.scope or EVERYWHERE,
        "valid_from": told.valid_from,
        "valid_to": told.valid_to,
        "lender": _member(told.delegated_by or ""),
        "revoked": isinstance(told, RoleRevoked),
    }


def _member(person: str) -> str:
    """Return how scopes name a person among their owners."""
    return person.replace("person/", "teacher/", 1)


def _days(told: RoleGranted | RoleRevoked) -> list[tuple[str, datetime | None]]:
    """Return when a grant begins, and when it ends; None where that is not told by the clock."""
    over = isinstance(told, RoleRevoked)
    begins, last = told.valid_from, told.valid_to
    first = datetime.combine(begins, time(), CAMPUS) if begins and not over else None
    after = (
        datetime.combine(last + timedelta(days=1), time(), CAMPUS) if last and not over else None
    )
    return [("begin", first), ("end", after)]
