"""Load goals along the tree, what is known for their letters, and what they said before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import json
from sqlalchemy import select

from shared.calendar.table import read_calendar
from shared.kit.database import Transaction
from shared.kit.known import names_like
from shared.kit.sql import text
from target_service.domain.attainment import attainment_ratio
from target_service.domain.decomposition import Part
from target_service.domain.limits import Limit, read_limit, read_number
from target_service.domain.periods import days_of
from target_service.domain.smart import Stated, yearly
from target_service.repository import names
from target_service.tables import GoalCommentRow, GoalRow, KeptVersionRow

_NUMBERS = ("attainment", "coverage", "value", "numerator", "denominator", "gap", "relative_gap")
_AS_TEXT = ", ".join(f"'{name}', a.{name}::text" for name in _NUMBERS)
"""A number in a JSON document would be read as a float."""


@dataclass(frozen=True, slots=True)
class Course:
    """From where a goal goes, and until when."""

    deadline: date | None
    baseline: Decimal
    target: Limit | None

    @property
    def start(self) -> Decimal | None:
        """How far its target was reached at the beginning; None where it has none."""
        return attainment_ratio(self.target, self.baseline) if self.target else None


async def courses_of(tx: Transaction, keys: Collection[str]) -> dict[str, Course]:
    """Return from where goals go, by their keys, of those that tell it."""
    rows = await (await tx.driver()).fetch(
        "SELECT key, deadline, baseline, target::text FROM goal"
        " WHERE key = ANY($1::text[]) AND baseline IS NOT NULL",
        sorted(keys),
    )
    return {
        key: Course(
            deadline,
            read_number(baseline),
            read_limit(json.decode(target)) if target else None,
        )
        for key, deadline, baseline, target in rows
    }


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


async def keep_version(tx: Transaction, kind: str, key: str, at: datetime) -> None:
    """Keep a goal or a plan as it is, before it is changed; a goal with how its bindings stand."""
    await tx.session.execute(
        text(
            "INSERT INTO kept_version (kind, key, version, document, attainments, replaced_at)"
            " SELECT CAST(:kind AS text), t.key, t.version, to_jsonb(t),"
            " coalesce((SELECT jsonb_agg(to_jsonb(a) || jsonb_build_object("
            "  'title', b.title, 'goal', b.goal, 'indicator', b.indicator, 'scope', b.scope,"
            f"  'period', b.period, 'owner', b.owner, {_AS_TEXT}) ORDER BY b.key)"
            "  FROM binding b JOIN attainment a ON a.binding = b.key"
            "  WHERE CAST(:kind AS text) = 'goal' AND b.goal = t.key"
            "  AND b.withdrawn_at IS NULL), '[]'), :at"
            f" FROM {_TABLES[kind]} t WHERE t.key = :key"
        ),
        {"kind": kind, "key": key, "at": at},
    )


async def find_version(tx: Transaction, kind: str, key: str, version: int) -> KeptVersionRow | None:
    """Return a goal or a plan as it was before it was changed."""
    return await tx.session.get(KeptVersionRow, (kind, key, version))


async def find_version_at(
    tx: Transaction, kind: str, key: str, instant: datetime
) -> KeptVersionRow | None:
    """Return a goal or a plan as it was before an instant; None where that is what it is now."""
    query = select(KeptVersionRow).where(
        KeptVersionRow.kind == kind,
        KeptVersionRow.key == key,
        KeptVersionRow.replaced_at >= instant,
    )
    return await tx.session.scalar(query.order_by(KeptVersionRow.version).limit(1))


async def state_of(tx: Transaction, row: GoalRow) -> Stated:
    """Return what a goal says, with what was measured in the years before it."""
    unit, _ = await names.known_of(tx, row.indicator)
    first, last = days_of(row.period, await read_calendar(tx))
    told = [(each["period"], read_number(each["value"])) for each in row.history]
    return Stated(
        title=row.title,
        owner=row.owner,
        period=row.period,
        indicator=row.indicator,
        unit=unit,
        baseline=read_number(row.baseline) if row.baseline else None,
        target=read_limit(row.target) if row.target else None,
        parent=row.parent,
        aim=row.aim,
        deadline=row.deadline,
        first_day=first,
        last_day=last,
        history=yearly([*told, *await _measured_before(tx, row)]),
    )


def part_of(row: GoalRow) -> Part:
    """Return a child as the rules of allocation see it."""
    return Part(
        key=row.key,
        weight=read_number(row.weight),
        target=read_limit(row.target) if row.target else None,
        indicator=row.indicator,
    )


async def say(tx: Transaction, goal: str, by: str, words: str, at: datetime) -> GoalCommentRow:
    """Store what somebody said about a goal."""
    row = GoalCommentRow(goal=goal, by=by, text=words, at=at)
    tx.session.add(row)
    await tx.session.flush()
    return row


async def _measured_before(tx: Transaction, row: GoalRow) -> list[tuple[str, Any]]:
    """Return the values that were measured of its cell in earlier periods of the same kind."""
    if row.indicator is None:
        return []
    kind = row.period.partition(":")[0]
    rows = await tx.session.execute(
        text(
            "SELECT period, value FROM measured_value WHERE indicator = :indicator"
            " AND scope = :scope AND period LIKE :kind AND period < :period"
            " AND value IS NOT NULL ORDER BY period DESC LIMIT 60"
        ),
        {
            "indicator": row.indicator,
            "scope": row.scope,
            "kind": f"{kind}:%",
            "period": row.period,
        },
    )
    return [(each.period, each.value) for each in rows]


_TABLES = {"goal": "goal", "plan": "plan"}
"""What is kept, and where it is."""
