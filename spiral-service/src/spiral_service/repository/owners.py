"""Who answers for scopes on a day, and whose cycles are concerned when that changes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ARRAY, Text, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from shared.kit.database import Transaction
from shared.kit.sql import text
from spiral_service.domain.definitions.model import Definition
from spiral_service.domain.owners import (
    EVERYWHERE,
    Answering,
    Granted,
    bodies_of,
    resolve,
    with_grants,
)
from spiral_service.repository.facts import heads_of
from spiral_service.repository.openings import answering, scopes_above
from spiral_service.tables import GrantedRoleRow, ScopeRow

Roles = dict[str, list[str]]
"""By role of a definition who holds it."""

OWNERS: Final = "owners"
"""Kind of the timers by which it is looked who holds the roles of a cycle; by its key."""

GRANT: Final = "grant"
"""Kind of the timers by which grants begin and end; by their id."""

_LOCK: Final = "SELECT pg_advisory_xact_lock{shared}(hashtext('owners'))"
_GRANTS: Final = text(
    "SELECT scope, role, person, lender FROM granted_role WHERE scope = ANY(:scopes)"
    " AND NOT revoked AND coalesce(valid_from, :day) <= :day AND coalesce(valid_to, :day) >= :day"
    " ORDER BY scope, person, role"
)
_CONCERNED: Final = (
    "INSERT INTO timer (kind, key, due_at) SELECT :kind, c.key, clock_timestamp() FROM cycle c"
    " WHERE c.state = 'open' AND {which} ON CONFLICT (kind, key) DO NOTHING"
)
_INSIDE: Final = text(
    "WITH RECURSIVE inside (scope) AS (SELECT unnest(CAST(:scopes AS text[])) UNION"  # noqa: S608
    " SELECT s.scope FROM inside i JOIN scope s ON s.parents @> ARRAY[i.scope]) "
    + _CONCERNED.format(which="c.scope IN (SELECT scope FROM inside)")
)
_ALL: Final = text(_CONCERNED.format(which="true"))
_OF_DEFINITIONS: Final = text(
    _CONCERNED.format(which="c.definition || '@' || c.definition_version = ANY(:references)")
).bindparams(bindparam("references", type_=ARRAY(Text)))


async def keep_owners(tx: Transaction) -> None:
    """Let nobody else answer for scopes until the transaction ends.

    What is stored with their owners must see those who come, or be seen by who follows them.
    """
    await tx.session.execute(text(_LOCK.format(shared="_shared")))


async def follow_owners(tx: Transaction) -> None:
    """Wait until nobody works with those who answered before any more."""
    await tx.session.execute(text(_LOCK.format(shared="")))


async def owners_on(
    tx: Transaction, definition: Definition, scopes: Sequence[str], day: date
) -> dict[str, Roles]:
    """Return by scope who holds the roles of a definition in a cycle of it, on a day."""
    above = await scopes_above(tx, scopes)
    every = sorted({scope for each in above.values() for scope in each})
    found = await answering_on(tx, every, day)
    heads = await heads_of(tx, bodies_of(definition))
    everywhere = found.get(EVERYWHERE, [])
    return {
        scope: resolve(
            definition,
            above[scope],
            [*(one for each in above[scope] for one in found.get(each, ())), *everywhere],
            heads,
        )
        for scope in scopes
    }


async def answering_on(
    tx: Transaction, scopes: Sequence[str], day: date
) -> dict[str, list[Answering]]:
    """Return by scope who answers for it on a day; those who do everywhere under `EVERYWHERE`."""
    posts = await answering(tx, scopes)
    grants: defaultdict[str, list[Granted]] = defaultdict(list)
    for row in await tx.session.execute(_GRANTS, {"scopes": [*scopes, EVERYWHERE], "day": day}):
        told = {name: getattr(row, name) for name in Granted.__slots__}
        grants[row.scope].append(Granted(**told))
    if not grants:
        return posts
    found: defaultdict[str, list[Answering]] = defaultdict(list)
    every = [one for each in posts.values() for one in each]
    for one in with_grants(every, (each for named in grants.values() for each in named)):
        found[one[0]].append(one)
    return found


async def owners_told(tx: Transaction, scopes: Collection[str]) -> dict[str, tuple[Any, ...]]:
    """Return by scope what was told last of who answers for it, and of what it lies in."""
    query = select(ScopeRow.scope, ScopeRow.owners, ScopeRow.parents, ScopeRow.gone, ScopeRow.seq)
    rows = await tx.session.execute(query.where(ScopeRow.scope.in_(scopes)))
    return {row.scope: tuple(row)[1:] for row in rows}


async def save_grants(tx: Transaction, grants: Sequence[Mapping[str, Any]]) -> None:
    """Keep grants and their ends; one that was revoked stays so."""
    new = insert(GrantedRoleRow)
    await tx.session.execute(
        new.on_conflict_do_update(
            index_elements=["id"], set_={"revoked": GrantedRoleRow.revoked | new.excluded.revoked}
        ),
        list(grants),
    )


async def scopes_of_grants(tx: Transaction, ids: Collection[str]) -> list[str]:
    """Return the scopes of these grants."""
    query = select(GrantedRoleRow.scope).where(GrantedRoleRow.id.in_(ids)).distinct()
    return list(await tx.session.scalars(query))


async def look_at_cycles(tx: Transaction, scopes: Iterable[str]) -> None:
    """Have it looked who holds the roles of the open cycles of scopes, and of all inside them."""
    named = sorted(set(scopes))
    if EVERYWHERE in named:
        await tx.session.execute(_ALL, {"kind": OWNERS})
    elif named:
        await tx.session.execute(_INSIDE, {"kind": OWNERS, "scopes": named})


async def look_at_cycles_of(tx: Transaction, references: Sequence[str]) -> None:
    """Have it looked who holds the roles of the open cycles of versions of definitions."""
    if references:
        values = {"kind": OWNERS, "references": list(references)}
        await tx.session.execute(_OF_DEFINITIONS, values)
