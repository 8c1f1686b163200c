"""Requests about assessments; ``assessment_views`` has the answers."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.vocabulary import ScopeKey
from target_service.domain.assessing.conditions import Clause, Condition, Facet, Verdict
from target_service.domain.assessing.found import Gather
from target_service.domain.assessing.ranking import Grade
from target_service.domain.assessing.runs import Step
from target_service.domain.assessing.scheme import Item, Purpose, Scheme, Takes
from target_service.domain.assessing.sources import Check, Rater, Source
from target_service.schemas import examples
from target_service.schemas.common import (
    LimitBody,
    Numbers,
    Text,
    Title,
    WithPeriods,
    WrittenPeriod,
)

Word = Annotated[str, Field(pattern=r"^\w[\w.:-]*$", max_length=80, examples=["dept-2026"])]
"""A key without a slash: it is one step of a path."""

Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=6)]
Points = Annotated[Decimal, Field(ge=0, le=100, decimal_places=6)]
Reason = Annotated[Text, Field(min_length=1, max_length=2000)]
Kind = Literal["school", "unit", "major", "course", "class", "group", "teacher", "student", "team"]
PeriodKind = Literal["day", "week", "month", "term", "ayear", "year", "plan", "span"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SourceBody(_Strict):
    """Who marks, what it counts, and how many marks it takes."""

    rater: Rater
    weight: Share
    minimum: Annotated[int, Field(ge=1, le=10_000)] = 1


class CheckBody(_Strict):
    """One line of a checklist with its points; all of them are 100."""

    key: Word
    title: Title
    points: Points


class ItemBody(_Strict):
    """One item (考核指标): what it takes, by which rule, with which weight."""

    key: Word
    title: Title
    takes: Takes
    of: Annotated[Text, Field(max_length=80)] = ""
    """The indicator, or the scheme whose results are taken; of ``goals`` and ``tasks`` the plan
    that they belong to, empty for all of the period."""

    rule: dict[str, Any] | None = None
    """One of the nine scoring rules with its parameters; ``best`` and ``mean`` of a rule that
    compares are taken from those assessed together, where they are not given."""

    weight: Share
    veto: LimitBody | None = None
    gather: Gather = Gather.POOLED
    lower_is_better: bool = False
    period_kind: PeriodKind | None = None
    sources: Annotated[list[SourceBody], Field(max_length=6)] = []
    checklist: Annotated[list[CheckBody], Field(max_length=50)] = []

    def to_rule(self) -> Item:
        """Return the item as the rules see it."""
        return Item(
            **self.model_dump(include={"key", "title", "takes", "of", "rule", "weight", "gather"}),
            veto=self.veto.to_rule() if self.veto else None,
            lower_is_better=self.lower_is_better,
            period_kind=self.period_kind or "",
            sources=tuple(Source(**each.model_dump()) for each in self.sources),
            checklist=tuple(Check(**each.model_dump()) for each in self.checklist),
        )


class ClauseBody(_Strict):
    """An item, or ``total``, held against a limit."""

    item: Word
    facet: Facet = "value"
    limit: LimitBody


class ConditionBody(_Strict):
    """Clauses of which so many must hold; all of them where ``least`` is not given."""

    title: Title
    verdict: Verdict
    clauses: Annotated[list[ClauseBody], Field(min_length=1, max_length=20)]
    least: Annotated[int | None, Field(ge=1, le=20)] = None

    def to_rule(self) -> Condition:
        """Return the condition as the rules see it."""
        clauses = tuple(
            Clause(item=each.item, facet=each.facet, limit=each.limit.to_rule())
            for each in self.clauses
        )
        return Condition(
            title=self.title,
            verdict=self.verdict,
            clauses=clauses,
            least=self.least or len(clauses),
        )


class GradeBody(_Strict):
    """A grade (等次), from which points on, and which share at most may have it."""

    name: Title
    least: Annotated[Points, Field(alias="from")]
    share: Share | None = None

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class SchemeBody(_Strict):
    """Draft an assessment scheme; other content under the same key makes the next version."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.SCHEME]})

    key: Word
    title: Title
    purpose: Purpose
    kind: Kind
    """Whom it assesses; ``team`` is a group of teachers that a run names."""

    basis: Annotated[Text | None, Field(max_length=400)] = None
    items: Annotated[list[ItemBody], Field(min_length=1, max_length=100)]
    grades: Annotated[list[GradeBody], Field(max_length=10)] = []
    conditions: Annotated[list[ConditionBody], Field(max_length=20)] = []
    ranked: bool = False
    tie_break: Annotated[list[Word], Field(max_length=10)] = []
    quota: Annotated[int | None, Field(ge=1, le=100_000)] = None
    opt_in: bool = False
    minimum_coverage: Share = Decimal("0.6")
    objection_days: Annotated[int, Field(ge=0, le=60)] = 5
    """Days of the announcement, its first day among them, on which objections are taken."""

    def to_rule(self) -> Scheme:
        """Return the scheme as the rules see it."""
        same = {"purpose", "kind", "ranked", "quota", "opt_in", "minimum_coverage"}
        return Scheme(
            **self.model_dump(include=same),
            objection_days=self.objection_days,
            tie_break=tuple(self.tie_break),
            items=tuple(each.to_rule() for each in self.items),
            grades=tuple(Grade(**each.model_dump()) for each in self.grades),
            conditions=tuple(each.to_rule() for each in self.conditions),
        )


