"""Read the library of lessons: search it, and suggest to who meets the same cause."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from shared.access.rules import Kind
from shared.access.sight import is_seen, narrowed
from shared.contracts.vocabulary import level_of
from shared.kit.database import Transaction
from shared.kit.paging import Page
from spiral_service.domain.diagnosing import Diagnosis
from spiral_service.domain.lessons import Case, first_helpful, likeness, no_subject
from spiral_service.domain.standing import Actor
from spiral_service.queries.corrections import check_seen
from spiral_service.queries.diagnoses import get_diagnosis
from spiral_service.queries.paging import find_page
from spiral_service.queries.seeing import check_its_cycle, seen_cycle
from spiral_service.repository.cycles import CycleNotFoundError
from spiral_service.repository.diagnoses import known_about
from spiral_service.repository.facts import load_facts
from spiral_service.repository.groups import CorrectionNotFoundError, read_group
from spiral_service.repository.lessons import Lesson, holds_words, uses_of
from spiral_service.repository.records import RecordNotFoundError, no_record, one_of
from spiral_service.schemas.lessons import LessonFilter, LessonView, SuggestedLesson
from spiral_service.tables import DiagnosisRow, LessonRow

SUGGESTED: Final = 20
"""Lessons that are suggested at most."""

LOOKED_AT: Final = 500
"""Lessons of a cause that are looked at, the newest first."""


async def list_lessons(
    tx: Transaction, only: LessonFilter, page: Page
) -> tuple[list[LessonView], int | None, list[Any] | None]:
    """Return a page of lessons, the newest first."""
    query = select(LessonRow)
    for name, value in only.model_dump(exclude={"q"}, exclude_none=True).items():
        query = query.where(getattr(LessonRow, name) == value)
    if only.q and only.q.split():
        query = query.where(holds_words(only.q))
    query = query.where(*await narrowed(tx, Kind.LESSON, LessonRow.scope))
    rows, total, after = await find_page(tx, query, (LessonRow.at, LessonRow.id), UUID, page)
    found = [row.LessonRow for row in rows]
    return await _views(tx, found), total, after


async def get_lesson(tx: Transaction, id_: UUID) -> LessonView:
    """Return a lesson.

    Raises:
        RecordNotFoundError: there is none of that id.
    """
    found = await one_of(tx, LessonRow, Lesson, id_)
    if not await is_seen(tx, Kind.LESSON, found.scope):
        raise no_record(id_)
    [view] = await _views(tx, [found])
    return view


async def check_subject(tx: Transaction, subject: str, actor: Actor) -> None:
    """Refuse what the reader does not see as a thing that a lesson was used for.

    Raises:
        UnknownReferenceError: it is not there for him.
    """
    kind, _, key = subject.partition("/")
    try:
        if kind == "cycle":
            await seen_cycle(tx, key)
        elif kind == "correction":
            await check_seen(tx, (await read_group(tx, UUID(key)))[0])
        else:
            await get_diagnosis(tx, UUID(key), actor)
    except (CycleNotFoundError, CorrectionNotFoundError, RecordNotFoundError):
        raise no_subject(subject) from None


async def suggest_for_correction(tx: Transaction, id_: UUID) -> list[SuggestedLesson]:
    """Return lessons for a correction; none while its cause is not known.

    Raises:
        CorrectionNotFoundError: there is none of that id.
    """
    found, _ = await read_group(tx, id_)
    await check_seen(tx, found)
    case = Case(cause=found.cause, indicator=found.indicator, level=level_of(found.scope))
    return await _suggest(tx, case)


async def suggest_for_diagnosis(tx: Transaction, id_: UUID) -> list[SuggestedLesson]:
    """Return lessons for a diagnosis: by its cause, or by the one that is suggested for it.

    Raises:
        RecordNotFoundError: there is none of that id.
    """
    found = await one_of(tx, DiagnosisRow, Diagnosis, id_)
    cycle = await check_its_cycle(tx, id_, found.cycle)
    facts = await load_facts(tx, cycle)
    goal = next((each for each in facts.goals if each.key == found.goal), None)
    indicator = goal.document["indicator"] if goal else None
    cause = found.cause
    if cause is None and goal:
        cause = (await known_about(tx, cycle, goal, facts)).suggested_cause
    return await _suggest(tx, Case(cause=cause, indicator=indicator, level=level_of(found.scope)))


async def _suggest(tx: Transaction, case: Case) -> list[SuggestedLesson]:
    query = (
        select(LessonRow)
        .where(LessonRow.cause == case.cause)
        .where(*await narrowed(tx, Kind.LESSON, LessonRow.scope))
        .order_by(LessonRow.at.desc(), LessonRow.id.desc())
        .limit(LOOKED_AT)
    )
    views = await _views(tx, list(await tx.session.scalars(query)))
    found = [
        SuggestedLesson(
            **each.model_dump(),
            why=list(likeness(case, each.cause, each.indicator, each.level)),
        )
        for each in views
    ]
    return sorted(found, key=lambda each: first_helpful(each.why, each.helped))[:SUGGESTED]


async def _views(tx: Transaction, lessons: list[Any]) -> list[LessonView]:
    uses = await uses_of(tx, [each.id for each in lessons])
    names = LessonView.model_fields.keys() - {"used", "helped"}
    found = []
    for each in lessons:
        used, helped = uses.get(each.id, (0, 0))
        said = {name: getattr(each, name) for name in names}
        found.append(LessonView(**said, used=used, helped=helped))
    return found
