"""Lessons (经验教训) are written, and it is counted to whom they were of use."""

from uuid import UUID

from shared.contracts.spiral import LessonLearnt
from shared.contracts.vocabulary import level_of
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from spiral_service.domain.diagnosing import Diagnosis
from spiral_service.domain.lessons import no_subject
from spiral_service.domain.standing import check_holds
from spiral_service.repository.corrections import find_correction
from spiral_service.repository.cycles import find_cycle
from spiral_service.repository.lessons import Lesson
from spiral_service.repository.records import all_of, keep, keep_row, one_of
from spiral_service.schemas.lessons import LessonBody, UseBody
from spiral_service.tables import DiagnosisRow, LessonRow, LessonUseRow
from spiral_service.usecases.moving import Turn
from spiral_service.usecases.stage import open_for


async def learn(tx: Transaction, body: LessonBody, turn: Turn) -> Lesson:
    """Add a lesson of a cycle to the library.

    Raises:
        CycleNotFoundError: no cycle has that key.
        CycleClosedError: it is closed.
        NotYoursError: the caller holds no role of the cycle.
    """
    cycle = await open_for(tx, body.cycle)
    turn.expect(None)
    check_holds(turn.actor, cycle.owners)
    lesson = Lesson(
        id=uuid7(),
        version=1,
        cycle=cycle.key,
        scope=cycle.scope,
        level=level_of(cycle.scope),
        indicator=body.indicator,
        cause=body.cause,
        title=body.title,
        text=body.text,
        by=turn.act.by,
        at=turn.act.at,
    )
    await keep(tx, LessonRow, lesson)
    fact = LessonLearnt(
        lesson=str(lesson.id),
        cycle=cycle.key,
        scope=cycle.scope,
        period=cycle.period,
        indicator=lesson.indicator,
        cause=lesson.cause,
        title=lesson.title,
        by=lesson.by,
        at=lesson.at,
    )
    tx.publish(fact, key=str(lesson.id), subject=cycle.scope)
    return lesson


async def mark_use(tx: Transaction, id_: UUID, body: UseBody, turn: Turn) -> Lesson:
    """Count that a lesson was used for something, and whether it helped; once a person and thing.

    Raises:
        RecordNotFoundError: there is no such lesson.
        UnknownReferenceError: there is no such thing that it was used for.
    """
    lesson = await one_of(tx, LessonRow, Lesson, id_)
    turn.expect(lesson.version)
    await _check_there(tx, body.subject)
    said = {"lesson": id_, "subject": body.subject, "by": turn.act.by, "at": turn.act.at}
    await keep_row(tx, LessonUseRow, said | {"helped": body.helped, "note": body.note})
    return lesson


async def _check_there(tx: Transaction, subject: str) -> None:
    kind, _, key = subject.partition("/")
    if kind == "cycle":
        there = await find_cycle(tx, key) is not None
    elif kind == "correction":
        there = await find_correction(tx, UUID(key)) is not None
    else:
        there = bool(await all_of(tx, DiagnosisRow, Diagnosis, [DiagnosisRow.id == UUID(key)]))
    if not there:
        raise no_subject(subject)
