"""Read events: one page of a student's or a class's, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from datahub.dictionary.domain.entity import Entity
from datahub.learning.domain.months import instant_of
from shared.kit.database import Transaction
from shared.kit.sql import text


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Whose events are wanted, and of which campus days, both included."""

    student: str | None
    class_: str | None
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class After:
    """The last event of the page before."""

    event_at: datetime
    event_id: str


async def list_events(
    tx: Transaction,
    entity: Entity,
    which: Which,
    *,
    limit: int,
    offset: int = 0,
    after: After | None = None,
) -> list[dict[str, Any]]:
    """Return events with the fields of the dictionary that are open, the newest first."""
    opened = [each.name for each in entity.fields.values() if not each.is_closed]
    columns = ", ".join([*opened, "source", "voided_by", "batch", "line AS row", "observed"])
    where, values = _where(which)
    if after is not None:
        where.append("(event_at, event_id) < (:after_at, :after_id)")
        values |= {"after_at": after.event_at, "after_id": after.event_id}
    rows = await tx.session.execute(
        text(
            f"SELECT {columns} FROM learning_event WHERE {' AND '.join(where)}"
            " ORDER BY event_at DESC, event_id DESC LIMIT :limit OFFSET :offset"
        ),
        {**values, "limit": limit, "offset": offset},
    )
    return [dict(row) for row in rows.mappings()]


async def count_events(tx: Transaction, which: Which) -> int:
    """Return how many events there are."""
    where, values = _where(which)
    found = await tx.session.scalar(
        text(f"SELECT count(*) FROM learning_event WHERE {' AND '.join(where)}"), values
    )
    return int(found or 0)


def _where(which: Which) -> tuple[list[str], dict[str, Any]]:
    until = which.until + timedelta(days=1) if which.until else None
    conditions: Sequence[tuple[str, object]] = (
        ("student_no = :student", which.student),
        ("class_no = :class_no", which.class_),
        ("event_at >= :since", instant_of(which.since) if which.since else None),
        ("event_at < :until", instant_of(until) if until else None),
    )
    values = dict(zip(("student", "class_no", "since", "until"), conditions, strict=True))
    where = ["voids IS NULL", *(sql for sql, value in conditions if value is not None)]
    return where, {name: each[1] for name, each in values.items() if each[1] is not None}
