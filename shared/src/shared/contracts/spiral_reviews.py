"""Events about reviews of documents by committees, published by the spiral service."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.contracts.base import Event
from shared.contracts.vocabulary import ScopeKey

ReviewKind = Literal[
    "post_standards",
    "quality_standards",
    "goal_system",
    "annual_report",
    "assurance_plan",
    "smart_campus_plan",
    "assurance_rules",
    "other",
]
"""What a committee deliberates on (plan M142)."""

ReviewOutcome = Literal["passed", "passed_with_changes", "rejected", "no_quorum"]


class ReviewRoundDecided(Event):
    """A committee has decided on a version of a document (评审结论)."""

    type: ClassVar[str] = "qa.spiral.review_round.decided.v1"

    review_round: str
    version: int
    document: str
    number: int
    """Of the rounds of its document, and so the version of the document."""

    kind: ReviewKind
    title: str
    scope: ScopeKey
    body: str
    """The committee, as the target service names it."""

    outcome: ReviewOutcome
    """``no_quorum``: fewer than two thirds of the members voted in time."""

    votes: dict[Literal["approve", "approve_with_changes", "reject", "abstain"], int]
    members: int
    """How many could vote."""

    comments: int
    demands: int
    """Comments that ask for a change before the next version."""

    summary: str
    by: str
    at: AwareDatetime
