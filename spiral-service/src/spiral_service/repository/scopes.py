"""Scopes, as the hub tells of them."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from shared.contracts.vocabulary import LEADING_ROLES
from shared.kit.database import Transaction
from shared.kit.known import names_like
from spiral_service.domain.standing import Actor
from spiral_service.repository.openings import scopes_above
from spiral_service.tables import ScopeRow


async def has_scope(tx: Transaction, scope: str) -> bool:
    """Return whether the hub has told of a scope whose record is still there."""
    query = select(ScopeRow.scope).where(ScopeRow.scope == scope, ~ScopeRow.gone)
    return await tx.session.scalar(query) is not None


async def known_scopes(tx: Transaction, scopes: Sequence[str]) -> set[str]:
    """Return those of some scopes of which the hub has told, and whose record is still there."""
    query = select(ScopeRow.scope).where(ScopeRow.scope.in_(scopes), ~ScopeRow.gone)
    return set(await tx.session.scalars(query))


async def scopes_like(tx: Transaction, scope: str) -> list[str]:
    """Return scopes of the same kind that somebody may have meant."""
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


async def led_by(tx: Transaction, person: str) -> list[str]:
    """Return the scopes for which somebody answers in a leading role."""
    named = [
        ScopeRow.owners.contains([{"role": role, "person": person}])
        for role in sorted(LEADING_ROLES)
    ]
    return list(await tx.session.scalars(select(ScopeRow.scope).where(or_(*named))))
