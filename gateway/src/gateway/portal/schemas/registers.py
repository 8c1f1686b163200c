"""What the portal reads of documents that the target service keeps by key."""

from collections import defaultdict
from datetime import date
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from gateway.portal.schemas import May, Number, Read
from shared.contracts.vocabulary import PeriodKey


class Entry(BaseModel):
    """A document as it stands, or as it was; its other fields are in `document`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    key: str
    version: int
    title: str
    withdrawn_at: AwareDatetime | None = None

    @property
    def follows(self) -> dict[str, Any]:
        """Return what follows from it; None for what does not."""
        return defaultdict(lambda: None, (self.model_extra or {}).get("follows") or {})

    @property
    def document(self) -> dict[str, Any]:
        """Return what was written, whether it stands alone or among what is told of it."""
        more = self.model_extra or {}
        inner = more.get("document")
        own = inner if isinstance(inner, dict) else {}
        said = {**more, "key": self.key, "title": self.title, **own}
        return defaultdict(lambda: None, said)

    def told(self, name: str) -> Any:
        """Return something that is told of it; None where nothing is."""
        return (self.model_extra or {}).get(name)


class Result(Read):
    """How somebody came out of an assessment."""

    subject: str
    title: str
    points: Number | None
    coverage: Number | None
    thin: bool
    vetoed: bool
    place: int | None
    choice: str | None
    grade: str | None
    verdicts: tuple[str, ...]
    decision: str | None
    decision_reason: str | None
    decided_by: str | None


class Run(Read):
    """A run of an assessment."""

    key: str
    title: str
    kind: str
    period: PeriodKey
    state: str
    opened_at: AwareDatetime
    objections_until: date | None


class Line(Read):
    """One item of a result."""

    item: str
    title: str
    takes: str
    weight: str
    value: str | None
    score: str | None
    points: str | None
    vetoes: bool
    short: tuple[str, ...]


class Explained(Result):
    """A result item by item."""

    lines: tuple[Line, ...]


class Objection(Read):
    """An objection, and what became of it."""

    number: int
    subject: str
    item: str | None
    reason: str
    raised_by: str
    raised_at: AwareDatetime
    upheld: bool | None
    answer: str | None
    answered_by: str | None


class ActDone(Read):
    """What somebody did in a run."""

    act: str
    by: str
    at: AwareDatetime


class Selection(Read):
    """What a selector would make of its scopes."""

    counts: dict[str, int]


class Attained(Read):
    """How what is bound stands."""

    state: str
    value: Number | None = None
    attainment: Number | None = None
    coverage: Number | None = None
    warning: bool = False
    overdue: bool = False
    stale: bool = False


class PlanMay(Read):
    """What can be done to a plan, and what is in the way."""

    may: May
    blockedBy: tuple[str, ...] = ()  # noqa: N815 — the contract's name
