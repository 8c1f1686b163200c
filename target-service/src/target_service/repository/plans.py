"""Load plans."""

from collections.abc import Sequence

from sqlalchemy import and_, select

from shared.access.rules import Kind
from shared.access.sight import is_seen, narrowed
from shared.kit.database import Transaction
from shared.kit.known import names_like
from shared.kit.sql import text
from target_service.tables import GoalRow, KeptVersionRow, PlanRow


async def find(tx: Transaction, key: str) -> PlanRow | None:
    """Return a plan, withdrawn or not."""
    return await tx.session.get(PlanRow, key)


async def find_in_force(tx: Transaction, key: str | None) -> PlanRow | None:
    """Return a plan that is not withdrawn."""
    row = await find(tx, key) if key else None
    return None if row is None or row.withdrawn_at else row


async def find_seen(tx: Transaction, key: str | None) -> PlanRow | None:
    """Return a plan in force, if it is there for whose transaction it is."""
    row = await find_in_force(tx, key)
    if row is None or not await is_seen(tx, Kind.GOAL, row.scope, row.owner, row.approver):
        return None
    return row


async def plans_like(tx: Transaction, key: str) -> list[str]:
    """Return plans that somebody may have meant, of those that are there for him."""
    seen = await narrowed(tx, Kind.GOAL, PlanRow.scope, PlanRow.owner)
    among = and_(PlanRow.withdrawn_at.is_(None), *seen)
    return await names_like(tx, (PlanRow.key, PlanRow.title), key, among=among)


async def author_of(tx: Transaction, row: PlanRow) -> str:
    """Return who wrote what a submitted plan says: who changed it before it was submitted."""
    drafted = await tx.session.get(KeptVersionRow, ("plan", row.key, row.version - 1))
    return str(drafted.document["changed_by"]) if drafted else ""


async def list_children(tx: Transaction, key: str) -> Sequence[PlanRow]:
    """Return the plans in force right beneath a plan."""
    query = select(PlanRow).where(PlanRow.parent == key, PlanRow.withdrawn_at.is_(None))
    return (await tx.session.scalars(query.order_by(PlanRow.key))).all()


async def list_goals(tx: Transaction, key: str, at_most: int) -> Sequence[str]:
    """Return goals in force of a plan."""
    query = select(GoalRow.key).where(GoalRow.plan == key, GoalRow.withdrawn_at.is_(None))
    return (await tx.session.scalars(query.order_by(GoalRow.key).limit(at_most))).all()


async def list_goal_periods(tx: Transaction, key: str) -> dict[str, str]:
    """Return the periods of the goals in force of a plan, by key."""
    query = select(GoalRow.key, GoalRow.period).where(
        GoalRow.plan == key, GoalRow.withdrawn_at.is_(None)
    )
    rows = await tx.session.execute(query.order_by(GoalRow.key))
    return {row.key: row.period for row in rows}


async def line_to_root(tx: Transaction, key: str) -> list[str]:
    """Return a plan and what lies above it, from itself to its root."""
    rows = await tx.session.scalars(
        text(
            "WITH RECURSIVE line AS (SELECT key, parent, 0 AS depth FROM plan WHERE key = :key"
            " UNION ALL SELECT p.key, p.parent, line.depth + 1"
            " FROM plan p JOIN line ON p.key = line.parent)"
            " SELECT key FROM line ORDER BY depth"
        ),
        {"key": key},
    )
    return list(rows)


def add(tx: Transaction, row: PlanRow) -> None:
    """Store a new plan with the transaction."""
    tx.session.add(row)
