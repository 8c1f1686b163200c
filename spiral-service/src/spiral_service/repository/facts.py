"""Facts of other services: keep the newest, and load those of a cycle."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import JSONB

from shared.access.families import title_of
from shared.calendar import Calendar
from shared.kit.database import Transaction
from shared.kit.sql import text
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.gates.base import Fact, Facts
from spiral_service.tables import OutsideFactRow

_SAVE: Final = text(
    "INSERT INTO outside_fact AS f (kind, key, version, scope, period, starts_on, ends_on, goals,"
    " gone, title, owner, document) SELECT kind, key, version, scope, period, starts_on, ends_on,"
    " coalesce(goals, '{}'), gone, title, owner, document FROM jsonb_to_recordset("
    "CAST(:rows AS jsonb)) AS n(kind text, key text, version bigint, scope text, period text,"
    " starts_on date, ends_on date, goals text[], gone boolean, title text, owner text,"
    " document jsonb) ON CONFLICT (kind, key) DO UPDATE SET version = excluded.version,"
    " scope = excluded.scope, period = excluded.period, starts_on = excluded.starts_on,"
    " ends_on = excluded.ends_on, goals = excluded.goals, gone = excluded.gone,"
    " title = excluded.title, owner = excluded.owner, document = excluded.document"
    " WHERE f.version < excluded.version"
)
_FACTS: Final = (
    "WITH own AS (SELECT * FROM outside_fact WHERE scope = ANY(ARRAY[:scope, :everyone])"
    "  AND NOT gone AND kind <> 'task'"
    "  AND (period = :period OR (starts_on >= :starts AND ends_on <= :ends))),"
    " mine AS (SELECT array_agg(key) AS goals FROM own WHERE kind = 'goal')"
    " SELECT kind, key, version, title, owner, document, goals FROM own"
    # Whatever its period: its correction is in the cycle.
    " UNION SELECT f.kind, f.key, f.version, f.title, f.owner, f.document, f.goals"
    "  FROM correction c JOIN outside_fact f ON f.kind = 'alert' AND f.key = c.alert"
    "  WHERE c.cycle = :cycle AND c.state = 'open'"
    " UNION ALL SELECT f.kind, f.key, f.version, f.title, f.owner, f.document, f.goals"
    "  FROM outside_fact f, mine WHERE f.kind = 'task' AND NOT f.gone AND f.goals && mine.goals"
    " UNION ALL SELECT 'correction', CAST(id AS text), version, title, owner,"
    "  jsonb_build_object('family', family), '{}'"
    "  FROM correction WHERE cycle = :cycle AND state = 'open'"
    " UNION ALL SELECT 'form', form, max(version), form, '', '{}', '{}'"
    "  FROM filing WHERE cycle = :cycle GROUP BY form"
    " UNION ALL SELECT 'diagnosis', goal, version, goal, drafted_by,"
    "  jsonb_build_object('state', state, 'cause', cause), '{}' FROM diagnosis WHERE cycle = :cycle"
    " UNION ALL SELECT 'lesson', CAST(id AS text), version, title, \"by\","
    "  jsonb_build_object('cause', cause), '{}' FROM lesson WHERE cycle = :cycle"
    " UNION ALL SELECT 'proposal', CAST(id AS text), version, title, \"by\","
    "  jsonb_build_object('state', state), '{}' FROM proposal WHERE cycle = :cycle"
    " UNION ALL SELECT 'measure', CAST(id AS text), version, text, owner,"
    "  jsonb_build_object('state', state), '{}' FROM measure WHERE cycle = :cycle"
    " UNION ALL SELECT 'next_goal', f.key, f.version, f.title, f.owner, f.document"
    "  || jsonb_build_object('reason', l.reason), '{}' FROM outside_fact f"
    "  LEFT JOIN lowered_target l ON l.cycle = :cycle AND l.goal = f.key"
    "  WHERE f.kind = 'goal' AND f.scope = :scope AND NOT f.gone AND f.starts_on >= :ends"
    "  AND f.document ->> 'indicator' IN"
    "  (SELECT document ->> 'indicator' FROM own WHERE kind = 'goal')"
    " ORDER BY kind, key"
)
_LOAD: Final = text(_FACTS).columns(document=JSONB())
_LOAD_MANY: Final = text(
    "SELECT n.cycle, f.* FROM jsonb_to_recordset(CAST(:cycles AS jsonb)) AS n (cycle text,"  # noqa: S608 — our own words
    " scope text, everyone text, period text, starts date, ends date) CROSS JOIN LATERAL ("
    + re.sub(r":(\w+)", r"n.\1", _FACTS)
    + ") f"
).columns(document=JSONB())
_PLURAL: Final = {
    "goal": "goals",
    "binding": "bindings",
    "task": "tasks",
    "attainment": "attainments",
    "assessment": "assessments",
    "alert": "alerts",
    "correction": "corrections",
    "form": "forms",
    "diagnosis": "diagnoses",
    "lesson": "lessons",
    "proposal": "proposals",
    "measure": "measures",
    "next_goal": "next_goals",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A fact as an event told it."""

    kind: str
    key: str
    version: int
    scope: str = ""
    period: str | None = None
    goals: Sequence[str] = ()
    gone: bool = False
    title: str = ""
    owner: str = ""
    document: Mapping[str, Any]