class SubjectBody(_Strict):
    """One who is assessed, where it is not simply a scope."""

    subject: Annotated[str, Field(pattern=r"^[a-z]+/\S{1,200}$", examples=["unit/JWC"])]
    """A scope of the scheme's kind; ``team/…`` for a team."""

    title: Annotated[Text, Field(max_length=200)] = ""
    stands_for: Annotated[list[ScopeKey], Field(max_length=200)] = []
    """Whose values count: the members of a team, the unit of a cadre; itself where empty."""

    since: date | None = None
    until: date | None = None
    """Term of office of a cadre: first day, and the day after the last."""


class RunBody(_Strict, WithPeriods):
    """Open a run of a scheme, or change it while it is open."""

    key: Word
    title: Title
    scheme: Word
    period: WrittenPeriod
    also: Annotated[list[WrittenPeriod], Field(max_length=7)] = []
    """Periods of other kinds, for items that are measured for those."""

    subjects: Annotated[list[SubjectBody] | None, Field(min_length=1, max_length=20_000)] = None
    """Every scope of the kind that is there, where not given."""


class StepBody(_Strict):
    """Take a run one step on; it is published by ``publication``."""

    step: Literal[Step.COLLECT, Step.COMPUTE, Step.REVIEW, Step.CANCEL]
    reason: Annotated[Text, Field(max_length=2000)] = ""


class PublicationBody(_Strict):
    """Publish the results of a run."""

    reason: Annotated[Text, Field(max_length=2000)] = ""


class MarkBody(_Strict):
    """A mark from 0 to 100, or a filled checklist that adds up to one."""

    subject: Annotated[Text, Field(max_length=210)]
    item: Word
    source: Rater
    rater: Annotated[Text, Field(min_length=1, max_length=200)]
    """Who marks, or what stands for him; one mark of each, a later one replaces it."""

    mark: Numbers | None = None
    checklist: dict[str, Numbers] = {}


class MarksBody(_Strict):
    """Marks; all of them are taken, or none."""

    marks: Annotated[list[MarkBody], Field(min_length=1, max_length=5000)]


class TallyBody(_Strict):
    """An event, an award or a level."""

    subject: Annotated[Text, Field(max_length=210)]
    item: Word
    ref: Annotated[Text, Field(min_length=1, max_length=200)]
    """What it is known by: sent again it is the same; a count of 0 takes it back."""

    what: Annotated[Text, Field(min_length=1, max_length=80)]
    """As the item's rule names it: ``complaint``, ``national/1``."""

    count: Numbers = "1"
    note: Annotated[Text, Field(max_length=400)] = ""


class TalliesBody(_Strict):
    """Tallies; all of them are taken, or none."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.TALLIES]})

    tallies: Annotated[list[TallyBody], Field(min_length=1, max_length=5000)]


class ObjectionBody(_Strict):
    """Object to a result."""

    subject: Annotated[Text, Field(max_length=210)]
    item: Word | None = None
    reason: Reason


class AnswerBody(_Strict):
    """Answer an objection."""

    upheld: bool
    answer: Reason


class DecisionBody(_Strict):
    """Decide on one who is nominated, tied, chosen, red or yellow."""

    subject: Annotated[Text, Field(max_length=210)]
    decision: Literal["confirmed", "declined"]
    reason: Reason


class DecisionsBody(_Strict):
    """Decisions; all of them are taken, or none."""

    decisions: Annotated[list[DecisionBody], Field(min_length=1, max_length=500)]


class ConsentBody(_Strict):
    """Agree to have a place in the rankings of a scheme, or agree no more."""

    given: bool
