"""Entries of the registers of accountability, internal control, excellence and resolutions."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from shared.contracts.vocabulary import ScopeKey, is_scope
from target_service.domain.accounting import (
    Case,
    CaseStatus,
    Control,
    faults_of_case,
    faults_of_controls,
)
from target_service.domain.periods import faults_of_spelling
from target_service.domain.units import Faults
from target_service.schemas import examples
from target_service.schemas.common import Key, Text, Title, WithPeriods, WrittenPeriod
from target_service.schemas.registers import Decided, EntryBody, Line, Party, Refers, Short
from target_service.schemas.standards import CitationBody


class AccountabilityBody(EntryBody):
    """An accountability case (问责): on what basis, whom it concerns, what was decided."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [examples.ACCOUNTABILITY]}
    )

    personal: ClassVar = frozenset({"persons", "facts"})

    scope: ScopeKey
    opened_on: date
    basis: CitationBody
    facts: Annotated[Text, Field(min_length=1, max_length=4000)]
    persons: Annotated[list[Party], Field(min_length=1, max_length=50)]
    status: CaseStatus = "open"
    decision: Annotated[Text, Field(max_length=2000)] = ""
    decided_by: Annotated[Text, Field(max_length=200)] = ""
    decided_on: date | None = None

    @override
    def faults(self) -> Faults:
        """Return what is wrong with its decision."""
        said = self.model_dump(include={"status", "opened_on", "persons"})
        decided = self.model_dump(include={"decision", "decided_by", "decided_on"})
        return faults_of_case(Case(**said, **decided))

    @override
    def references(self) -> dict[str, tuple[Refers, str]]:
        """Return its scope, its basis, and those whom it concerns."""
        persons: dict[str, tuple[Refers, str]] = {
            f"$.persons[{place}]": ("scope", each)
            for place, each in enumerate(self.persons)
            if is_scope(each)
        }
        return {
            "$.scope": ("scope", self.scope),
            "$.basis.document": ("document", self.basis.document),
            **persons,
        }


class ControlBody(BaseModel):
    """A point of an internal control, what was found there, and who mends it by when."""

    model_config = ConfigDict(extra="forbid")

    key: Short
    text: Line
    checked_on: date | None = None
    finding: Annotated[Text, Field(max_length=2000)] = ""
    owner: Annotated[Text, Field(max_length=200)] = ""
    due_on: date | None = None
    done_on: date | None = None
    evidence: Annotated[Text, Field(max_length=400)] = ""

    def to_rule(self) -> Control:
        """Return the point as the rules see it."""
        return Control(**self.model_dump(include={"key", "finding", "owner", "due_on", "done_on"}))


class InternalControlBody(EntryBody, WithPeriods):
    """An internal-control checklist (内控检查表) of a unit for a period."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [examples.INTERNAL_CONTROL]}
    )

    scope: ScopeKey
    period: WrittenPeriod
    basis: CitationBody | None = None
    controls: Annotated[list[ControlBody], Field(min_length=1, max_length=200)]

    @override
    def faults(self) -> Faults:
        """Return what is wrong with its period and its points."""
        points = faults_of_controls([each.to_rule() for each in self.controls])
        return [*faults_of_spelling({"$.period": self.period}), *points]

    @override
    def references(self) -> dict[str, tuple[Refers, str]]:
        """Return its scope, its basis, and owners that are scopes."""
        found: dict[str, tuple[Refers, str]] = {"$.scope": ("scope", self.scope)}
        if self.basis:
            found["$.basis.document"] = ("document", self.basis.document)
        return found | {
            f"$.controls[{place}].owner": ("scope", each.owner)
            for place, each in enumerate(self.controls)
            if is_scope(each.owner)
        }


class ExcellenceBody(EntryBody):
    """What was recognised as excellent (精品课程、品牌专业、优秀团队): level, year, certificate."""

    scope: ScopeKey
    kind: Literal["online", "offline", "blended", "practice", "virtual", "major", "team", "other"]
    """线上、线下、线上线下混合、社会实践、虚拟仿真的精品课; 专业; 团队"""

    level: Literal["national", "provincial", "municipal", "school"]
    year: Annotated[int, Field(ge=1949, le=2199)]
    certificate: Annotated[Title, Field(max_length=400)]
    """Number or place of the certificate."""

    run: Annotated[Text | None, Field(max_length=80)] = None
    """The selection run by which it was chosen, where there was one."""

    @override
    def references(self) -> dict[str, tuple[Refers, str]]:
        """Return its scope."""
        return {"$.scope": ("scope", self.scope)}


class DecisionBody(BaseModel):
    """What a meeting decided on, and how."""

    model_config = ConfigDict(extra="forbid")

    kind: Decided
    key: Key
    text: Annotated[Text, Field(max_length=1000)] = ""


class ResolutionBody(EntryBody):
    """A resolution of a meeting (会议决议: 理事会、党委会、校长办公会), and what it decided on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.RESOLUTION]})

    meeting: Title
    """As the college calls it, such as 校长办公会."""

    held_on: date
    number: Annotated[Text, Field(max_length=100)] = ""
    present: Annotated[list[Party], Field(default_factory=list, max_length=100)]
    text: Annotated[Text, Field(min_length=1, max_length=4000)]
    decides: Annotated[list[DecisionBody], Field(default_factory=list, max_length=100)]

    @override
    def references(self) -> dict[str, tuple[Refers, str]]:
        """Return what it decided on, and who was present by his scope."""
        found: dict[str, tuple[Refers, str]] = {
            f"$.present[{place}]": ("scope", each)
            for place, each in enumerate(self.present)
            if is_scope(each)
        }
        return found | {
            f"$.decides[{place}].key": (each.kind, each.key)
            for place, each in enumerate(self.decides)
        }
