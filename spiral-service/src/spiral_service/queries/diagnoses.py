"""Read diagnoses, and what follows from assessments."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from shared.access.rules import Kind
from shared.access.sight import is_seen
from shared.kit.database import Transaction
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.diagnosing import (
    WEIGHTS,
    Diagnosis,
    rating_of,
)
from spiral_service.domain.gates.base import Fact, Facts
from spiral_service.domain.gates.results import is_missed, result_of
from spiral_service.domain.standing import Actor, holds
from spiral_service.queries.seeing import check_its_cycle, seen_cycle
from spiral_service.repository.cycles import find_cycle, there
from spiral_service.repository.diagnoses import (
    Contribution,
    contributions_to,
    diagnoses_of,
    known_about,
)
from spiral_service.repository.facts import load_facts
from spiral_service.repository.records import one_of
from spiral_service.repository.voices import Asked, asked_for
from spiral_service.schemas.diagnoses import (
    AskedView,
    ContributionView,
    DiagnosisView,
    IncentiveView,
    KnownView,
)
from spiral_service.tables import DiagnosisRow, OutsideFactRow


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """Where a diagnosis is looked at, and by whom."""

    cycle: Cycle
    facts: Facts
    said: Sequence[Contribution]
    asked: Sequence[Asked]
    actor: Actor


async def list_diagnoses(tx: Transaction, key: str, actor: Actor) -> list[DiagnosisView]:
    """Return the diagnosis of each goal of a cycle; those that nobody drafted are pre-filled, too.

    Raises:
        CycleNotFoundError: no cycle has that key.
    """
    cycle = await seen_cycle(tx, key)
    facts = await load_facts(tx, cycle)
    drafted = await diagnoses_of(tx, key)
    ids = [each.id for each in drafted.values()]
    said, asked = await contributions_to(tx, ids), await asked_for(tx, ids)
    looked = _Looked(cycle=cycle, facts=facts, said=said, asked=asked, actor=actor)
    return [await _view(tx, looked, goal, drafted.get(goal.key)) for goal in facts.goals]


async def get_diagnosis(tx: Transaction, id_: UUID, actor: Actor) -> DiagnosisView:
    """Return a diagnosis.

    Raises:
        RecordNotFoundError: there is none of that id.
    """
    found = await one_of(tx, DiagnosisRow, Diagnosis, id_)
    cycle = there(await find_cycle(tx, found.cycle), found.cycle)
    facts = await load_facts(tx, cycle)
    goal = next((each for each in facts.goals if each.key == found.goal), None)
    if not await _sees_by_goal(tx, cycle, goal):
        await check_its_cycle(tx, id_, found.cycle)
    gone = Fact(
        kind="goal", key=found.goal, version=0, document={"indicator": None, "target": None}
    )
    said, asked = await contributions_to(tx, [id_]), await asked_for(tx, [id_])
    looked = _Looked(cycle=cycle, facts=facts, said=said, asked=asked, actor=actor)
    return await _view(tx, looked, goal or gone, found)


async def check_drafts(tx: Transaction, key: str, goal: str) -> None:
    """Refuse a cycle that is not there for who would draft the diagnosis of a goal in it.

    Raises:
        CycleNotFoundError: he sees neither the cycle, nor who owns the goal.
    """
    cycle = there(await find_cycle(tx, key), key)
    goals = (await load_facts(tx, cycle)).goals
    known = next((each for each in goals if each.key == goal), None)
    if not await _sees_by_goal(tx, cycle, known):
        await seen_cycle(tx, key)


async def _sees_by_goal(tx: Transaction, cycle: Cycle, goal: Fact | None) -> bool:
    if goal is None or not goal.owner:
        return False
    return await is_seen(tx, Kind.WORK, cycle.scope, goal.owner)


async def list_incentives(tx: Transaction, key: str) -> list[IncentiveView]:
    """Return the published results of assessments that the incentive step of a cycle reads.

    Raises:
        CycleNotFoundError: no cycle has that key.
    """
    cycle = await seen_cycle(tx, key)
    facts = (await load_facts(tx, cycle)).assessments
    rows = await tx.session.execute(
        select(OutsideFactRow.key, OutsideFactRow.period).where(
            OutsideFactRow.kind == "assessment",
            OutsideFactRow.key.in_([each.key for each in facts]),
        )
    )
    periods = {row.key: row.period for row in rows}
    return [_incentive(each, periods[each.key]) for each in facts]


def _incentive(fact: Fact, period: str | None) -> IncentiveView:
    said = fact.document
    result: dict[str, Any] = said["result"] or {}
    verdicts = list(result.get("verdicts", ()))
    is_held_to = bool({"yellow", "red"} & set(verdicts))
    kind = "honour" if said["purpose"] == "honour" else "assessment"
    names = ("points", "grade", "place", "decision")
    return IncentiveView.model_validate(
        {name: result.get(name) for name in names}
        | {
            "key": fact.key,
            "version": fact.version,
            "title": fact.title,
            "purpose": said["purpose"],
            "period": period,
            "scheme": said["scheme"],
            "kind": "accountability" if is_held_to else kind,
            "verdicts": verdicts,
        }
    )


async def _view(
    tx: Transaction, looked: _Looked, goal: Fact, found: Diagnosis | None
) -> DiagnosisView:
    cycle, facts = looked.cycle, looked.facts
    own = [each for each in looked.said if found and each.diagnosis == found.id]
    rating = rating_of([(each.source, each.rating) for each in own])
    known = (
        found.facts if found and found.facts else asdict(await known_about(tx, cycle, goal, facts))
    )
    blocked = _blocked(goal, facts, found)
    return DiagnosisView(
        **_said(found),
        cycle=cycle.key,
        scope=cycle.scope,
        goal=goal.key,
        goal_title=goal.title or goal.key,
        known=KnownView.model_validate(known),
        contributions=[
            ContributionView(
                source=each.source,
                weight=WEIGHTS[each.source],
                speaker=each.speaker,
                rating=each.rating,
                text=each.text,
                by=each.by,
                at=each.at,
            )
            for each in own
        ],
        asked=[
            AskedView.model_validate(each)
            for each in looked.asked
            if found and each.diagnosis == found.id
        ],
        rating=rating.value,
        rated_weight=rating.weight,
        may=_may(cycle, goal, found, blocked, looked.actor),
        blocked_by=blocked,
    )


def _said(found: Diagnosis | None) -> dict[str, Any]:
    if found is None:
        nobody = ("id", "cause", "drafted_by", "drafted_at", "signed_by", "signed_at")
        return {"version": 0, "state": "none", "conclusion": "", "note": ""} | dict.fromkeys(nobody)
    names = (
        "id", "version", "state", "cause", "conclusion", "drafted_by", "drafted_at",
        "signed_by", "signed_at", "note",
    )  # fmt: skip
    return {name: getattr(found, name) for name in names}


def _blocked(goal: Fact, facts: Facts, found: Diagnosis | None) -> list[str]:
    result = result_of(goal, facts.attainments)
    reasons = {
        "尚未起草 (nobody has drafted it)": found is None,
        "没有达成度 (its attainment is not known)": result is None
        or result.document["state"] == "no_data",
        "未达成而没有归因 (a miss without a cause)": found is not None
        and found.cause is None
        and is_missed(goal, result),
    }
    is_signed = found is not None and found.state == "signed"
    return [] if is_signed else [reason for reason, blocks in reasons.items() if blocks]


def _may(
    cycle: Cycle, goal: Fact, found: Diagnosis | None, blocked: Sequence[str], actor: Actor
) -> dict[str, bool]:
    is_running = cycle.state == "open" and (found is None or found.state == "draft")
    is_drafter = found is None or found.drafted_by == actor.subject
    takes_part = holds(actor, cycle.owners)
    return {
        "draft": is_running and is_drafter and holds(actor, cycle.owners, goal.owner),
        "contribute": is_running and found is not None,
        "ask": is_running and found is not None and takes_part,
        "sign": is_running and not is_drafter and takes_part and not blocked,
    }
