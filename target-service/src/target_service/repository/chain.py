"""Load and save goals, standards and bindings."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, select, update

from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.sql import text
from target_service.domain.limits import Limit, read_limit
from target_service.domain.lines import Lines, Tier
from target_service.tables import BindingRow, GoalRow, StandardRow

CHAIN_LOCK = 5_501
"""Advisory lock: judging shares it, a change of goals, standards or bindings has it alone.

Without it a binding that is created while a value of its cell comes in could miss that value.
"""


async def lock_chain(tx: Transaction) -> None:
    """Change goals, standards and bindings alone, until the transaction ends."""
    await tx.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})


async def share_chain(tx: Transaction) -> None:
    """Let nobody change bindings until the transaction ends; others may judge beside."""
    await tx.session.execute(
        text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": CHAIN_LOCK}
    )


class NotFoundError(DomainError):
    """Nothing has that key."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "not-found"
    title_zh: ClassVar = "没有这个资源"
    title_en: ClassVar = "Not found"


def not_found(zh: str, en: str, key: str) -> NotFoundError:
    """Return that nothing of a kind has a key."""
    return NotFoundError(f"没有{zh} {key}", f"there is no {en} {key}")


async def find_goal(tx: Transaction, key: str) -> GoalRow | None:
    """Return a goal, withdrawn or not."""
    return await tx.session.get(GoalRow, key)


async def find_goal_in_force(tx: Transaction, key: str | None) -> GoalRow | None:
    """Return a goal that is not withdrawn."""
    row = await find_goal(tx, key) if key else None
    return None if row is None or row.withdrawn_at else row


async def list_goals_in_force(tx: Transaction, keys: Collection[str]) -> Sequence[GoalRow]:
    """Return those of some goals that are not withdrawn."""
    query = select(GoalRow).where(GoalRow.key.in_(keys), GoalRow.withdrawn_at.is_(None))
    return (await tx.session.scalars(query)).all()


async def find_binding(tx: Transaction, key: str) -> BindingRow | None:
    """Return a binding, withdrawn or not."""
    return await tx.session.get(BindingRow, key)


async def find_newest_standard(tx: Transaction, key: str) -> StandardRow | None:
    """Return the newest version of a standard: in force, not yet, or withdrawn."""
    query = select(StandardRow).where(StandardRow.key == key)
    return await tx.session.scalar(query.order_by(StandardRow.version.desc()).limit(1))


async def list_bindings_of_goal(tx: Transaction, goal: str) -> Sequence[BindingRow]:
    """Return the bindings that carry a goal."""
    return await _list_bindings(tx, BindingRow.goal == goal)


async def list_bindings_of_standard(tx: Transaction, key: str) -> Sequence[BindingRow]:
    """Return the bindings that refer to a standard."""
    return await _list_bindings(tx, BindingRow.standard == key)


async def _list_bindings(tx: Transaction, which: ColumnElement[bool]) -> Sequence[BindingRow]:
    query = select(BindingRow).where(which, BindingRow.withdrawn_at.is_(None))
    return (await tx.session.scalars(query.order_by(BindingRow.key))).all()


async def withdraw_versions(tx: Transaction, key: str, at: datetime) -> None:
    """Withdraw every version of a standard."""
    await tx.session.execute(
        update(StandardRow)
        .where(StandardRow.key == key, StandardRow.withdrawn_at.is_(None))
        .values(withdrawn_at=at)
    )


async def list_standards_due(tx: Transaction, day: date) -> list[str]:
    """Return the standards of which some binding does not use the version of that day."""
    rows = await tx.session.scalars(
        text(
            "SELECT DISTINCT b.standard FROM binding b JOIN LATERAL ("
            "  SELECT max(s.version) AS version FROM standard s"
            "  WHERE s.key = b.standard AND s.effective_from <= :day"
            "  AND s.state = 'approved' AND s.withdrawn_at IS NULL) AS force ON true"
            " WHERE force.version <> b.standard_version AND b.withdrawn_at IS NULL"
            " ORDER BY b.standard"
        ),
        {"day": day},
    )
    return list(rows)


def add(tx: Transaction, row: GoalRow | StandardRow | BindingRow) -> None:
    """Store a new row with the transaction."""
    tx.session.add(row)


def unwritten(tx: Transaction) -> AbstractContextManager[Any]:
    """Let statements inside not write first what was changed."""
    unwritten: AbstractContextManager[Any] = tx.session.no_autoflush
    return unwritten


async def flush(tx: Transaction) -> None:
    """Write what was changed, so that statements after it see it."""
    await tx.session.flush()


def read_lines(target: Any, tiers: Any, warning: Any) -> Lines:
    """Return lines from their stored documents."""
    return Lines(
        target=_limit(target),
        tiers={Tier(name): read_limit(limit) for name, limit in (tiers or {}).items()},
        warning=_limit(warning),
    )


def _limit(document: Any) -> Limit | None:
    return read_limit(document) if document else None
