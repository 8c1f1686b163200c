"""Requests and responses: the work on reports."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from report_service.schemas.common import Body, Key, Passage, Words


class Draft(BaseModel):
    """How far a report has come, and where people write."""

    report: UUID
    state: str
    state_zh: str
    version: int
    owner: str
    cycle: str | None
    due_at: datetime | None
    submitted_by: str | None
    reviewed_by: str | None
    issued_by: str | None
    issued_at: datetime | None
    superseded_by: UUID | None
    reason: str
    texts: dict[str, str]
    places: dict[str, int]
    """Where people write, and how many characters each place holds."""

    signatures: dict[str, str]
    """By role: who signed."""

    files: dict[str, str]
    """Of an issued report: SHA-256 by format."""

    may: dict[str, bool]


class WriteTexts(Body):
    """Texts by place; each becomes a new version."""

    texts: Annotated[
        dict[Key, Passage],
        Field(min_length=1, max_length=500, examples=[{"overview": "本学期教学运行平稳。"}]),
    ]


class ReviewReport(Body):
    """Let a report pass, or send it back."""

    approve: bool
    reason: Words = ""


class SignReport(Body):
    """Sign a report in a role that its cover names."""

    role: Key


class Comment(Body):
    """A remark on a section."""

    section: Key
    text: Annotated[Words, StringConstraints(min_length=1)]


class CommentOut(BaseModel):
    """A remark as it is kept."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    section: str
    text: str
    by: str
    at: datetime
    settled_by: str | None
    settled_at: datetime | None


class TextVersion(BaseModel):
    """A version of what stood at a place."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    text: str
    by: str
    at: datetime


class FindingOut(BaseModel):
    """Something that is wrong with a draft."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    place: str
    must: bool
    zh: str
    en: str


class RemadeOut(BaseModel):
    """A report that was made again from the facts that it was made from."""

    model_config = ConfigDict(from_attributes=True)

    same: bool
    digest: str
    again: str
    reason: str


class Difference(BaseModel):
    """A number that is another than in the report before."""

    point: str
    before: str
    now: str


class Comparison(BaseModel):
    """A report beside the one of the period before."""

    report: UUID
    before: UUID | None
    before_period: str | None
    differences: list[Difference]
