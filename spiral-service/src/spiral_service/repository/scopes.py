"""Scopes, as the hub tells of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from shared.contracts.vocabulary import LEADING_ROLES
from shared.kit.database import Transaction
from shared.kit.known import names_like
from shared.kit.sql import text
from shared.scopes import MOST_STEPS
from spiral_service.tables import ScopeRow


async def has_scope(tx: Transaction, scope: str) -> bool:
    """Return whether the hub has told of a scope whose record is still there."""
    query = select(ScopeRow.scope).where(ScopeRow.scope == scope, ~ScopeRow.gone)
    return await tx.session.scalar(query) is not None


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


async def led_by(tx: Transaction, person: str) -> list[str]:
    """Return the scopes for which somebody answers in a leading role."""
    named = [
        ScopeRow.owners.contains([{"role": role, "person": person}])
        for role in sorted(LEADING_ROLES)
    ]
    return list(await tx.session.scalars(select(ScopeRow.scope).where(or_(*named))))


async def leads(tx: Transaction, scope: str, person: str) -> bool:
    """Return whether somebody leads a scope, or one that it lies in; all lies in the school."""
    found = await tx.session.scalar(
        text(
            "WITH RECURSIVE above (scope, steps) AS (SELECT CAST(:scope AS text), 0 UNION"
            "  SELECT parent, a.steps + 1 FROM above a JOIN scope s ON s.scope = a.scope"
            "  CROSS JOIN unnest(s.parents) AS parent WHERE a.steps < :most),"
            " near (scope) AS (SELECT scope FROM above UNION"
            "  SELECT scope FROM scope WHERE scope LIKE 'school/%')"
            " SELECT count(*) > 0 FROM near n JOIN scope s ON s.scope = n.scope"
            " CROSS JOIN jsonb_array_elements(s.owners) AS named"
            " WHERE named ->> 'person' = :person AND named ->> 'role' = ANY(:roles)"
        ),
        {"scope": scope, "person": person, "most": MOST_STEPS, "roles": sorted(LEADING_ROLES)},
    )
    return bool(found)
