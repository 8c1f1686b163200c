"""Requests of indicators."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from datahub.indicators.domain.handed import Entry
from shared.contracts.vocabulary import PeriodKey, ScopeKey

IndicatorId = Annotated[str, Field(max_length=80)]
CatalogueRow = Annotated[str, Field(pattern=r"^(SC|MJ|CR|TC|ST|PR)[0-9]{0,2}$")]
"""A row of the catalogue, ``SC01``; two letters alone are every row of a family."""


class PublishAsked(BaseModel):
    """Which definitions of the catalogue to publish; all of them where nothing is named."""

    model_config = ConfigDict(extra="forbid")

    indicators: Annotated[list[IndicatorId] | None, Field(max_length=500)] = None
    rows: Annotated[list[CatalogueRow] | None, Field(max_length=200)] = None


Figure = Annotated[Decimal, Field(max_digits=36, decimal_places=6)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Words = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
"""Not blanks alone."""

Link = Annotated[str, Field(max_length=2000, pattern=r"^https?://[^\s\x00]+$")]


class HandIn(BaseModel):
    """A value that somebody hands in; the value itself, or its numerator and denominator."""

    model_config = ConfigDict(extra="forbid")

    indicator: IndicatorId
    scope: ScopeKey
    period: PeriodKey
    value: Figure | None = None
    numerator: Figure | None = None
    denominator: Figure | None = None
    n: Annotated[int, Field(ge=1, le=10**12)]
    """Answers, or things counted, that the value rests on (样本数)."""

    evidence: Digest | None = None
    """A file that was uploaded to ``/evidence``."""

    evidence_name: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] | None = None
    link: Link | None = None
    note: Words | None = None

    def entry(self) -> Entry:
        """Return what it says."""
        return Entry(**dict(self))


class Retire(BaseModel):
    """Why a definition is measured no more, and since when."""

    model_config = ConfigDict(extra="forbid")

    on: date | None = None
    """The present day on the campus where none is named; none that has not come."""

    reason: Words


class Reason(BaseModel):
    """Why a value is rejected, or taken back."""

    model_config = ConfigDict(extra="forbid")

    reason: Words


class StateAsked(BaseModel):
    """Whether a measured value is right; what is wrong with it where it is not."""

    model_config = ConfigDict(extra="forbid")

    indicator: IndicatorId
    scope: ScopeKey
    period: PeriodKey
    agrees: bool
    reason: Words | None = None

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.agrees is (self.reason is not None):
            raise ValueError("异议须写理由，确认不写 (an objection has a reason)")
        return self


class AnswerAsked(BaseModel):
    """What became of an objection: the value is wrong and will be mended, or it stays."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["upheld", "dismissed"]
    reason: Words
