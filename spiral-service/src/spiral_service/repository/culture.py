"""What culture is counted by: who acted, when and where; what is used; what was measured."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from shared.calendar import CAMPUS
from shared.kit.database import Transaction
from shared.kit.sql import text
from shared.scopes import MOST_STEPS
from spiral_service.tables import OutsideFactRow, SignInRow

_ADVISERS: Final = ("counsellor", "tutor", "head_teacher", "class_teacher")
"""Who advises a student, at his record or at what it belongs to. Source: plan M047."""

_ACTS: Final = """
    WITH act (by, at, scope, cycle, phase) AS (
        SELECT e.by, e.at, c.scope, c.key, COALESCE(e.document ->> 'left', e.document ->> 'step')
          FROM cycle_entry e JOIN cycle c ON c.key = e.cycle
        UNION ALL SELECT d.drafted_by, d.drafted_at, d.scope, d.cycle, 'diagnose' FROM diagnosis d
        UNION ALL SELECT d.signed_by, d.signed_at, d.scope, d.cycle, 'diagnose' FROM diagnosis d
        UNION ALL SELECT o.by, o.at, d.scope, d.cycle, 'diagnose'
          FROM diagnosis_contribution o JOIN diagnosis d ON d.id = o.diagnosis
        UNION ALL SELECT l.by, l.at, l.scope, l.cycle, 'learn' FROM lesson l
        UNION ALL SELECT p.by, p.at, p.scope, p.cycle, 'innovate' FROM proposal p
        UNION ALL SELECT p.decided_by, p.decided_at, p.scope, p.cycle, 'innovate' FROM proposal p
        UNION ALL SELECT m.by, m.at, m.scope, m.cycle, 'improve' FROM measure m
        UNION ALL SELECT m.decided_by, m.decided_at, m.scope, m.cycle, 'improve' FROM measure m
        UNION ALL SELECT h.by, h.at, k.scope, k.cycle, 'implement'
          FROM correction_history h JOIN correction k ON k.id = h.correction
        UNION ALL SELECT w.closed_by, w.closed_at, w.scope, NULL, NULL FROM work_item w
        UNION ALL SELECT a.by, a.at, a.student, NULL, NULL FROM advice a
    ), counted AS (
        SELECT substring(by FROM 8) AS person, scope, cycle, phase FROM act
         WHERE by LIKE 'person/%' AND at >= :from AND at < :to
    )
"""
"""Acts of persons; those of systems do not count. ``phase`` is a step of the figure eight."""

_ROLES: Final = text(
    _ACTS  # noqa: S608 - nothing in it comes from outside
    + """
    , held (role, person) AS (
        SELECT named ->> 'role', split_part(named ->> 'person', '/', 2)
          FROM scope CROSS JOIN jsonb_array_elements(owners) AS named WHERE NOT gone
        UNION SELECT split_part(scope, '/', 1), split_part(scope, '/', 2) FROM scope
         WHERE NOT gone AND scope LIKE ANY (ARRAY['teacher/%', 'student/%'])
    )
    SELECT role AS name, count(*) AS "of",
           count(*) FILTER (WHERE person IN (SELECT person FROM counted)) AS count
      FROM held GROUP BY role ORDER BY role
"""
)
_PHASES: Final = text(
    _ACTS  # noqa: S608 - nothing in it comes from outside
    + """
    , ran AS (SELECT key FROM cycle WHERE opened_at < :to AND COALESCE(closed_at, :to) >= :from)
    SELECT phase AS name, (SELECT count(*) FROM ran) AS "of", count(DISTINCT cycle) AS count
      FROM counted WHERE cycle IN (SELECT key FROM ran) GROUP BY phase
"""
)
_FIELDS: Final = text(
    _ACTS  # noqa: S608 - nothing in it comes from outside
    + """
    SELECT split_part(scope, '/', 1) AS name, count(*) AS "of",
           count(*) FILTER (WHERE scope IN (SELECT scope FROM counted)) AS count
      FROM scope WHERE NOT gone GROUP BY 1 ORDER BY 1
