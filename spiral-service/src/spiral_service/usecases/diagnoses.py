"""Diagnoses (诊断) are drafted, contributed to, and signed by another person."""

from dataclasses import asdict, replace
from typing import Any, Final
from uuid import UUID

from shared.contracts.spiral import DiagnosisSigned
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from spiral_service.domain import diagnosing as rules
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.diagnosing import Diagnosis
from spiral_service.domain.gates.base import Fact
from spiral_service.domain.gates.results import result_of
from spiral_service.domain.prefilling import Known
from spiral_service.domain.standing import NotYoursError, check_holds, holds
from spiral_service.repository.diagnoses import (
    Contribution,
    diagnoses_of,
    goal_among,
    known_about,
)
from spiral_service.repository.facts import load_facts
from spiral_service.repository.records import keep
from spiral_service.schemas.diagnoses import ContributeBody, DraftBody
from spiral_service.tables import ContributionRow, DiagnosisRow
from spiral_service.usecases.moving import Turn
from spiral_service.usecases.stage import (
    Ask,
    close_step,
    diagnosis_step,
    drop_voices,
    found_in,
    open_for,
    open_step,
)
from spiral_service.usecases.voices import note_spoken

_OPEN: Final = frozenset({"student", "peer", "expert"})
"""Sources for which anybody speaks who takes part; the others are entered by who holds a role."""


async def draft(tx: Transaction, body: DraftBody, turn: Turn) -> tuple[Diagnosis, bool]:
    """Draft the diagnosis of a goal, or change the draft; return it and whether it is new.

    Raises:
        CycleNotFoundError: no cycle has that key.
        CycleClosedError: it is closed.
        UnknownReferenceError: it has no such goal.
        NotYoursError: the caller neither owns the goal nor holds a role of the cycle.
        VersionConflictError: it is another version than the one that was seen.
        OwnDraftError: another person drafts it.
        DiagnosisSignedError: it is signed.
    """
    cycle = await open_for(tx, body.cycle)
    facts = await load_facts(tx, cycle)
    # Who may not is not told which goals there are.
    owners = [each.owner for each in facts.goals if each.key == body.goal]
    check_holds(turn.actor, cycle.owners, *owners)
    goal = goal_among(facts, body.goal)
    present = (await diagnoses_of(tx, cycle.key)).get(goal.key)
    turn.expect(present.version if present else None)
    if present:
        drafted = rules.redraft(present, body.cause, body.conclusion, turn.act.by)
    else:
        drafted = _new(body, cycle, turn)
        ask = Ask(
            step=diagnosis_step(drafted.id),
            kind="signature",
            zh=f"签署诊断结论：{goal.title}",
            en=f"Sign a diagnosis: {goal.title}",
        )
        open_step(tx, ask, cycle, turn.act)
    await keep(tx, DiagnosisRow, drafted)
    return drafted, present is None


async def contribute(tx: Transaction, id_: UUID, body: ContributeBody, turn: Turn) -> Diagnosis:
    """Add what one source says of a goal; who said something says it anew.

    Raises:
        RecordNotFoundError: there is no such diagnosis.
        NotYoursError: of that source only who holds a role of the cycle enters something, and
            others speak for themselves alone.
        DiagnosisSignedError: it is signed.
    """
    diagnosis, cycle = await found_in(tx, DiagnosisRow, Diagnosis, id_)
    turn.expect(diagnosis.version)
    own = {turn.actor.subject} if body.source in _OPEN else set()
    check_holds(turn.actor, cycle.owners, *own)
    if body.speaker not in {None, "", turn.act.by} and not holds(turn.actor, cycle.owners):
        raise NotYoursError(
            "只能以本人名义发表意见",
            "you speak for yourself alone",
            fields={"$.speaker": ["不填，即为本人 (leave it out: it is you)"]},
        )
    rules.check_draft(diagnosis)
    said = Contribution(
        diagnosis=id_,
        source=body.source,
        speaker=body.speaker or turn.act.by,
        rating=body.rating,
        text=body.text,
        by=turn.act.by,
        at=turn.act.at,
    )
    await keep(tx, ContributionRow, said)
    changed = replace(diagnosis, version=diagnosis.version + 1)
    await keep(tx, DiagnosisRow, changed)
    await note_spoken(tx, said, cycle, turn)
    return changed


async def sign(tx: Transaction, id_: UUID, note: str, turn: Turn) -> Diagnosis:
    """Sign the conclusion of a diagnosis; what was known then is kept with it.

    Raises:
        RecordNotFoundError: there is no such diagnosis.
        NotYoursError: the caller holds no role of the cycle.
        DiagnosisSignedError: it is signed.
        OwnDraftError: he drafted it.
        NotJudgedError: the attainment of the goal is not known.
        CauseMissingError: the goal was missed, and no cause is coded.
    """
    diagnosis, cycle = await found_in(tx, DiagnosisRow, Diagnosis, id_)
    turn.expect(diagnosis.version)
    check_holds(turn.actor, cycle.owners)
    facts = await load_facts(tx, cycle)
    goal = goal_among(facts, diagnosis.goal)
    result = result_of(goal, facts.attainments)
    signed = rules.sign(diagnosis, goal, result, turn.act.by, turn.act.at, note)
    known = await known_about(tx, cycle, goal, facts)
    signed = replace(signed, facts=asdict(known))
    await keep(tx, DiagnosisRow, signed)
    _publish(tx, signed, cycle, goal, known)
    close_step(tx, diagnosis_step(signed.id), "signature", "signed", cycle, turn.act)
    await drop_voices(tx, [signed.id], cycle, turn.act)
    return signed


def _new(body: DraftBody, cycle: Cycle, turn: Turn) -> Diagnosis:
    return Diagnosis(
        id=uuid7(),
        version=1,
        cycle=cycle.key,
        scope=cycle.scope,
        goal=body.goal,
        state="draft",
        cause=body.cause,
        conclusion=body.conclusion,
        drafted_by=turn.act.by,
        drafted_at=turn.act.at,
    )


def _publish(tx: Transaction, signed: Diagnosis, cycle: Cycle, goal: Fact, known: Known) -> None:
    names = ("version", "cause", "conclusion", "drafted_by", "signed_by")
    facts = ("indicator", "state", "value", "attainment", "gap")
    said: dict[str, Any] = {name: getattr(signed, name) for name in names}
    said |= {name: getattr(known, name) for name in facts}
    said |= {"diagnosis": str(signed.id), "goal": goal.key, "at": signed.signed_at}
    said |= {"cycle": cycle.key, "scope": cycle.scope, "period": cycle.period}
    fact = DiagnosisSigned.model_validate(said)
    tx.publish(fact, key=str(signed.id), subject=cycle.scope)
