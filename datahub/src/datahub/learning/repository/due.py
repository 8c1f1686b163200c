"""Totals that are due: noted in the transaction of the event, taken in that of the total."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from datahub.learning.domain.event import CAMPUS
from datahub.learning.repository.events import Place
from shared.kit.database import Transaction
from shared.kit.sql import text

MEASURES: Final = ("clicks", "visits", "minutes", "submissions", "posts")


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A student's day in a class."""

    day: date
    student_no: str
    class_no: str


@dataclass(frozen=True, slots=True)
class Total:
    """What the events of a day come to; ``events`` is 0 where all of them were taken back."""

    due: Due
    events: int
    measures: dict[str, Any]


def due_of(places: Iterable[Place]) -> list[Due]:
    """Return the totals that events count in, each once, in one order for everybody."""
    found = {
        Due(each.event_at.astimezone(CAMPUS).date(), each.student_no, each.class_no)
        for each in places
        if each.student_no is not None and each.class_no is not None
    }
    return sorted(found)


async def note(tx: Transaction, totals: Sequence[Due]) -> None:
    """Note that totals are to be written anew.

    A row that is there is written too: who is just taking it away has not seen our events, and we
    wait for him.
    """
    driver = await tx.driver()
    await driver.execute(
        "INSERT INTO learning_due AS d (day, student_no, class_no)"
        " SELECT * FROM unnest($1::date[], $2::text[], $3::text[])"
        " ON CONFLICT (day, student_no, class_no) DO UPDATE SET touched = d.touched + 1",
        [each.day for each in totals],
        [each.student_no for each in totals],
        [each.class_no for each in totals],
    )


async def take(tx: Transaction, limit: int) -> list[Due]:
    """Take the oldest of the totals that are due, those that nobody is touching."""
    rows = await tx.session.execute(
        text(
            "DELETE FROM learning_due d USING (SELECT day, student_no, class_no FROM learning_due"
            " ORDER BY day, student_no, class_no LIMIT :limit FOR UPDATE SKIP LOCKED) t"
            " WHERE (d.day, d.student_no, d.class_no) = (t.day, t.student_no, t.class_no)"
            " RETURNING d.day, d.student_no, d.class_no"
        ),
        {"limit": limit},
    )
    return sorted(Due(*row) for row in rows)


async def is_due_before(tx: Transaction, day: date) -> bool:
    """Whether a total of a day before this one is still to be written."""
    found = await tx.session.scalar(
        text("SELECT EXISTS (SELECT FROM learning_due WHERE day < :day)"), {"day": day}
    )
    return bool(found)


async def count_events(tx: Transaction, totals: Sequence[Due]) -> list[Total]:
    """Return what the events that stand come to, for each of some totals."""
    driver = await tx.driver()
    rows = await driver.fetch(
        """
        SELECT d.day, d.student_no, d.class_no, t.*
          FROM unnest($1::date[], $2::text[], $3::text[]) d(day, student_no, class_no),
               LATERAL (
          SELECT count(*) AS events,
                 count(*) FILTER (WHERE e.verb IN ('accessed', 'viewed')) AS clicks,
                 count(DISTINCT e.object_id) FILTER (WHERE e.verb IN ('accessed', 'viewed'))
                   AS visits,
                 round(sum(e.duration_s) / 60.0, 1)::text AS minutes,
                 count(*) FILTER (WHERE e.verb = 'submitted') AS submissions,
                 count(*) FILTER (WHERE e.verb = 'posted') AS posts
            FROM learning_event e
           WHERE e.student_no = d.student_no AND e.class_no = d.class_no
             AND e.event_at >= d.day::timestamp AT TIME ZONE 'Asia/Shanghai'
             AND e.event_at < (d.day + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
             AND e.voids IS NULL AND e.voided_by IS NULL) t
        """,
        [each.day for each in totals],
        [each.student_no for each in totals],
        [each.class_no for each in totals],
    )
    return [
        Total(
            Due(row["day"], row["student_no"], row["class_no"]),
            row["events"],
            {name: row[name] for name in MEASURES},
        )
        for row in rows
    ]