"""
)
_USES: Final = text(
    """
    SELECT (SELECT count(*) FROM cycle WHERE opened_at < :to) AS cycles,
           (SELECT count(DISTINCT cycle) FROM diagnosis
             WHERE state = 'signed' AND signed_at < :to) AS diagnosed,
           (SELECT count(*) FROM lesson WHERE at < :to) AS lessons,
           (SELECT count(DISTINCT lesson) FROM lesson_use WHERE at < :to) AS used,
           (SELECT count(*) FROM measure WHERE carried_at < :to) AS carried,
           (SELECT count(*) FROM measure
             WHERE state = 'effective' AND verified_at < :to) AS effective
"""
)
_SIGNED_IN: Final = text(
    """
    SELECT count(*) AS "of", count(*) FILTER (WHERE EXISTS (
             SELECT FROM sign_in i WHERE i.person = 'person/' || substring(s.scope FROM 9)
                AND i.day >= :from AND i.day < :to)) AS count
      FROM scope s WHERE NOT gone AND scope LIKE 'teacher/%'
    """
)
_ADVISES: Final = text(
    "WITH RECURSIVE above (scope, steps) AS (SELECT CAST(:scope AS text), 0 UNION"
    " SELECT parent, a.steps + 1 FROM above a JOIN scope s ON s.scope = a.scope"
    " CROSS JOIN unnest(s.parents) AS parent WHERE a.steps < :most)"
    " SELECT count(*) > 0 FROM above a JOIN scope s ON s.scope = a.scope"
    " CROSS JOIN jsonb_array_elements(s.owners) AS named"
    " WHERE named ->> 'person' = :person AND named ->> 'role' = ANY(:roles)"
)

Counted = tuple[str, int, int]
"""Name, how many, of how many."""


async def by_role(tx: Transaction, days: tuple[date, date]) -> list[Counted]:
    """Return by role how many of those who hold it have acted."""
    return await _count(tx, _ROLES, days)


async def by_step(tx: Transaction, days: tuple[date, date]) -> list[Counted]:
    """Return by step in how many of the cycles that ran somebody has acted."""
    return await _count(tx, _PHASES, days)


async def by_kind(tx: Transaction, days: tuple[date, date]) -> list[Counted]:
    """Return by kind of scope how many of them somebody has acted for."""
    return await _count(tx, _FIELDS, days)


async def uses_until(tx: Transaction, until: date) -> dict[str, int]:
    """Return how many cycles, diagnoses, lessons and measures there were, and were used."""
    row = (await tx.session.execute(_USES, {"to": _midnight(until)})).one()
    return row._asdict()


async def signed_in(tx: Transaction, days: tuple[date, date]) -> tuple[int, int]:
    """Return how many teachers have signed in, and of how many."""
    told = await tx.session.execute(_SIGNED_IN, {"from": days[0], "to": days[1]})
    of, count = told.one()
    return count, of


async def add_sign_ins(tx: Transaction, days: Sequence[tuple[str, date]]) -> None:
    """Keep persons and the days on which they signed in; one that is there stays."""
    if days:
        rows = [{"person": person, "day": day} for person, day in days]
        await tx.session.execute(insert(SignInRow).values(rows).on_conflict_do_nothing())


async def advises(tx: Transaction, student: str, person: str) -> bool:
    """Return whether somebody answers for a student: counsellor, tutor or head teacher."""
    said = {"scope": student, "person": person, "most": MOST_STEPS, "roles": list(_ADVISERS)}
    return bool(await tx.session.scalar(_ADVISES, said))


async def measured(tx: Transaction, scope: str, period: str, indicator: str) -> str | None:
    """Return the measured value of an indicator, as its judgement told it last."""
    fact = OutsideFactRow
    query = select(fact.document["value"].astext).where(
        fact.kind == "attainment",
        fact.scope == scope,
        fact.period == period,
        fact.document["indicator"].astext == indicator,
    )
    return await tx.session.scalar(query.order_by(fact.key).limit(1))


async def _count(tx: Transaction, query: Any, days: tuple[date, date]) -> list[Counted]:
    said = {"from": _midnight(days[0]), "to": _midnight(days[1])}
    rows: Sequence[Any] = (await tx.session.execute(query, said)).all()
    return [(row.name, row.count, row.of) for row in rows if row.name]


def _midnight(day: date) -> datetime:
    """Return when a day begins on campus."""
    return datetime.combine(day, time(), CAMPUS)
