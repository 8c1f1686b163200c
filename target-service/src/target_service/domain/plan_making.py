"""What a plan that was read becomes: goals, tasks, bodies, basis documents, rhythms of cycles.

Keys say what a thing is, not where it stands: ``plan-2020-18.run.teacher``. So a corrected line, or
one that moved, changes what is there instead of making another one. Source: our default.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from target_service.domain.plan_document.document import (
    Body,
    Citation,
    Column,
    PlanDocument,
    Row,
)
from target_service.domain.plan_document.naming import parties_of, units_named
from target_service.domain.plan_document.words import (
    Kind,
    Work,
    kind_of,
    levels_in,
    parts_of,
)
from target_service.domain.plan_lint.known import KNOWN, series_of
from target_service.domain.plan_lint.needs import needs_of
from target_service.domain.plan_lint.pieces import Piece, pieces_of

SYSTEMS: Final[Mapping[Work, str]] = {
    Work.ORGANISE: "decision",
    Work.CHAIN: "generation",
    Work.RUN: "generation",
    Work.HUB: "resources",
    Work.PLATFORM: "resources",
    Work.RULE: "supervision",
    Work.CULTURE: "support",
    Work.OTHER: "support",
}
"""The vertical system (纵) of a piece of work. Source: our default."""

_DELIVERABLES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("regulation", re.compile(r"制度|办法|细则|规定|章程")),
    ("standard", re.compile(r"标准")),
    ("report", re.compile(r"报告|总结")),
    ("software", re.compile(r"软件|系统|平台|数据库")),
    ("scheme", re.compile(r"方案|规划|计划")),
    ("list", re.compile(r"清单|表|台账|台帐|分解")),
    ("document", re.compile(r"文件|材料|文本|手册|纪要")),
)
_NUMBER: Final = re.compile(r"〔(\d{4})〕(\d+)号")
LONGEST_TITLE: Final = 200
_A_YEAR: Final = 365
Made = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known where the plan is brought in."""

    scope: str
    """The school, such as ``school/14365``."""

    units: Mapping[str, str]
    """Name → scope of every unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafts:
    """What a plan becomes, as the requests of this service say it, in the order of making."""

    plan: Made
    goals: tuple[Made, ...]
    tasks: tuple[Made, ...]
    bodies: tuple[Made, ...]
    basis: tuple[Made, ...]
    cycles: tuple[Made, ...]
    lines: Mapping[str, tuple[int, ...]]
    """Key → the lines that it comes from."""


def make(document: PlanDocument, around: Surroundings) -> Drafts:
    """Return what a plan becomes."""
    key = _key_of(document)
    named_units = {
        each.name: each.unit for each in units_named(document, around.units) if each.unit
    }
    around = replace(around, units=named_units)
    first, last = _span(document)
    pieces = pieces_of(document.rows)
    systems = _systems(document.rows)
    goals = [_root(document, key, around.scope, (first, last))]
    goals += [_goal(key, each, around.scope, (first, last)) for each in systems.items()]
    keys = _task_keys(key, pieces)
    named = {name: _goal_key(key, name) for name in systems}
    after: dict[int, list[str]] = {}
    for need in needs_of(pieces):
        after.setdefault(need.piece.place, []).append(keys[need.needed.place])
    tasks = [_task(each, keys, named, after.get(each.place, ()), around) for each in pieces]
    bodies = [_body(f"{key}.body-{at}", each) for at, each in enumerate(document.bodies, 1)]
    basis = [_basis(each) for each in document.citations]
    return Drafts(
        plan=_plan(document, key, around.scope, goals[0]["period"], basis),
        goals=tuple(goals),
        tasks=tuple(tasks),
        bodies=tuple(bodies),
        basis=tuple(basis),
        cycles=tuple(_cycles(document)),
        lines=_lines(document, keys, pieces, (bodies, basis), named),
    )


def _key_of(document: PlanDocument) -> str:
    match = _NUMBER.search(document.number or "")
    if match:
        return f"plan-{match[1]}-{match[2]}"
    return f"plan-{hashlib.sha256(document.title.encode()).hexdigest()[:8]}"


def _span(document: PlanDocument) -> tuple[date, date]:
    """Return the first and the last day of a plan: as long as it says, and as its work needs."""
    rows = document.rows
    starts = [each.start.first for each in rows if each.start]
    ends = [each.end.last for each in rows if each.end]
    first = min(starts or ends or [document.issued_on or date(2000, 1, 1)])
    last = max([*ends, *starts, first + timedelta(days=_A_YEAR)])
    if document.years:
        last = max(last, _years_later(first, document.years) - timedelta(days=1))
    return first, last


def _years_later(day: date, years: int) -> date:
    # A plan begins on the first of a month, so that no 29th of February is asked for.
    return day.replace(year=day.year + years, day=min(day.day, 28))


def _period(span: tuple[date, date]) -> str:
    return f"span:{span[0]}/{span[1] + timedelta(days=1)}"


def _plan(document: PlanDocument, key: str, scope: str, period: str, basis: Sequence[Made]) -> Made:
    return {
        "key": key,
        "kind": "special",
        "title": document.title[:LONGEST_TITLE],
        "period": period,
        "scope": scope,
        "basis": [each["key"] for each in basis],
    }


def _root(document: PlanDocument, key: str, scope: str, span: tuple[date, date]) -> Made:
    return {
        "key": key,
        "title": document.title[:LONGEST_TITLE],
        "scope": scope,
        "period": _period(span),
        "deadline": f"{span[1]}",
        "plan": key,
        "kind": "plan",
        "system": "decision",
        "allocation": "same",
        "aim": document.title[:LONGEST_TITLE],
    }


def _systems(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows of each category, in the order of the plan."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.text(Column.SYSTEM) or row.text(Column.TASK), []).append(row)
    return found


def _goal_key(plan: str, system: str) -> str:
    levels = "-".join(each.value for each in levels_in(system))
    return f"{plan}.goal.{levels or hashlib.sha256(system.encode()).hexdigest()[:6]}"


def _goal(plan: str, system: tuple[str, list[Row]], scope: str, span: tuple[date, date]) -> Made:
    name, rows = system
    ends = [each.end.last for each in rows if each.end]
    goes_on = any(each.end is None for each in rows)
    return {
        "key": _goal_key(plan, name),
        "title": name[:LONGEST_TITLE],
        "scope": scope,
        "period": _period(span),
        "deadline": f"{span[1] if goes_on or not ends else max(ends)}",
        "plan": plan,
        "parent": plan,
        "kind": "plan",
        "system": SYSTEMS[pieces_of(rows[:1])[0].work],
    }


def _task_keys(plan: str, pieces: Sequence[Piece]) -> dict[int, str]:
    """Return the key of each piece, by its place: what it does, for which level, which of those."""
    counted: Counter[str] = Counter()
    keys: dict[int, str] = {}
    for each in pieces:
        level = each.level.value if each.level else "all"
        stem = f"{plan}.{each.work.value}.{level}"
        counted[stem] += 1
        keys[each.place] = stem if counted[stem] == 1 else f"{stem}.{counted[stem]}"
    return keys


def _task(
    piece: Piece,
    keys: Mapping[int, str],
    goals: Mapping[str, str],
    after: Sequence[str],
    around: Surroundings,
) -> Made:
    row = piece.row
    lead = _unit(row.text(Column.LEAD), around)
    others = [_unit(each, around) for each in parties_of(row.text(Column.UNDERTAKERS))]
    helpers = dict.fromkeys(each for each in others if each and each != lead)
    unknown = [row.text(Column.LEAD), *parties_of(row.text(Column.UNDERTAKERS))]
    called = dict.fromkeys(name for name in unknown if name and _unit(name, around) is None)
    return {
        "key": keys[piece.place],
        "title": row.title[:LONGEST_TITLE],
        "detail": _detail(row),
        "kind": "plan",
        "system": SYSTEMS[piece.work],
        "scope": around.scope,
        "unit": lead,
        "helpers": [{"who": each, "role": "B"} for each in helpers],
        "named": [
            {"name": name, "role": "A" if name == row.text(Column.LEAD) else "B"} for name in called
        ],
        "goals": [goals[row.text(Column.SYSTEM) or row.text(Column.TASK)]],
        "after": list(dict.fromkeys(after)),
        "starts_on": f"{row.start.first}" if row.start else None,
        "ends_on": f"{row.end.last}" if row.end else None,
        "deliverables": list(_deliverables(row.text(Column.DELIVERABLE))),
    }


def _unit(name: str, around: Surroundings) -> str | None:
    return around.units.get(name)


def _detail(row: Row) -> str:
    told = {
        "主管领导": row.text(Column.LEADER),
        "牵头部门": row.text(Column.LEAD),
        "承担部门": row.text(Column.UNDERTAKERS),
        "时间": "持续进行" if row.ongoing else "",
    }
    return "；".join(f"{name}：{text}" for name, text in told.items() if text)


def _deliverables(text: str) -> Iterator[Made]:
    parts = parts_of(text)
    # A list of adjectives before one output is that one output.
    several = all(kind_of(each) is Kind.DELIVERABLE for each in parts)
    for title in dict.fromkeys(parts if several else [text]):
        kind = next((kind for kind, pattern in _DELIVERABLES if pattern.search(title)), "other")
        yield {"kind": kind, "title": title[:LONGEST_TITLE]}


def _body(key: str, body: Body) -> Made:
    # Who is named twice in one body, as experts are, belongs to it once: in the first place.
    members = {each.party: each.place.value for each in reversed(body.members)}
    return {
        "key": key,
        "title": body.title[:LONGEST_TITLE],
        "members": [{"party": party, "place": place} for party, place in reversed(members.items())],
        "duties": [
            {"key": f"d{number}", "text": each.text} for number, each in enumerate(body.duties, 1)
        ],
    }


def _basis(citation: Citation) -> Made:
    """Return a basis document; one that is cited under a wrong number keeps both."""
    right = KNOWN.get(series_of(citation.title))
    number = right or citation.number
    written = citation.number if right and citation.number != right else None
    digest = hashlib.sha256(series_of(citation.title).encode()).hexdigest()[:8]
    return {
        "key": re.sub(r"[〔〕]", "-", number) if number else f"basis-{digest}",
        "title": citation.title[:LONGEST_TITLE],
        "number": number,
        "cited_as": written,
    }


def _cycles(document: PlanDocument) -> Iterator[Made]:
    for each in document.cycles:
        yield {
            "level": each.level.value,
            "rhythm": each.rhythm,
            "warning_only": each.warning_only,
            "words": each.words,
            "line": each.line,
        }


def _lines(
    document: PlanDocument,
    keys: Mapping[int, str],
    pieces: Sequence[Piece],
    registered: tuple[Sequence[Made], Sequence[Made]],
    goals: Mapping[str, str],
) -> dict[str, tuple[int, ...]]:
    bodies, basis = registered
    lines: dict[str, tuple[int, ...]] = {}
    for name, rows in _systems(document.rows).items():
        lines[goals[name]] = tuple(each.line for each in rows)
    lines |= {keys[each.place]: (each.row.line,) for each in pieces}
    lines |= {made["key"]: (body.line,) for made, body in zip(bodies, document.bodies, strict=True)}
    cited = zip(basis, document.citations, strict=True)
    return lines | {made["key"]: (each.line,) for made, each in cited}
