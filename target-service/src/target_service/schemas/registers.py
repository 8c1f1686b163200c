"""Entries of the registers: one body a register, one answer for all.

A body tells what is wrong with it, and which scopes, indicators, basis documents it names.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from shared.contracts.vocabulary import Level, ScopeKey, is_scope
from target_service.domain.bodies import Member, Part, Place, Responsibility, faults_of_body
from target_service.domain.processes import faults_of_steps
from target_service.domain.readiness import Evidence, Item, faults_of_items
from target_service.domain.units import Faults
from target_service.schemas import examples
from target_service.schemas.common import Indicator, Key, Text, Title, View
from target_service.schemas.standards import CitationBody, Kind, Tag

Line = Annotated[Text, Field(min_length=1, max_length=1000)]
Short = Annotated[Text, Field(min_length=1, max_length=40)]
Party = Annotated[Text, Field(min_length=1, max_length=200, examples=["unit/JWC"])]
"""A person (``person/T001``), a unit or another scope, or a post in words (校长)."""

Decided = Literal["plan", "goal", "standard", "task", "body"]
Refers = Literal["scope", "indicator", "document"] | Decided


class EntryBody(BaseModel):
    """What every entry has."""

    model_config = ConfigDict(extra="forbid")

    personal: ClassVar[frozenset[str]] = frozenset()
    """Fields that tell of persons: shown to who holds ``target:personal``."""

    key: Key
    title: Title

    def faults(self) -> Faults:
        """Return what is wrong with the entry by itself, by JSON path."""
        return []

    def references(self) -> dict[str, tuple[Refers, str]]:
        """Return what it names that must be there, by JSON path."""
        return {}

    def to_document(self) -> dict[str, Any]:
        """Return the entry as it is stored."""
        return self.model_dump(mode="json", exclude={"key", "title"})


class ClauseBody(BaseModel):
    """A clause of a basis document."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[Text, Field(min_length=1, max_length=100)]
    text: Annotated[Text, Field(max_length=4000)] = ""


class BasisDocumentBody(EntryBody):
    """A basis document (依据文件) that standards cite."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.BASIS]})

    number: Annotated[Text | None, Field(max_length=100)] = None
    """文号, as it should read."""

    cited_as: Annotated[Text | None, Field(max_length=100)] = None
    """As the college's plan writes it, where that differs."""

    issuer: Annotated[Text, Field(max_length=200)] = ""
    issued_on: date | None = None
    clauses: Annotated[list[ClauseBody], Field(max_length=500)] = []
    note: Annotated[Text, Field(max_length=2000)] = ""

    @override
    def faults(self) -> Faults:
        """Return clauses that stand there twice."""
        keys = [each.key for each in self.clauses]
        return [
            (f"$.clauses[{place}].key", f"条款 {key} 出现不止一次 (a clause twice)")
            for place, key in enumerate(keys)
            if key in keys[:place]
        ]


class MemberBody(BaseModel):
    """A member of a body: a person, or whoever holds a post."""

    model_config = ConfigDict(extra="forbid")

    party: Party
    place: Place = Place.MEMBER
    since: date | None = None
    until: date | None = None
    """The last day."""


class DutyBody(BaseModel):
    """A duty of a body, as an item of a checklist."""

    model_config = ConfigDict(extra="forbid")

    key: Short
    text: Line
    done_on: date | None = None
    evidence: Annotated[Text, Field(max_length=400)] = ""


class ResponsibilityBody(BaseModel):
    """A cell of the responsibility matrix (RACI)."""

    model_config = ConfigDict(extra="forbid")

    duty: Short
    party: Party
    part: Part


