"""Which scopes lie right beneath which others, as the measurer has followed it.

What the hub tells of scopes is held against it: so a scope that moves is known with the place that
it left. Every scope lies beneath the school too.
"""

from collections.abc import Collection, Iterable
from typing import Final

from shared.kit.database import Transaction
from shared.kit.sql import text

Pairs = set[tuple[str, str]]
"""Scopes with one that lies right above."""

_NOW: Final = """
    SELECT s.kind, s.scope, p.parent FROM scope s
     CROSS JOIN LATERAL (
       SELECT jsonb_array_elements_text(s.doc -> 'parents') AS parent
        UNION SELECT 'school/' || :school) p
     WHERE s.kind = ANY(:kinds) AND NOT (s.doc ->> 'gone')::boolean
       AND p.parent IS NOT NULL AND p.parent <> s.scope
"""
_FOLLOW: Final = f"""
    WITH now AS MATERIALIZED ({_NOW}), gone AS (
      DELETE FROM indicator_parent t WHERE t.kind = ANY(:kinds) AND NOT EXISTS (
        SELECT FROM now n WHERE n.scope = t.scope AND n.parent = t.parent)
      RETURNING t.scope, t.parent
    ), come AS (
      INSERT INTO indicator_parent (kind, scope, parent) SELECT kind, scope, parent FROM now
      ON CONFLICT (scope, parent) DO NOTHING RETURNING scope, parent
    )
    SELECT scope, parent FROM gone UNION ALL SELECT scope, parent FROM come
"""


async def follow(tx: Transaction, kinds: Collection[str], school: str | None) -> Pairs:
    """Take over what the scopes of some kinds lie beneath; return what is other than before.

    Args:
        school: key of the college; None while its record has not come.
    """
    rows = await tx.session.execute(
        text(_FOLLOW.replace(":school", "CAST(:school AS text)")),
        {"kinds": sorted(kinds), "school": school},
    )
    return {(row.scope, row.parent) for row in rows}


async def list_now(tx: Transaction, kinds: Collection[str], school: str | None) -> Pairs:
    """Return what the scopes of some kinds lie beneath as the hub tells it now; follow nothing."""
    rows = await tx.session.execute(
        text(_NOW.replace(":school", "CAST(:school AS text)")),
        {"kinds": sorted(kinds), "school": school},
    )
    return {(row.scope, row.parent) for row in rows}


async def list_above(
    tx: Transaction, *, of: Iterable[str] | None = None, beneath: Iterable[str] | None = None
) -> Pairs:
    """Return what lies right above some scopes, or beneath some; all where none are given."""
    where = [
        f"{name} = ANY(:{name})"
        for name, given in (("scope", of), ("parent", beneath))
        if given is not None
    ]
    named = {"scope": of, "parent": beneath}
    rows = await tx.session.execute(
        text(f"SELECT scope, parent FROM indicator_parent WHERE {' AND '.join(where) or 'true'}"),
        {name: sorted(given) for name, given in named.items() if given is not None},
    )
    return {(row.scope, row.parent) for row in rows}
