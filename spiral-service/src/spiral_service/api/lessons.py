"""The library of lessons over REST."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response

from shared.kit.app import new_router
from shared.kit.etags import etag_of
from shared.kit.paging import answer_page
from spiral_service.api.common import READ, Db, Paging
from spiral_service.api.doing import Do
from spiral_service.api.seen import OF_A_LESSON
from spiral_service.queries import lessons as queries
from spiral_service.schemas.lessons import (
    LessonBody,
    LessonFilter,
    LessonView,
    SuggestedLesson,
    UseBody,
)
from spiral_service.usecases import lessons as usecases

TAGS: Final = ["lessons 经验教训"]
router = new_router(prefix="/lessons", tags=TAGS, dependencies=OF_A_LESSON)


@router.get("", summary="经验教训库", dependencies=[READ])
async def list_lessons(
    response: Response, db: Db, wanted: Paging, only: Annotated[LessonFilter, Query()]
) -> list[LessonView]:
    async with db.transaction() as tx:
        items, total, after = await queries.list_lessons(tx, only, wanted)
    answer_page(response, wanted, total=total, next_after=after)
    return items


@router.post("", status_code=201, summary="登记经验教训")
async def add_lesson(body: LessonBody, do: Do) -> LessonView:
    """By who holds a role of the cycle."""
    await do.sees_cycle(body.cycle)
    async with do.transaction() as tx:
        lesson = await usecases.learn(tx, body, do.turn)
        do.created(f"lessons/{lesson.id}", lesson.version)
        return await queries.get_lesson(tx, lesson.id)


@router.get("/for-correction/{correction}", summary="适用于纠偏的经验教训", dependencies=[READ])
async def suggest_lessons_for_correction(correction: UUID, db: Db) -> list[SuggestedLesson]:
    """Those of the same cause, the most alike and most helpful first."""
    async with db.transaction() as tx:
        return await queries.suggest_for_correction(tx, correction)


@router.get("/for-diagnosis/{diagnosis}", summary="适用于诊断的经验教训", dependencies=[READ])
async def suggest_lessons_for_diagnosis(diagnosis: UUID, db: Db) -> list[SuggestedLesson]:
    """Those of the same cause, the most alike and most helpful first."""
    async with db.transaction() as tx:
        return await queries.suggest_for_diagnosis(tx, diagnosis)


@router.get("/{lesson}", summary="经验教训", dependencies=[READ])
async def get_lesson(lesson: UUID, response: Response, db: Db) -> LessonView:
    async with db.transaction() as tx:
        answer = await queries.get_lesson(tx, lesson)
    response.headers["ETag"] = etag_of(answer.version)
    return answer


@router.post("/{lesson}/uses", summary="经验教训：记录使用")
async def mark_lesson_use(lesson: UUID, body: UseBody, do: Do) -> LessonView:
    """Once a person and thing; again: to say something else."""
    await do.sees(lambda tx: queries.check_subject(tx, body.subject, do.actor))
    async with do.transaction() as tx:
        await usecases.mark_use(tx, lesson, body, do.turn)
        return await queries.get_lesson(tx, lesson)
