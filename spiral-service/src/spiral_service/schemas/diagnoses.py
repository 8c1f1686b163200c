"""Diagnoses (诊断), and what follows from assessments (激励), over REST."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.contracts.causes import Cause
from shared.contracts.vocabulary import Level, PeriodKey, ScopeKey, is_scope
from shared.kit.moments import Moment
from spiral_service.domain.diagnosing import Source
from spiral_service.schemas import examples
from spiral_service.schemas.common import CycleKey, GoalKey, Said, Words, closed


class DraftBody(BaseModel):
    """Draft the diagnosis of a goal, or change the draft."""

    model_config = closed(examples.DIAGNOSIS)

    cycle: CycleKey
    goal: GoalKey
    cause: Annotated[
        Cause | None, Field(description="原因编码；未达成时必填 · why it was missed")
    ] = None
    conclusion: Words


class ContributeBody(BaseModel):
    """Say what one source thinks of a goal (多元诊断)."""

    model_config = closed(examples.CONTRIBUTION)

    source: Annotated[
        Source,
        Field(
            description="self 自评 student 学生 peer 同行 supervision 督导"
            " employer 用人单位 expert 专家"
        ),
    ]
    speaker: Annotated[
        str | None,
        Field(
            min_length=1, max_length=200, description="谁的意见；不给则为提交人 · whose word it is"
        ),
    ] = None
    rating: Annotated[Decimal | None, Field(ge=0, le=100, max_digits=5, decimal_places=2)] = None
    text: Words


def _check_person(name: str) -> str:
    is_record = name.startswith(("teacher/", "student/")) and is_scope(name)
    if not (is_record or re.fullmatch(r"person/[\w.@-]{1,100}", name)):
        raise ValueError("写作 student/…、teacher/… 或 person/… (a person)")
    return name


class AskBody(BaseModel):
    """Ask persons for their voice in a diagnosis, as one source; they need not see its cycle."""

    model_config = closed(examples.ASK)

    source: Source
    persons: Annotated[
        list[Annotated[str, AfterValidator(_check_person), Field(examples=["student/20260055"])]],
        Field(min_length=1, max_length=50),
    ]
    """``student/…``, ``teacher/…``; ``person/…`` of who has an account alone."""

    due_at: Moment | None = None
    """Until when they should speak; a week from now where none is given."""


class SpeakBody(BaseModel):
    """Hand in one's voice, as one was asked."""

    model_config = closed(examples.VOICE)

    rating: Annotated[Decimal | None, Field(ge=0, le=100, max_digits=5, decimal_places=2)] = None
    text: Words


class SignBody(BaseModel):
    """Sign the conclusion of a diagnosis."""

    model_config = closed(examples.SIGNATURE)

    note: Said = ""


class PastView(BaseModel):
    """How an earlier period came out."""

    model_config = ConfigDict(from_attributes=True)

    period: str
    state: str
    value: str | None
    attainment: str | None


class CorrectedView(BaseModel):
    """A correction on the indicator of the goal, and what it brought."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    title: str
    state: str
    how: str | None
    cause: str | None
    measure: str | None
    effect: str | None


class KnownView(BaseModel):
    """The facts about a goal, with which its diagnosis starts."""

    model_config = ConfigDict(from_attributes=True)

    indicator: str | None
    target: dict[str, Any] | None
    state: str | None
    """None while it has no judgement."""

    value: str | None
    attainment: str | None
    gap: str | None
    history: list[PastView]
    """Earlier periods, the newest first."""

    alerts: list[dict[str, Any]]
    corrections: list[CorrectedView]
    causes: dict[str, int]
    """How often corrections named a cause."""

    suggested_cause: Cause | None
    """The most frequent of them; None without one, or where two are level."""


class ContributionView(BaseModel):
    """What one source says."""

    source: Source
    weight: Decimal
    speaker: str
    rating: Decimal | None
    text: str
    by: str
    at: datetime


class AskedView(BaseModel):
    """Somebody who was asked for his voice."""

    model_config = ConfigDict(from_attributes=True)

    source: Source
    person: str
    asked_by: str
    asked_at: datetime
    due_at: datetime
    spoken_at: datetime | None


class VoiceView(BaseModel):
    """What somebody is asked to speak to, and what he has said: nothing else of the cycle."""

    diagnosis: UUID
    source: Source
    scope: ScopeKey
    scope_name: str
    """Chinese name; the key of the scope while the hub has not told its name."""

    scope_name_en: str | None
    level: Level
    period: PeriodKey
    goal_title: str
    due_at: datetime
    spoken_at: datetime | None
    rating: Decimal | None
    text: str
    """Empty while he has not spoken."""

    may: dict[str, bool]
    """What the caller may do now: ``speak``."""


class DiagnosisView(BaseModel):
    """The diagnosis of a goal; without an id while nobody has drafted it."""

    id: UUID | None
    version: int
    """0 while nobody has drafted it."""

    cycle: str
    scope: ScopeKey
    goal: str
    goal_title: str
    state: Literal["none", "draft", "signed"]
    known: KnownView
    """As of its signature; as of now while it is not signed."""

    cause: Cause | None
    conclusion: str
    drafted_by: str | None
    drafted_at: datetime | None
    signed_by: str | None
    signed_at: datetime | None
    note: str
    contributions: list[ContributionView]
    asked: list[AskedView] = []
    """Who was asked for his voice."""

    rating: Decimal | None
    """Σ weight · mean of the source ÷ Σ weight, of 100; None where nobody rated."""

    rated_weight: Decimal
    """Σ weight of the sources that rated; 1 where all did."""

    may: dict[str, bool]
    """What the caller may do now: ``draft``, ``contribute``, ``ask``, ``sign``."""

    blocked_by: Annotated[list[str], Field(serialization_alias="blockedBy")]
    """What stands in the way of its signature."""


class IncentiveView(BaseModel):
    """A published result of an assessment (考核结果) of the scope and period of a cycle."""

    key: str
    version: int
    title: str
    purpose: str
    period: PeriodKey | None
    scheme: str
    kind: Literal["assessment", "honour", "accountability"]
    """``accountability``: it came out with a yellow or red verdict."""

    points: str | None
    grade: str | None
    place: int | None
    verdicts: list[str]
    decision: str | None
