"""Requests and answers about standards."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.vocabulary import ScopeKey
from target_service.domain.comparison import Change
from target_service.domain.criteria import Criterion, Source
from target_service.domain.limits import write_number
from target_service.domain.scoring import spelled
from target_service.domain.standards import StandardKind, StandardState
from target_service.schemas import examples
from target_service.schemas.common import Indicator, Key, Scoring, Text, Title, View
from target_service.schemas.lines import LinesBody, TiersBody
from target_service.schemas.training_plans import TrainingPlanBody

Tag = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_]*(:[^\s]{1,60})?$", examples=["standing:benchmark"])
]
"""A tag of a scope: ``name:value``, or the name alone."""

Kind = Literal["school", "unit", "major", "course", "class", "group", "teacher", "student"]
Person = Annotated[str, Field(pattern=r"^person/[^\s]{1,190}$", examples=["person/T001"])]


class CitationBody(BaseModel):
    """A basis document of the register, and its clause."""

    model_config = ConfigDict(extra="forbid")

    document: Key
    clause: Annotated[Text | None, Field(min_length=1, max_length=100)] = None


class ClassLinesBody(LinesBody):
    """Lines for objects that carry a tag, in place of those of all."""

    object_class: Tag


class CriterionBody(LinesBody):
    """One criterion (指标项) of a standard."""

    indicator: Indicator
    title: Annotated[Text, Field(max_length=200)] = ""
    classes: Annotated[list[ClassLinesBody], Field(default_factory=list, max_length=20)]
    """The first class that an object carries gives its lines."""

    weight: Annotated[Decimal | None, Field(gt=0, le=1, decimal_places=6)] = None
    """Of all criteria together exactly 1; none of them: all the same."""

    source: Source = Source.OWN
    basis: CitationBody | None = None
    scoring: Scoring | None = None
    """For the bindings that have their lines by it, unless they name a rule of their own."""

    def to_rule(self) -> Criterion:
        """Return the criterion as the rules see it."""
        return Criterion(
            indicator=self.indicator,
            lines=self.lines(),
            classes={each.object_class: each.lines() for each in self.classes},
            weight=self.weight,
            about={"scoring": self.scoring},
        )

    def to_document(self) -> dict[str, Any]:
        """Return the criterion as it is stored."""
        return {
            "indicator": self.indicator,
            "title": self.title,
            **self.lines_document(),
            "classes": [
                {"object_class": each.object_class, **each.lines_document()}
                for each in self.classes
            ],
            "weight": write_number(self.weight) if self.weight is not None else None,
            "source": self.source.value,
            "basis": self.basis.model_dump() if self.basis else None,
            "scoring": spelled(self.scoring) if self.scoring else None,
        }


class SectionBody(BaseModel):
    """A section of the text (标准文本)."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    text: Annotated[Text, Field(min_length=1, max_length=20_000)]


class AppliesBody(BaseModel):
    """Which objects a standard is for: scopes of a kind that carry every tag.

    By it a teacher finds the standard of his title and track (``title:lecturer``).
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    tags: Annotated[list[Tag], Field(max_length=10)] = []


class StandardBody(BaseModel):
    """A standard (标准); other content under the same key makes the next version.

    Without ``kind`` it is the line of one indicator (``indicator`` and ``tiers``), approved by whom
    sends it. With a ``kind`` it is a document: a draft until another person approves it.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.STANDARD]})

    key: Key
    title: Title
    kind: StandardKind = StandardKind.LINE
    indicator: Indicator | None = None
    basis: Annotated[Text | None, Field(max_length=400)] = None
    """Where the standard comes from, in words; a criterion cites a clause of the register."""

    tiers: TiersBody = TiersBody()
    scope: ScopeKey | None = None
    """Whose standard it is: the school, a unit, a major."""

    applies_to: AppliesBody | None = None
    sections: Annotated[list[SectionBody], Field(max_length=100)] = []
    criteria: Annotated[list[CriterionBody], Field(max_length=200)] = []
    plan: TrainingPlanBody | None = None
    """Of a training plan."""

    approver: Person | None = None
    """Who shall approve it; whoever leads its scope, or the quality office, when not given."""

    effective_from: Annotated[date | None, Field(le=date(2999, 12, 31))] = None
    """First day; today when not given."""

    def parts(self) -> set[str]:
        """Return the names of the parts that are given."""
        names = ("indicator", "scope", "applies_to", "sections", "criteria", "plan", "approver")
        given = {name for name in names if getattr(self, name)}
        return given | ({"tiers"} if self.tiers.to_document() else set())


class DecisionBody(BaseModel):
    """Approve a draft, or send it back."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "reject"]
    reason: Annotated[Text | None, Field(min_length=1, max_length=1000)] = None
    """Why it is sent back; or why a training plan is approved in spite of what the lint found."""


class StandardView(View):
    """A version of a standard."""

    key: str
    version: int
    kind: StandardKind
    state: StandardState
    title: str
    scope: str | None
    applies_to: dict[str, Any] | None
    indicator: str | None
    basis: str | None
    tiers: dict[str, Any]
    sections: list[dict[str, Any]]
    criteria: list[dict[str, Any]]
    plan: dict[str, Any] | None
    effective_from: date
    author: str
    approver: str | None
    drafted_at: datetime | None
    approved_by: str | None
    """Who approved it, or sent it back; None while it waits."""

    approved_at: datetime | None
    reason: str | None
    withdrawn_at: datetime | None
    """When it was withdrawn; None while it is not."""


class StandardFilter(BaseModel):
    """Which standards are wanted; what is not given does not restrict."""

    indicator: Indicator | None = None
    """Of a line, or of any criterion."""

    kind: StandardKind | None = None
    state: StandardState | None = None
    scope: ScopeKey | None = None


class LineChangeView(View):
    """What became of one line of a criterion."""

    line: str
    change: Change
    before: str | None
    """As it is written: ``>= 0.8``."""

    after: str | None


class CriterionChangeView(BaseModel):
    """What became of one criterion between two versions."""

    indicator: str | None
    change: Change
    lines: list[LineChangeView]
    """Those that differ."""

    others: list[str]
    """What else differs: ``weight``, ``basis`` and the like."""


class ComparisonView(BaseModel):
    """Two versions of a standard, criterion by criterion."""

    key: str
    before: int
    after: int
    counts: dict[Change, int]
    criteria: list[CriterionChangeView]
