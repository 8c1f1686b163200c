"""Review rounds of committees (评审) over REST."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.contracts.spiral_reviews import ReviewKind, ReviewOutcome
from shared.contracts.vocabulary import ScopeKey
from shared.kit.moments import Moment
from spiral_service.domain.reviewing import Ballot, ReviewState
from spiral_service.schemas import examples
from spiral_service.schemas.common import Said, Title, Words, closed
from spiral_service.schemas.correcting import FileBody, PartyKey

DocumentKey = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r"^[\w.:@/+-]+$",
        examples=["annual-report-2026"],
        description="文件编号，各轮评审共用 · key of the document, the same in every round",
    ),
]
Clause = Annotated[str, Field(min_length=1, max_length=80, examples=["2.2"])]


class ClauseBody(BaseModel):
    """A clause that is commented on by itself."""

    model_config = ConfigDict(extra="forbid")

    clause: Clause
    text: Annotated[str, Field(min_length=1, max_length=2000)]


class RoundBody(BaseModel):
    """Lay a version of a document before a committee."""

    model_config = closed(examples.REVIEW_ROUND)

    document: DocumentKey
    kind: ReviewKind
    title: Title
    text: Words
    """What it is about; from the second round on also what was changed."""

    scope: ScopeKey
    body: Annotated[
        str,
        Field(min_length=1, max_length=200, description="委员会（机构编号）· the committee's key"),
    ]
    clauses: Annotated[list[ClauseBody], Field(min_length=1, max_length=500)]
    files: Annotated[list[FileBody], Field(max_length=20)] = []
    """Files that the caller has uploaded: ``POST /evidence``."""

    author: PartyKey | None = None
    """Who wrote it, and so does not vote; the caller where none is given."""

    invited: Annotated[list[PartyKey], Field(max_length=50)] = []
    """Experts who vote besides the members of the committee (特聘专家)."""

    due_at: Moment

    @model_validator(mode="after")
    def _name_clauses_once(self) -> Self:
        names = [each.clause for each in self.clauses]
        twice = sorted({each for each in names if names.count(each) > 1})
        if twice:
            raise ValueError(f"条款重复 clauses: {'、'.join(twice)} (named twice)")
        return self


class CommentBody(BaseModel):
    """Comment on a clause, or on the document as a whole."""

    model_config = closed(examples.REVIEW_COMMENT)

    clause: Clause | None = None
    text: Words
    must: bool = False
    """It has to be answered before the next version is reviewed (须修改)."""


class AnswerBody(BaseModel):
    """Say what became of a comment (意见处理)."""

    model_config = closed(examples.REVIEW_ANSWER)

    answer: Words


class VoteBody(BaseModel):
    """Vote (表决); again: change one's vote."""

    model_config = closed(examples.REVIEW_VOTE)

    vote: Annotated[
        Ballot,
        Field(
            description="approve 同意 approve_with_changes 修改后同意 reject 不同意 abstain 弃权"
        ),
    ]
    reason: Said = ""

    @model_validator(mode="after")
    def _say_why_not(self) -> Self:
        if self.vote in {"reject", "approve_with_changes"} and len(self.reason.strip()) < 2:
            raise ValueError("不同意或修改后同意须说明理由 reason (say why in reason)")
        return self


class DecideRoundBody(BaseModel):
    """Put the outcome on record: it follows from the votes, the words are the committee's."""

    model_config = closed(examples.REVIEW_DECISION)

    summary: Words


class ReviewFilter(BaseModel):
    """Which rounds are wanted; what is not given does not restrict."""

    document: DocumentKey | None = None
    kind: ReviewKind | None = None
    scope: ScopeKey | None = None
    state: ReviewState | None = None
    outcome: ReviewOutcome | None = None


class CommentView(BaseModel):
    """A comment, and what became of it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    clause: str | None
    text: str
    must: bool
    by: str
    at: datetime
    answer: str
    answered_by: str | None
    answered_at: datetime | None


class VoteView(BaseModel):
    """How a member voted."""

    model_config = ConfigDict(from_attributes=True)

    member: str
    vote: Ballot
    reason: str
    at: datetime


class ReviewView(BaseModel):
    """A round of review as it stands."""

    id: UUID
    version: int
    document: str
    number: int
    kind: ReviewKind
    title: str
    text: str
    scope: ScopeKey
    body: str
    clauses: list[ClauseBody]
    files: list[FileBody]
    author: str
    members: list[str]
    due_at: datetime
    state: ReviewState
    opened_by: str
    opened_at: datetime
    outcome: ReviewOutcome | None
    summary: str
    decided_by: str | None
    decided_at: datetime | None
    counts: dict[Ballot, int]
    waits_for: list[str]
    """Members who have not voted."""

    comments: list[CommentView]
    """Clause by clause, the first said first; in lists only those that wait for an answer."""

    votes: list[VoteView]
    """Who voted how: for members and who runs reviews; for others the counts alone."""

    may: dict[str, bool]
    """What the caller may do now: ``comment``, ``vote``, ``answer``, ``decide``."""

    blocked_by: Annotated[list[str], Field(serialization_alias="blockedBy")]
