"""Load diagnoses, what sources contribute, and what is known about a goal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from shared.access.families import title_of, words_of
from shared.errors import UnknownReferenceError
from shared.kit.database import Transaction
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.diagnosing import Diagnosis, Source
from spiral_service.domain.gates.base import Fact, Facts
from spiral_service.domain.gates.results import result_of
from spiral_service.domain.prefilling import Corrected, Known, Past, known_of
from spiral_service.repository.records import all_of
from spiral_service.tables import ContributionRow, CorrectionRow, DiagnosisRow, OutsideFactRow

PERIODS: Final = 5
"""Earlier periods that a diagnosis shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one source says of a goal."""

    diagnosis: UUID
    source: Source
    speaker: str
    rating: Decimal | None
    text: str
    by: str
    at: datetime


async def diagnoses_of(tx: Transaction, cycle: str) -> dict[str, Diagnosis]:
    """Return the diagnoses of a cycle, by goal."""
    found = await all_of(tx, DiagnosisRow, Diagnosis, [DiagnosisRow.cycle == cycle])
    return {each.goal: each for each in found}


async def contributions_to(tx: Transaction, diagnoses: Sequence[UUID]) -> list[Contribution]:
    """Return what the sources say, in the order of their names."""
    where = [ContributionRow.diagnosis.in_(diagnoses)]
    return await all_of(tx, ContributionRow, Contribution, where)


def goal_among(facts: Facts, goal: str) -> Fact:
    """Return a goal of a cycle.

    Raises:
        UnknownReferenceError: it has no such goal.
    """
    found = next((each for each in facts.goals if each.key == goal), None)
    if found is None:
        known = "、".join(each.key for each in facts.goals) or "—"
        raise UnknownReferenceError(
            f"本周期没有目标 {goal}",
            f"the cycle has no goal {goal}",
            fields={"$.goal": [f"{known} 之一 (one of these)"]},
        )
    return found


async def known_about(tx: Transaction, cycle: Cycle, goal: Fact, facts: Facts) -> Known:
    """Return what is known about a goal of a cycle."""
    indicator = goal.document["indicator"]
    result = result_of(goal, facts.attainments)
    if indicator is None:
        return known_of(goal, result, facts, [], [])
    history = await _history(tx, cycle, indicator)
    corrections = await _corrections(tx, cycle.key, indicator)
    return known_of(goal, result, facts, history, corrections)


async def _history(tx: Transaction, cycle: Cycle, indicator: str) -> list[Past]:
    if cycle.starts_on is None:
        return []
    fact = OutsideFactRow
    query = (
        select(fact.period, fact.document)
        .where(
            fact.kind == "attainment",
            fact.scope == cycle.scope,
            fact.document["indicator"].astext == indicator,
            fact.ends_on <= cycle.starts_on,
        )
        .order_by(fact.ends_on.desc(), fact.period, fact.key.desc())
    )
    # The judgement of a goal ("goal/…") before those of its bindings.
    newest: dict[str, Past] = {}
    for row in await tx.session.execute(query):
        said = {name: row.document[name] for name in ("state", "value", "attainment")}
        newest.setdefault(row.period, Past(period=row.period, **said))
    return list(newest.values())[:PERIODS]


async def _corrections(tx: Transaction, cycle: str, indicator: str) -> list[Corrected]:
    query = (
        select(CorrectionRow)
        .where(CorrectionRow.cycle == cycle, CorrectionRow.indicator == indicator)
        .order_by(CorrectionRow.opened_at, CorrectionRow.id)
    )
    return [_corrected(row) for row in await tx.session.scalars(query)]


def _corrected(row: CorrectionRow) -> Corrected:
    plan: dict[str, Any] = row.plan or {}
    return Corrected(
        id=str(row.id),
        title=title_of(row.family, row.title),
        state=row.state,
        how=row.how,
        cause=row.cause,
        measure=words_of(row.family, plan["measure"]) if plan else None,
        effect=row.effect,
    )
