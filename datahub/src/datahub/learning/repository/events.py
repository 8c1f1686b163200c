"""The events: stored once each, by their id, whatever month they lie in.

Whoever writes holds the turn (`TABLE`, as the records of an entity are written), so that between
the look at the ids and the insert nobody comes in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from datahub.learning.domain.event import LearningEvent
from shared.kit.database import Transaction

TABLE: Final = "learning_event"
_FIELDS: Final = {
    "event_id": "text",
    "event_at": "timestamptz",
    "digest": "bytea",
    "student_no": "text",
    "class_no": "text",
    "verb": "text",
    "object_type": "text",
    "object_id": "text",
    "duration_s": "int",
    "result_score": "text",
    "statement": "text",
    "voids": "text",
    "line": "bigint",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """With which delivery events came."""

    source: str
    batch: int
    observed: int


@dataclass(frozen=True, slots=True)
class Place:
    """Whose total an event counts in, and when it happened."""

    student_no: str | None
    class_no: str | None
    event_at: datetime


async def known_digests(
    tx: Transaction, source: str, events: Sequence[LearningEvent]
) -> dict[str, bytes]:
    """Return by id the digest of those events that are there.

    A UUID is one event, whoever sends it on; any other id its source gives, and another source may
    give it, too. Of one instant there is one event of an id all the same: the table keeps no more.
    """
    asked = {each.event_id: each for each in events}
    rows = await (await tx.driver()).fetch(
        "SELECT event_id, event_at, source, digest FROM learning_event"
        " WHERE event_id = ANY($1) ORDER BY source = $2",
        list(asked),
        source,
    )
    return {
        row["event_id"]: row["digest"]
        for row in rows
        if row["source"] == source
        or asked[row["event_id"]].is_uuid
        or asked[row["event_id"]].event_at == row["event_at"]
    }


async def insert(tx: Transaction, came: Came, events: Sequence[LearningEvent]) -> None:
    """Store events whose ids are new; their months are there."""
    driver = await tx.driver()
    columns = [[getattr(each, name) for each in events] for name in _FIELDS]
    names = ", ".join(_FIELDS)
    places = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_FIELDS.values(), 4))
    values = names.replace("result_score", "result_score::numeric")
    await driver.execute(
        f"INSERT INTO learning_event (source, batch, observed, {names})"
        f" SELECT $1::text, $2::bigint, $3::bigint, {values} FROM unnest({places}) AS e({names})",
        came.source,
        came.batch,
        came.observed,
        *columns,
    )


async def void(tx: Transaction, source: str, events: Sequence[LearningEvent]) -> list[Place]:
    """Take back what new events void, and new events that were voided before they came.

    A source takes back its own events, and no voiding one.

    Returns:
        whose totals that touches.
    """
    # Two questions: of a month that has just begun the planner knows nothing, and once joined the
    # events with themselves row by row.
    driver = await tx.driver()
    found = await driver.fetch(
        "SELECT voids, event_id FROM learning_event WHERE voids = ANY($1::text[]) AND source = $2",
        [each.voids or each.event_id for each in events],
        source,
    )
    if not found:
        return []
    rows = await driver.fetch(
        "UPDATE learning_event e SET voided_by = v.event_id"
        " FROM unnest($1::text[], $2::text[]) AS v(target, event_id)"
        " WHERE e.event_id = v.target AND e.event_id = ANY($1) AND e.source = $3"
        "   AND e.voids IS NULL AND e.voided_by IS NULL"
        " RETURNING e.student_no, e.class_no, e.event_at",
        [row["voids"] for row in found],
        [row["event_id"] for row in found],
        source,
    )
    return [Place(*row) for row in rows]
