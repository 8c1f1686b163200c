"""Whoever is asked for his voice in a diagnosis hands it in, whether or not he sees its cycle."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID

from shared.errors import UnknownReferenceError
from shared.kit.database import Transaction
from spiral_service.domain import diagnosing as rules
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.diagnosing import Diagnosis, Source
from spiral_service.domain.standing import PERSON, check_holds
from spiral_service.repository.diagnoses import Contribution, goal_among
from spiral_service.repository.facts import load_facts
from spiral_service.repository.records import keep, no_record
from spiral_service.repository.scopes import known_scopes
from spiral_service.repository.voices import Asked, asked_for, asked_of
from spiral_service.schemas.diagnoses import AskBody, SpeakBody
from spiral_service.tables import AskedVoiceRow, ContributionRow, DiagnosisRow
from spiral_service.usecases.moving import Turn
from spiral_service.usecases.stage import TIME, Ask, close_step, found_in, open_step, voice_step

_ZH: Final[Mapping[Source, str]] = {
    "self": "自评",
    "student": "学生",
    "peer": "同行",
    "supervision": "督导",
    "employer": "用人单位",
    "expert": "专家",
}


async def ask(tx: Transaction, id_: UUID, body: AskBody, turn: Turn) -> Diagnosis:
    """Ask persons for their voice as one source; who was asked before is not asked again.

    Raises:
        RecordNotFoundError: there is no such diagnosis.
        NotYoursError: the caller holds no role of the cycle.
        DiagnosisSignedError: it is signed.
        UnknownReferenceError: somebody who is asked is not there.
    """
    diagnosis, cycle = await found_in(tx, DiagnosisRow, Diagnosis, id_)
    turn.expect(diagnosis.version)
    check_holds(turn.actor, cycle.owners)
    rules.check_draft(diagnosis)
    await _check_there(tx, body)
    goal = goal_among(await load_facts(tx, cycle), diagnosis.goal)
    known = {(each.source, each.person) for each in await asked_for(tx, [id_])}
    for person in dict.fromkeys(body.persons):
        if (body.source, person) in known:
            continue
        asked = Asked(
            diagnosis=id_,
            source=body.source,
            person=person,
            asked_by=turn.act.by,
            asked_at=turn.act.at,
            due_at=body.due_at or turn.act.at + TIME,
        )
        await keep(tx, AskedVoiceRow, asked)
        open_step(tx, _step(asked, goal.title), cycle, turn.act)
    return diagnosis


async def speak(tx: Transaction, id_: UUID, source: Source, body: SpeakBody, turn: Turn) -> None:
    """Hand in one's voice, as one was asked; again: say it anew.

    Raises:
        RecordNotFoundError: nobody has asked the caller for it.
        CycleClosedError: its cycle is closed.
        DiagnosisSignedError: it is signed.
    """
    if await asked_of(tx, id_, source, turn.actor) is None:
        raise no_record(id_)
    diagnosis, cycle = await found_in(tx, DiagnosisRow, Diagnosis, id_)
    turn.expect(None)
    rules.check_draft(diagnosis)
    said = Contribution(
        diagnosis=id_,
        source=source,
        speaker=turn.act.by,
        rating=body.rating,
        text=body.text,
        by=turn.act.by,
        at=turn.act.at,
    )
    await keep(tx, ContributionRow, said)
    await keep(tx, DiagnosisRow, replace(diagnosis, version=diagnosis.version + 1))
    await note_spoken(tx, said, cycle, turn)


async def note_spoken(tx: Transaction, said: Contribution, cycle: Cycle, turn: Turn) -> None:
    """Take off the work list that somebody was asked, who has spoken for himself."""
    asked = await asked_of(tx, said.diagnosis, said.source, turn.actor)
    if asked and asked.spoken_at is None and said.speaker == turn.act.by:
        await keep(tx, AskedVoiceRow, replace(asked, spoken_at=said.at))
        close_step(tx, voice_step(asked), "answer", "answered", cycle, turn.act)


def _step(asked: Asked, goal: str) -> Ask:
    return Ask(
        step=voice_step(asked),
        kind="answer",
        zh=f"发表诊断意见（{_ZH[asked.source]}）：{goal}",
        en=f"Speak to a diagnosis ({asked.source}): {goal}",
        not_by="",
        due_at=asked.due_at,
        owners=(asked.person,),
        link=f"/voices/{asked.diagnosis}/{asked.source}",
    )


async def _check_there(tx: Transaction, body: AskBody) -> None:
    """Refuse who is not there; of those who have an account alone the gateway knows."""
    named = [each for each in body.persons if not each.startswith(PERSON)]
    known = await known_scopes(tx, named)
    fields = {
        f"$.persons[{at}]": ["没有此人 (no such person)"]
        for at, each in enumerate(body.persons)
        if each in named and each not in known
    }
    if fields:
        raise UnknownReferenceError("请其发表意见的人不存在", "no such person", fields=fields)
