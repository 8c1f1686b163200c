"""Find lessons: by words, by what they are about, and how often they were of use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select

from shared.contracts.causes import Cause
from shared.contracts.vocabulary import Level
from shared.kit.database import Transaction
from spiral_service.domain.lessons import enough, pieces
from spiral_service.tables import LessonRow, LessonUseRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What was learnt in a cycle."""

    id: UUID
    version: int
    cycle: str
    scope: str
    level: Level
    indicator: str | None
    cause: Cause | None
    title: str
    text: str
    by: str
    at: datetime


def holds_words(words: str) -> ColumnElement[bool]:
    """Return what a lesson has to be to be found by some words."""
    told: Any = func.lower(LessonRow.title + " " + LessonRow.text)
    hits = [case((func.strpos(told, each) > 0, 1), else_=0) for each in pieces(words)]
    count: Any = sum(hits[1:], hits[0])
    found: ColumnElement[bool] = count >= enough(len(hits))
    return found


async def uses_of(tx: Transaction, lessons: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Return by lesson how often it was used, and how often it helped."""
    use = LessonUseRow
    helped = func.count().filter(use.helped)
    rows = await tx.session.execute(
        select(use.lesson, func.count().label("used"), helped.label("helped"))
        .where(use.lesson.in_(lessons))
        .group_by(use.lesson)
    )
    return {row.lesson: (row.used, row.helped) for row in rows}