async def save_facts(tx: Transaction, heard: Sequence[Heard], calendar: Calendar) -> None:
    """Keep the newest word on each thing; an older one changes nothing."""
    newest: dict[tuple[str, str], Heard] = {}
    for each in heard:
        known = newest.get((each.kind, each.key))
        if known is None or known.version < each.version:
            newest[each.kind, each.key] = each
    # In one order, or two batches could deadlock.
    rows = [_row(newest[name], calendar) for name in sorted(newest)]
    if rows:
        await tx.session.execute(_SAVE, {"rows": msgspec.json.encode(rows).decode()})


async def load_facts(tx: Transaction, cycle: Cycle) -> Facts:
    """Return what the gates of a cycle are judged on.

    Its goals, bindings, attainments, assessments and alerts are those of its scope whose period
    is its own or lies inside its window; its tasks are those that serve its goals.
    """
    return _facts(cycle, await tx.session.execute(_LOAD, _asked(cycle)))


async def load_facts_of(tx: Transaction, cycles: Sequence[Cycle]) -> dict[str, Facts]:
    """Return the same of many cycles, by their keys, in one statement."""
    asked = msgspec.json.encode([_asked(each) for each in cycles]).decode()
    found: defaultdict[str, list[Any]] = defaultdict(list)
    if cycles:
        for row in await tx.session.execute(_LOAD_MANY, {"cycles": asked}):
            found[row.cycle].append(row)
    return {each.key: _facts(each, found[each.key]) for each in cycles}


async def place_facts(tx: Transaction, calendar: Calendar) -> None:
    """Give their days to facts of periods that the school calendar tells now, or tells anew."""
    periods = await tx.session.scalars(
        text("SELECT DISTINCT period FROM outside_fact WHERE period ~ '^(week|term|ayear):'")
    )
    days = {each: calendar.bounds(each) for each in periods}
    known = {each: bounds for each, bounds in days.items() if bounds}
    await tx.session.execute(
        text(
            "UPDATE outside_fact f SET starts_on = n.starts_on, ends_on = n.ends_on FROM unnest("
            "CAST(:periods AS text[]), CAST(:starts AS date[]), CAST(:ends AS date[]))"
            " AS n(period, starts_on, ends_on) WHERE f.period = n.period"
            " AND (f.starts_on, f.ends_on) IS DISTINCT FROM (n.starts_on, n.ends_on)"
        ),
        {
            "periods": list(known),
            "starts": [bounds[0] for bounds in known.values()],
            "ends": [bounds[1] for bounds in known.values()],
        },
    )


async def is_told(tx: Transaction, kind: str, key: str) -> bool:
    """Return whether a thing was told of that is still there."""
    query = select(OutsideFactRow.key).where(
        OutsideFactRow.kind == kind, OutsideFactRow.key == key, ~OutsideFactRow.gone
    )
    return await tx.session.scalar(query) is not None


async def title_of_goal(tx: Transaction, goal: str) -> str | None:
    """Return what a goal is called; None of one that was not told of."""
    query = select(OutsideFactRow.title).where(
        OutsideFactRow.kind == "goal", OutsideFactRow.key == goal
    )
    return await tx.session.scalar(query)


async def heads_of(tx: Transaction, bodies: Sequence[str]) -> dict[str, list[str]]:
    """Return by body the persons at its head, as they are written for scopes."""
    rows = await tx.session.execute(
        text(
            "SELECT key, document FROM outside_fact"
            " WHERE kind = 'body' AND NOT gone AND key = ANY(:keys)"
        ).columns(document=JSONB()),
        {"keys": list(bodies)},
    )
    return {
        row.key: [each for each in row.document["heads"] if each.startswith("teacher/")]
        for row in rows
    }


async def members_of(tx: Transaction, body: str, on: date) -> list[tuple[str, str]] | None:
    """Return the persons in a body on a day and the place of each; None: there is no such body."""
    query = select(OutsideFactRow.document).where(
        OutsideFactRow.kind == "body", OutsideFactRow.key == body, ~OutsideFactRow.gone
    )
    document = await tx.session.scalar(query)
    if document is None:
        return None
    day = on.isoformat()
    return [
        (each["person"], each["place"])
        # Bodies that were told before members were kept have their heads alone.
        for each in document.get("members") or _heads(document)
        if (each["since"] or day) <= day <= (each["until"] or day)
    ]


def _heads(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    known = [each for each in document["heads"] if each.startswith("teacher/")]
    return [{"person": each, "place": "head", "since": None, "until": None} for each in known]


def _asked(cycle: Cycle) -> dict[str, Any]:
    return {
        "scope": cycle.scope,
        "everyone": f"{cycle.scope.partition('/')[0]}/*",
        "period": cycle.period,
        "starts": cycle.starts_on,
        "ends": cycle.ends_on,
        "cycle": cycle.key,
    }


def _facts(cycle: Cycle, rows: Iterable[Any]) -> Facts:
    found: defaultdict[str, list[Fact]] = defaultdict(list)
    for row in rows:
        if row.kind in _PLURAL:
            fact = Fact(
                kind=row.kind,
                key=row.key,
                version=row.version,
                # Alerts are heard without what is restricted.
                title=title_of(row.document.get("family", ""), row.title),
                owner=row.owner,
                document=row.document | {"goals": row.goals},
            )
            found[_PLURAL[row.kind]].append(fact)
    return Facts(scope=cycle.scope, **found)


def _row(heard: Heard, calendar: Calendar) -> dict[str, Any]:
    bounds: tuple[date, date] | None = calendar.bounds(heard.period) if heard.period else None
    days = {"starts_on": bounds[0], "ends_on": bounds[1]} if bounds else {}
    return {name: getattr(heard, name) for name in Heard.__slots__} | days
