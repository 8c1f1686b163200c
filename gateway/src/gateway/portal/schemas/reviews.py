"""What the portal reads of review rounds: documents, comments by clause, votes."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from gateway.portal.schemas import May, Read


class Clause(Read):
    """A clause that is commented on by itself."""

    clause: str
    text: str


class File(Read):
    """A file that is laid before the committee."""

    digest: str
    name: str


class Comment(Read):
    """What a member says of a clause, and what became of it."""

    id: UUID
    clause: str | None = None
    text: str
    must: bool
    by: str
    at: AwareDatetime
    answer: str = ""
    answered_by: str | None = None
    answered_at: AwareDatetime | None = None


class Vote(Read):
    """How a member voted."""

    member: str
    vote: str
    reason: str = ""
    at: AwareDatetime


class Round(Read):
    """The review of one version of a document."""

    id: UUID
    version: int
    document: str
    number: int
    kind: str
    title: str
    text: str
    scope: str
    body: str
    clauses: list[Clause] = Field(default_factory=list)
    files: list[File] = Field(default_factory=list)
    author: str
    members: list[str] = Field(default_factory=list)
    due_at: AwareDatetime
    state: str
    opened_by: str
    opened_at: AwareDatetime
    outcome: str | None = None
    summary: str = ""
    decided_by: str | None = None
    decided_at: AwareDatetime | None = None
    counts: dict[str, int] = Field(default_factory=dict)
    waits_for: list[str] = Field(default_factory=list)
    comments: list[Comment] = Field(default_factory=list)
    votes: list[Vote] = Field(default_factory=list)
    may: May
    blocked_by: list[str] = Field(default_factory=list, alias="blockedBy")
