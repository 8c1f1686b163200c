"""Lessons (经验教训) over REST."""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from shared.contracts.causes import Cause
from shared.contracts.vocabulary import Level, ScopeKey
from spiral_service.schemas import examples
from spiral_service.schemas.common import CycleKey, IndicatorKey, Said, Title, Words, closed

_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def _check_subject(subject: str) -> str:
    if not re.fullmatch(rf"(correction|diagnosis)/{_UUID}|cycle/.{{1,300}}", subject):
        raise ValueError("写作 correction/<id>、diagnosis/<id> 或 cycle/<key> (written like these)")
    return subject


class LessonBody(BaseModel):
    """Add a lesson of a cycle to the library."""

    model_config = closed(examples.LESSON)

    cycle: CycleKey
    indicator: IndicatorKey | None = None
    cause: Annotated[
        Cause | None, Field(description="原因编码；不给表示成功经验 · none of what went well")
    ] = None
    title: Title
    text: Words


class UseBody(BaseModel):
    """Say that a lesson was used, and whether it helped."""

    model_config = closed(examples.USE)

    subject: Annotated[str, AfterValidator(_check_subject)]
    helped: bool
    note: Said = ""


class LessonFilter(BaseModel):
    """Which lessons are wanted; what is not given does not restrict."""

    q: Annotated[
        str | None,
        Field(min_length=1, max_length=100, description="文字：两字一段，过半命中 · words"),
    ] = None
    cause: Cause | None = None
    indicator: IndicatorKey | None = None
    level: Level | None = None
    scope: ScopeKey | None = None
    cycle: CycleKey | None = None


class LessonView(BaseModel):
    """A lesson, and of how much use it was."""

    id: UUID
    version: int
    cycle: str
    scope: ScopeKey
    level: Level
    indicator: str | None
    cause: Cause | None
    title: str
    text: str
    by: str
    at: datetime
    used: int
    helped: int


class SuggestedLesson(LessonView):
    """A lesson for who meets the same cause."""

    why: list[str]
    """In what it is like the case: ``cause``, ``indicator``, ``level``."""
