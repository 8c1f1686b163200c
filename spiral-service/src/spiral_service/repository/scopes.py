"""Scopes, as the hub tells of them."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

import shared.scopes
from shared.access.rules import Kind, is_open
from shared.calendar import CAMPUS
from shared.contracts.vocabulary import LEADING_ROLES
from shared.kit.database import Transaction
from shared.kit.known import names_like
from shared.kit.sql import text
from spiral_service.domain.owners import EVERYWHERE, LEADING
from spiral_service.domain.standing import Actor
from spiral_service.repository.openings import scopes_above
from spiral_service.tables import ScopeRow

ALL: Final = "school/*"
"""Among the scopes that somebody leads: whatever there is."""

_TODAY: Final = """ FROM granted_role
     CROSS JOIN (SELECT CAST(clock_timestamp() AT TIME ZONE :zone AS date) AS day) today
     WHERE role = ANY(:roles) AND NOT revoked
       AND coalesce(valid_from, day) <= day AND coalesce(valid_to, day) >= day
"""
_LED: Final = text(f"SELECT scope {_TODAY} AND person = :who")
_HEADS: Final = text(f"SELECT person {_TODAY} AND scope = :who")
"""By a grant, a body or a loan: what somebody leads today, and who leads a scope."""


async def has_scope(tx: Transaction, scope: str) -> bool:
    """Return whether the hub has told of a scope whose record is still there."""
    query = select(ScopeRow.scope).where(ScopeRow.scope == scope, ~ScopeRow.gone)
    return await tx.session.scalar(query) is not None


async def known_scopes(tx: Transaction, scopes: Sequence[str]) -> set[str]:
    """Return those of some scopes of which the hub has told, and whose record is still there."""
    query = select(ScopeRow.scope).where(ScopeRow.scope.in_(scopes), ~ScopeRow.gone)
    return set(await tx.session.scalars(query))


async def scopes_like(tx: Transaction, scope: str) -> list[str]:
    """Return scopes of the same kind that somebody may have meant; no persons."""
    if not is_open(Kind.NAME, scope):
        return []
    kind, _, _ = scope.partition("/")
    columns = (ScopeRow.scope, ScopeRow.name_zh)
    return await names_like(tx, columns, scope, among=~ScopeRow.gone, prefix=f"{kind}/")


async def save_scopes(tx: Transaction, scopes: Sequence[dict[str, Any]]) -> None:
    """Keep the newest word on each scope; an older one changes nothing.

    Args:
        scopes: columns of the table; one entry per scope at most.
    """
    new = insert(ScopeRow)
    await tx.session.execute(
        new.on_conflict_do_update(
            index_elements=["scope"],
            set_={
                name: new.excluded[name]
                for name in ("name_zh", "name_en", "parents", "owners", "tags", "gone", "seq")
            },
            where=ScopeRow.seq < new.excluded.seq,
        ),
        sorted(scopes, key=lambda each: str(each["scope"])),
    )


async def led_among(tx: Transaction, scopes: Collection[str], actor: Actor) -> set[str]:
    """Return those of some scopes that somebody leads, or that lie in one; see `shared.scopes`.

    Who stands in for everybody leads all.
    """
    if actor.is_everywhere:
        return set(scopes)
    led = set(await led_by(tx, actor.member)) if actor.member and scopes else set()
    if any(each.startswith("school/") for each in led):
        return set(scopes)
    above = await scopes_above(tx, sorted(scopes)) if led else {}
    return {scope for scope, places in above.items() if led.intersection(places)}


async def leads(tx: Transaction, scope: str, person: str) -> bool:
    """Return whether somebody leads a scope, or one that it lies in, by post or by a grant."""
    if await shared.scopes.leads(tx, scope, person):
        return True
    granted = await _granted(tx, person)
    if not granted:
        return False
    above = await scopes_above(tx, [scope])
    return ALL in granted or not granted.isdisjoint(above[scope])


async def heads_of_unit(tx: Transaction, unit: str) -> set[str]:
    """Return who leads a unit itself, by post or by a grant: ``teacher/T001``."""
    owners = await tx.session.scalar(select(ScopeRow.owners).where(ScopeRow.scope == unit))
    posts = {each["person"] for each in owners or () if each["role"] in LEADING_ROLES}
    return posts | set(await tx.session.scalars(_HEADS, _today(unit)))


async def _granted(tx: Transaction, person: str) -> set[str]:
    """Return the scopes that somebody leads today by a grant, a body or a loan."""
    if not person:
        return set()
    found = set(await tx.session.scalars(_LED, _today(person)))
    is_all = any(each == EVERYWHERE or each.startswith("school/") for each in found)
    return found | {ALL} if is_all else found


def _today(who: str) -> dict[str, Any]:
    return {"who": who, "roles": list(LEADING), "zone": str(CAMPUS)}


async def led_by(tx: Transaction, person: str) -> list[str]:
    """Return the scopes that somebody leads, by post or by a grant; `ALL` among them is all."""
    return sorted({*await _led_by_post(tx, person), *await _granted(tx, person)})


async def _led_by_post(tx: Transaction, person: str) -> list[str]:
    named = [
        ScopeRow.owners.contains([{"role": role, "person": person}])
        for role in sorted(LEADING_ROLES)
    ]
    return list(await tx.session.scalars(select(ScopeRow.scope).where(or_(*named))))
