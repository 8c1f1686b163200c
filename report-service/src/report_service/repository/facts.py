"""Read everything that a report needs, from one snapshot; as of now, or of an earlier moment."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Text, and_, any_, cast, or_, select, true, union

from report_service.domain.facts import (
    AlertNote,
    BindingFact,
    CorrectionNote,
    CycleNote,
    Facts,
    GoalFact,
    IndicatorFact,
    JudgementFact,
    MeasurementFact,
    ScopeFact,
)
from report_service.domain.facts_of_work import (
    AssessmentNote,
    CampaignNote,
    DiagnosisNote,
    GoalStanding,
    LessonNote,
    MeasureNote,
    PastValue,
    SurveyNote,
    TaskNote,
)
from report_service.domain.naming import scopes_of
from report_service.domain.periods import earlier, sort_key
from report_service.repository.peers import children_of, groups_of, parts_of
from report_service.repository.reading import Groups, Reading
from report_service.tables import (
    AlertRow,
    AssessmentRow,
    BindingRow,
    CampaignRow,
    CorrectionRow,
    CycleRow,
    DiagnosisRow,
    GoalRow,
    IndicatorRow,
    JudgementRow,
    LessonRow,
    MeasurementRow,
    MeasureRow,
    PastRow,
    ScopeRow,
    StandingRow,
    SurveyRow,
    TaskRow,
)
from shared.access.sight import SEEN, seen_scopes
from shared.calendar.table import read_calendar
from shared.kit.database import Transaction
from shared.kit.known import names_like
from shared.kit.sql import text

HISTORY: Final = 4
"""Earlier periods that a report looks back on."""


async def read_in_one_snapshot(tx: Transaction) -> None:
    """Make every statement of this transaction see the same moment; the first call comes first."""
    if tx.session.info.get("snapshot"):
        return
    tx.session.info["snapshot"] = True
    _ = await tx.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


async def find_scope(
    tx: Transaction, scope: str, as_of: datetime | None = None
) -> ScopeFact | None:
    """Return what the hub told of a scope; None while it told nothing.

    Of a moment before it told anything, what it told first since is better than no name.
    """
    for moment in dict.fromkeys((as_of, None)):
        found = await Reading(tx, moment).all(
            ScopeFact, ScopeRow, lambda row: row.scope == scope, kept=PastRow.key == scope
        )
        if found:
            return found[0]
    return None


async def leads_of(tx: Transaction, cycle: str) -> list[str]:
    """Return who leads a cycle, ``teacher/T001``; nobody where it says nothing."""
    owners = await tx.session.scalar(select(CycleRow.owners).where(CycleRow.cycle == cycle))
    return list((owners or {}).get("lead", ()))


async def newest_period(tx: Transaction, scope: str, as_of: datetime | None) -> str | None:
    """Return the period of what was bound last of a scope, else of what was measured last."""
    for kind in (BindingRow, MeasurementRow):
        row = Reading(tx, as_of).table(kind, PastRow.scope == scope)
        found = await tx.session.scalar(
            select(row.period)
            .where(row.scope == scope)
            .order_by(row.at.desc(), row.period.desc())
            .limit(1)
        )
        if found is not None:
            return str(found)
    return None


async def judged_beneath(
    tx: Transaction, scope: str, period: str, as_of: datetime | None
) -> list[str]:
    """Return a scope and those beneath it of which something is judged in a period, as seen."""
    beneath = list(await tx.session.scalars(text(SEEN), {"roots": [scope]}))
    if (seen := await seen_scopes(tx)) is not None:
        beneath = sorted(set(beneath) & set(seen))
    row = Reading(tx, as_of).table(JudgementRow, PastRow.period == period)
    rows = await tx.session.scalars(
        select(row.scope)
        # As one value: a school has more beneath it than a statement takes values.
        .where(row.scope == any_(cast(beneath, ARRAY(Text()))), row.period == period)
        .distinct()
        .order_by(row.scope)
    )
    return list(rows)


async def scopes_like(tx: Transaction, scope: str) -> list[str]:
    """Return scopes of the same kind that somebody may have meant; none to who sees but some."""
    if tx.sight is not None:
        return []
    kind, _, _ = scope.partition("/")
    columns = (ScopeRow.scope, ScopeRow.name_zh)
    return await names_like(tx, columns, scope, among=true(), prefix=f"{kind}/")


async def read_facts(
    tx: Transaction,
    about: ScopeFact,
    period: str,
    as_of: datetime | None = None,
    groups: Groups | None = None,
) -> Facts:
    """Return everything a report on a scope and period needs, in one stable order.

    Args:
        as_of: what was stated until then; all of it for None.
        groups: what is known of the groups of that moment already; more is added.
    """
    read = Reading(tx, as_of, groups)

    def here(row: Any) -> ColumnElement[bool]:
        return and_(row.scope == about.scope, row.period == period)

    def in_force(row: Any) -> ColumnElement[bool]:
        return and_(here(row), ~row.withdrawn)

    kept = here(PastRow)
    measured = await read.all(MeasurementFact, MeasurementRow, here, kept=kept)
    bindings = await read.all(BindingFact, BindingRow, in_force, kept=kept)
    judged = await read.all(JudgementFact, JudgementRow, here, kept=kept)
    goals = await read.all(GoalFact, GoalRow, in_force, kept=kept)
    parts = await parts_of(read, [each.id for each in goals])
    alerts = await read.all(AlertNote, AlertRow, here, kept=kept)
    corrections = await read.all(CorrectionNote, CorrectionRow, here, kept=kept)
    cycles = await _cycles(read, here, corrections)
    told = (measured, bindings, goals, parts, alerts, corrections)
    aims = [each.id for each in (*goals, *parts)]
    history = await _history(read, about.scope, period)
    facts = Facts(
        about=about,
        period=period,
        told_periods=await _told_periods(tx, about.scope, but=period),
        names={},
        indicators=await _indicators(read, _used(*told) | set(history)),
        measurements={each.indicator: each for each in measured},
        bindings=tuple(sorted(bindings, key=lambda each: (each.title, each.id))),
        judgements=_of_bindings(judged, bindings),
        goals=tuple(sorted(goals, key=lambda each: (each.title, each.id))),
        alerts=tuple(alerts),
        cycles=tuple(cycles),
        corrections=tuple(sorted(corrections, key=lambda each: (each.opened_at, each.correction))),
        parts=tuple(sorted(parts, key=lambda each: (each.scope, each.title, each.id))),
        **await _work(read, about.scope, period, aims, cycles),
        history=history,
        groups=await groups_of(read, about, period, sorted({each.indicator for each in bindings})),
        children=await children_of(read, about.scope, period),
    )
    return await _named(read, facts)


async def _work(
    read: Reading, scope: str, period: str, aims: list[str], cycles: list[CycleNote]
) -> dict[str, Any]:
    """Return what was done in a period, as fields of `Facts`."""

    def here(row: Any) -> ColumnElement[bool]:
        return and_(row.scope == scope, row.period == period)

    kept = here(PastRow)
    return {
        "tasks": tuple(await _tasks(read, scope, period, aims)),
        "standings": await _standings(read, aims),
        "assessments": tuple(await _assessments(read, scope, period)),
        "diagnoses": tuple(await read.all(DiagnosisNote, DiagnosisRow, here, kept=kept)),
        "measures": tuple(await _measures(read, [each.cycle for each in cycles])),
        "lessons": tuple(await read.all(LessonNote, LessonRow, here, kept=kept)),
        "campaigns": tuple(await _campaigns(read, scope, period)),
        "surveys": tuple(await read.all(SurveyNote, SurveyRow, here, kept=kept)),
    }


async def _cycles(
    read: Reading, here: Callable[[Any], ColumnElement[bool]], corrections: list[CorrectionNote]
) -> list[CycleNote]:
    """Return the cycles of a scope and period, and those that its corrections belong to."""
    joined = [each.cycle for each in corrections if each.cycle]
    return await read.all(
        CycleNote,
        CycleRow,
        lambda row: or_(here(row), row.cycle.in_(joined)),
        kept=or_(here(PastRow), PastRow.key.in_(joined)),
    )


def _of_bindings(
    judged: list[JudgementFact], bindings: list[BindingFact]
) -> dict[str, JudgementFact]:
    bound = {each.id for each in bindings}
    return {each.binding: each for each in judged if each.binding in bound}


def _used(*told: list[Any]) -> set[str | None]:
    return {each.indicator for group in told for each in group}


async def _history(read: Reading, scope: str, period: str) -> dict[str, tuple[PastValue, ...]]:
    kind = period.partition(":")[0]
    found = await read.all(
        PastValue,
        MeasurementRow,
        lambda row: and_(
            row.scope == scope, row.period.startswith(f"{kind}:"), row.period != period
        ),
        kept=PastRow.scope == scope,
    )
    before = [each for each in found if earlier(each.period, period)]
    indicators = dict.fromkeys(each.indicator for each in before)
    return {
        indicator: tuple(
            sorted(
                (each for each in before if each.indicator == indicator),
                key=lambda past: sort_key(past.period),
                reverse=True,
            )[:HISTORY]
        )
        for indicator in indicators
    }


async def _indicators(read: Reading, used: Iterable[str | None]) -> dict[str, IndicatorFact]:
    wanted = sorted(each for each in used if each)
    found = await read.all(
        IndicatorFact,
        IndicatorRow,
        lambda row: row.indicator.in_(wanted),
        kept=PastRow.key.in_(wanted),
    )
    return {each.indicator: each for each in found}


async def _tasks(read: Reading, scope: str, period: str, goals: list[str]) -> list[TaskNote]:
    """Return the tasks that serve these goals, and those of a scope that fall in a period."""
    bounds = (await read_calendar(read.tx)).bounds(period)
    found = await read.all(
        TaskNote,
        TaskRow,
        lambda row: and_(
            or_(row.scope == scope, row.unit == scope, row.goals.overlap(goals)),
            row.state.not_in(["draft", "cancelled"]),
        ),
    )
    mine = [each for each in found if set(goals) & set(each.goals) or each.falls_in(bounds)]
    return sorted(mine, key=lambda each: (each.ends_on or "", each.title, each.task))


async def _standings(read: Reading, goals: list[str]) -> dict[str, GoalStanding]:
    if not goals:
        return {}
    found = await read.all(
        GoalStanding, StandingRow, lambda row: row.goal.in_(goals), kept=PastRow.key.in_(goals)
    )
    return {each.goal: each for each in found}


async def _assessments(read: Reading, scope: str, period: str) -> list[AssessmentNote]:
    if scope.partition("/")[0] not in {"school", "unit"}:
        return []
    return await read.all(
        AssessmentNote,
        AssessmentRow,
        lambda row: row.period == period,
        kept=PastRow.period == period,
    )


async def _campaigns(read: Reading, scope: str, period: str) -> list[CampaignNote]:
    """Return what was done on the days of a period; nothing where the calendar does not know it."""
    bounds = (await read_calendar(read.tx)).bounds(period)
    if bounds is None:
        return []
    first, end = (each.isoformat() for each in bounds)
    found = await read.all(
        CampaignNote,
        CampaignRow,
        lambda row: and_(row.scope == scope, row.held_on >= first, row.held_on < end),
        kept=PastRow.scope == scope,
    )
    return sorted(found, key=lambda each: (each.held_on, each.title, each.campaign))


async def _measures(read: Reading, cycles: list[str]) -> list[MeasureNote]:
    if not cycles:
        return []
    return await read.all(
        MeasureNote, MeasureRow, lambda row: or_(row.cycle.in_(cycles), row.carried_to.in_(cycles))
    )


async def _named(read: Reading, facts: Facts) -> Facts:
    """Add the names of everybody and everything that the facts mention."""
    owned: tuple[Any, ...] = (
        *facts.bindings,
        *facts.goals,
        *facts.alerts,
        *facts.corrections,
        *facts.tasks,
        *facts.parts,
        *facts.measures,
    )
    owners = [each.owner for each in owned]
    owners += [each.acknowledged_by for each in facts.alerts if each.acknowledged_by]
    owners += [owner["person"] for owner in facts.about.owners]
    called = {scope for owner in owners for scope in scopes_of(owner)}
    called |= {facts.about.scope, *facts.about.parents, *(each.scope for each in facts.parts)}
    called |= {each.unit or each.scope for each in facts.tasks}
    row = read.table(ScopeRow, PastRow.key.in_(sorted(called)))
    rows = await read.tx.session.execute(
        select(row.scope, row.name_zh).where(row.scope.in_(sorted(called))).order_by(row.scope)
    )
    return replace(facts, names={each.scope: each.name_zh for each in rows})


async def _told_periods(tx: Transaction, scope: str, *, but: str) -> tuple[str, ...]:
    told = union(
        *(
            select(kind.period).where(kind.scope == scope, kind.period != but, in_force)
            for kind, in_force in (
                (MeasurementRow, true()),
                (BindingRow, ~BindingRow.withdrawn),
                (GoalRow, ~GoalRow.withdrawn),
            )
        )
    ).subquery()
    rows = await tx.session.scalars(select(told.c.period).order_by(told.c.period.desc()).limit(12))
    return tuple(rows)
