"""What a person is to a scope: whoever leads it, or one above it, as the hub told.

All lies in the school, whether units name it or not.
"""

from typing import Final

from sqlalchemy import text

from shared.contracts.vocabulary import LEADING_ROLES
from shared.kit.database import Transaction
from shared.scopes import MOST_STEPS

_LEADS: Final = """
WITH RECURSIVE above (scope, steps) AS (
    SELECT CAST(:scope AS text), 0
    UNION
    SELECT parent, a.steps + 1
      FROM above a JOIN scope s ON s.scope = a.scope CROSS JOIN unnest(s.parents) AS parent
     WHERE a.steps < :most),
near (scope) AS (SELECT scope FROM above UNION SELECT scope FROM scope WHERE scope LIKE 'school/%')
SELECT EXISTS (
    SELECT FROM near n JOIN scope s ON s.scope = n.scope
     CROSS JOIN jsonb_array_elements(s.owners) AS named
     WHERE named ->> 'role' = ANY(:roles) AND named ->> 'person' = :member)
"""


async def leads(tx: Transaction, scope: str, member: str) -> bool:
    """Return whether a member of staff (``teacher/T001``) leads a scope, or one above it."""
    values = {"scope": scope, "member": member, "roles": sorted(LEADING_ROLES), "most": MOST_STEPS}
    return bool(await tx.session.scalar(text(_LEADS), values))
