"""Load goals along the tree."""

from collections.abc import Sequence

from sqlalchemy import select, text

from shared.kit.database import Transaction
from shared.kit.known import names_like
from target_service.tables import GoalRow


async def list_children(tx: Transaction, key: str) -> Sequence[GoalRow]:
    """Return the goals in force right beneath a goal, in the order of their keys."""
    query = select(GoalRow).where(GoalRow.parent == key, GoalRow.withdrawn_at.is_(None))
    return (await tx.session.scalars(query.order_by(GoalRow.key))).all()


async def line_to_root(tx: Transaction, key: str) -> list[str]:
    """Return a goal and what lies above it, from itself to its root."""
    rows = await tx.session.scalars(
        text(
            "WITH RECURSIVE line AS (SELECT key, parent, 0 AS depth FROM goal WHERE key = :key"
            " UNION ALL SELECT g.key, g.parent, line.depth + 1"
            " FROM goal g JOIN line ON g.key = line.parent)"
            " SELECT key FROM line ORDER BY depth"
        ),
        {"key": key},
    )
    return list(rows)


async def goals_like(tx: Transaction, key: str) -> list[str]:
    """Return goals in force that somebody may have meant."""
    return await names_like(
        tx, (GoalRow.key, GoalRow.title), key, among=GoalRow.withdrawn_at.is_(None)
    )
