"""What a person is to a scope: its owners, and those of all that it lies in, as they were told.

All lies in the school, whether units name it or not.
"""

from collections.abc import Sequence
from typing import Final

from datahub.indicators.domain.party import Standing
from shared.contracts.vocabulary import LEADING_ROLES
from shared.kit.database import Transaction
from shared.kit.sql import text
from shared.scopes import MOST_STEPS

_ROLES: Final = ", ".join(f"'{each}'" for each in sorted(LEADING_ROLES))


def standing_sql(scope: str) -> str:
    """Return a select of ``answers`` and ``leads`` of ``:owner``.

    Args:
        scope: what gives the scope in SQL.
    """
    return f"""
        WITH RECURSIVE above (scope, steps) AS (
            SELECT {scope}, 0
            UNION
            SELECT parent, a.steps + 1
              FROM above a JOIN scope s ON s.scope = a.scope
              CROSS JOIN jsonb_array_elements_text(s.doc -> 'parents') AS parent
             WHERE a.steps < {MOST_STEPS}),
        near (scope) AS (
            SELECT scope FROM above UNION SELECT scope FROM scope WHERE kind = 'school')
        SELECT count(*) > 0 AS answers,
               count(*) FILTER (WHERE named ->> 'role' IN ({_ROLES})) > 0 AS leads
          FROM near n JOIN scope s ON s.scope = n.scope
          CROSS JOIN jsonb_array_elements(s.doc -> 'owners') AS named
         WHERE named ->> 'person' = :owner
    """


async def standing_of(tx: Transaction, scope: str, owner: str) -> Standing:
    """Return what somebody is to a scope."""
    query = text(standing_sql("CAST(:scope AS text)"))
    row = (await tx.session.execute(query, {"scope": scope, "owner": owner})).one()
    return Standing(answers=row.answers, leads=row.leads)


async def answered_among(tx: Transaction, scopes: Sequence[str], owner: str) -> list[str]:
    """Return those of some scopes that somebody answers for, in their order."""
    rows = await tx.session.scalars(
        text(
            "SELECT t.scope FROM unnest(CAST(:scopes AS text[])) WITH ORDINALITY t(scope, place)"
            f" CROSS JOIN LATERAL ({standing_sql('t.scope')}) asks WHERE asks.answers"
            " ORDER BY t.place"
        ),
        {"scopes": list(scopes), "owner": owner},
    )
    return list(rows)
