"""Which records a scope (诊改对象) is or belongs to, by a service's own table of scopes.

A service that keeps scopes has them in a table ``scope`` with ``scope`` and ``parents``, from
``scope.changed``. What it hands over to the hub names these records, so that it counts for them
without the hub knowing what it is about.
"""

from collections.abc import Collection, Mapping
from typing import Final

from shared.contracts.vocabulary import LEADING_ROLES
from shared.kit.database import Transaction
from shared.kit.sql import text

FIELDS: Final[Mapping[str, str]] = {
    "unit": "org_code",
    "major": "major_code",
    "course": "course_code",
    "teacher": "staff_no",
    "student": "student_no",
}
"""By kind of scope, the field in which records name it. A school is what all belongs to."""

_BELONGS_TO: Final = """
WITH RECURSIVE above (about, scope, steps) AS (
    SELECT about, about, 0 FROM unnest(CAST(:scopes AS text[])) AS about
    UNION
    SELECT a.about, parent, a.steps + 1
      FROM above a JOIN scope s ON s.scope = a.scope CROSS JOIN unnest(s.parents) AS parent
     WHERE a.steps < :most)
SELECT DISTINCT ON (about, kind) about, kind, substr(scope, length(kind) + 2) AS key
  FROM above CROSS JOIN split_part(scope, '/', 1) AS kind
 ORDER BY about, kind, steps, scope
"""

MOST_STEPS: Final = 8
"""Upwards; units may lie in one another, and records may name each other in a ring."""


async def belongs_to(tx: Transaction, scopes: Collection[str]) -> dict[str, dict[str, str | None]]:
    """Return the fields of the records that each scope is or belongs to, the nearest of a kind.

    What is unknown is None: of a scope that the hub has not told of, itself alone is known.
    """
    found: dict[str, dict[str, str | None]] = {
        each: dict.fromkeys(FIELDS.values()) for each in scopes
    }
    values = {"scopes": sorted(found), "most": MOST_STEPS}
    for row in await tx.session.execute(text(_BELONGS_TO), values):
        if row.kind in FIELDS:
            found[row.about][FIELDS[row.kind]] = row.key
    return found


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