class BodyBody(EntryBody):
    """A body of the plan (机构, M140–M149)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.BODY]})

    since: date | None = None
    until: date | None = None
    """The last day."""

    members: Annotated[list[MemberBody], Field(max_length=200)] = []
    duties: Annotated[list[DutyBody], Field(max_length=100)] = []
    matrix: Annotated[list[ResponsibilityBody], Field(max_length=1000)] = []
    basis: CitationBody | None = None

    @override
    def faults(self) -> Faults:
        """Return what is wrong with members, duties and matrix."""
        return faults_of_body(
            [
                Member(party=each.party, place=each.place, since=each.since, until=each.until)
                for each in self.members
            ],
            [each.key for each in self.duties],
            [
                Responsibility(duty=each.duty, party=each.party, part=each.part)
                for each in self.matrix
            ],
            (self.since, self.until),
        )

    @override
    def references(self) -> dict[str, tuple[Refers, str]]:
        """Return the parties that are scopes, and the basis."""
        found = _parties("members", [each.party for each in self.members])
        found |= _parties("matrix", [each.party for each in self.matrix])
        return found | _cited(self.basis)


class RiskBody(EntryBody):
    """A risk (风险), the indicator that watches it, and what is done about it."""

    scope: ScopeKey
    likelihood: Annotated[int, Field(ge=1, le=5)]
    impact: Annotated[int, Field(ge=1, le=5)]
    indicator: Indicator | None = None
    owner: Party
    measure: Annotated[Text, Field(max_length=2000)] = ""
    status: Literal["open", "mitigated", "closed"] = "open"

    @override
    def references(self) -> dict[str, tuple[Refers, str]]:
        """Return its scope, its indicator, and an owner that is a scope."""
        found: dict[str, tuple[Refers, str]] = {"$.scope": ("scope", self.scope)}
        if self.indicator:
            found["$.indicator"] = ("indicator", self.indicator)
        return found | ({"$.owner": ("scope", self.owner)} if is_scope(self.owner) else {})


class StepBody(BaseModel):
    """A step of a process."""

    model_config = ConfigDict(extra="forbid")

    key: Short
    title: Title
    party: Party
    days: Annotated[int | None, Field(ge=0, le=3660)] = None
    """Working days that it may take."""

    next: Annotated[list[Short], Field(max_length=20)] = []
    """Steps that may follow; none: the process ends here."""


class ProcessBody(EntryBody):
    """A process definition (工作流程): duties of a unit or post, and the steps of its work."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.PROCESS]})

    unit: ScopeKey
    post: Annotated[Text, Field(max_length=100)] = ""
    duties: Annotated[list[Line], Field(max_length=100)] = []
    steps: Annotated[list[StepBody], Field(min_length=1, max_length=100)]
    basis: CitationBody | None = None

    @override
    def faults(self) -> Faults:
        """Return what is wrong with the steps."""
        return faults_of_steps([(each.key, each.next) for each in self.steps])

    @override
    def references(self) -> dict[str, tuple[Refers, str]]:
        """Return its unit, the parties that are scopes, and the basis."""
        found: dict[str, tuple[Refers, str]] = {"$.unit": ("scope", self.unit)}
        found |= _parties("steps", [each.party for each in self.steps])
        return found | _cited(self.basis)


class ValueBody(EntryBody):
    """A value dimension (价值维度), as the school motto has them."""

    title_en: Annotated[Text, Field(max_length=200)] = ""
    text: Annotated[Text, Field(max_length=2000)] = ""
    levels: Annotated[list[Level], Field(max_length=5)] = []


class ItemBody(BaseModel):
    """An item of the review's checklist, or a milestone."""

    model_config = ConfigDict(extra="forbid")

    key: Short
    title: Title
    weight: Annotated[Decimal, Field(gt=0, le=1, decimal_places=6)]
    milestone: bool = False
    evidence: Evidence = Evidence.NONE
    evidence_at: Annotated[Text, Field(max_length=400)] = ""
    """Where the evidence lies."""

    due_on: date | None = None
    basis: CitationBody | None = None

    def to_rule(self) -> Item:
        """Return the item as the rules see it."""
        return Item(key=self.key, weight=self.weight, evidence=self.evidence, due_on=self.due_on)


class ReadinessBody(EntryBody):
    """A checklist for the external review (复核), with its score."""

    items: Annotated[list[ItemBody], Field(min_length=1, max_length=200)]

    @override
    def faults(self) -> Faults:
        """Return items that stand there twice, and weights that miss 1."""
        return faults_of_items([each.to_rule() for each in self.items])

    @override
    def references(self) -> dict[str, tuple[Refers, str]]:
        """Return what its items cite."""
        return {
            f"$.items[{place}].basis.document": ("document", each.basis.document)
            for place, each in enumerate(self.items)
            if each.basis
        }


class ObjectClassBody(EntryBody):
    """A class of object that the hub has no tag for (``title:lecturer``); its key is the tag."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [examples.OBJECT_CLASS]}
    )

    key: Tag
    kind: Kind
    scopes: Annotated[list[ScopeKey], Field(max_length=20_000)]

    @override
    def faults(self) -> Faults:
        """Return scopes of another kind."""
        return [
            (f"$.scopes[{place}]", f"{scope} 不是 {self.kind} (another kind of scope)")
            for place, scope in enumerate(self.scopes)
            if not scope.startswith(f"{self.kind}/")
        ]

    @override
    def references(self) -> dict[str, tuple[Refers, str]]:
        """Return its scopes."""
        return {f"$.scopes[{place}]": ("scope", each) for place, each in enumerate(self.scopes)}


class EntryView(View):
    """A version of an entry of a register, with what follows from it."""

    key: str
    version: int
    title: str
    document: dict[str, Any]
    """As it was sent."""

    follows: Annotated[dict[str, Any], Field(default_factory=dict)]
    """Of a basis document its ``discrepancies``; of a risk its ``level``, ``colour`` and the states
    of what watches it (``watch``); of a checklist its ``score`` and what each item gives and
    lacks, what costs most first; of a body its ``duties_done`` and who is in it today, of it and of
    a process the ``tasks`` that serve its duties; of an internal control its ``open`` findings and
    those ``overdue``."""

    hidden: Annotated[list[str], Field(default_factory=list)]
    """Fields of the document that tell of persons, and are not shown to this reader."""

    updated_by: str
    updated_at: datetime
    withdrawn_at: datetime | None


def _parties(name: str, parties: list[str]) -> dict[str, tuple[Refers, str]]:
    return {
        f"$.{name}[{place}].party": ("scope", party)
        for place, party in enumerate(parties)
        if is_scope(party)
    }


def _cited(basis: CitationBody | None) -> dict[str, tuple[Refers, str]]:
    return {"$.basis.document": ("document", basis.document)} if basis else {}
