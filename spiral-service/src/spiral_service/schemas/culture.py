"""Quality culture (质量文化) and advice to students over REST."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.contracts.vocabulary import PeriodKey, ScopeKey
from spiral_service.domain.culture import CultureLevel, CultureMeasure
from spiral_service.schemas import examples
from spiral_service.schemas.common import IndicatorKey, Title, Words, closed
from spiral_service.schemas.correcting import FileBody

Place = Annotated[
    CultureLevel, Field(description="awareness 知晓 identification 认同 construction 建构")
]
Kind = Annotated[
    CultureMeasure, Field(description="spirit 精神 material 物质 institution 制度 conduct 行为")
]


class CampaignBody(BaseModel):
    """Record something that was done for the culture of quality."""

    model_config = closed(examples.CAMPAIGN)

    scope: ScopeKey
    level: Place
    measure: Kind
    title: Title
    text: Words
    held_on: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]
    participants: Annotated[int, Field(ge=0, le=1_000_000)]
    materials: Annotated[list[FileBody], Field(max_length=50)] = []
    """Files that the caller has uploaded: ``POST /evidence``."""


class CampaignView(BaseModel):
    """Something that was done for the culture of quality."""

    id: UUID
    scope: ScopeKey
    level: CultureLevel
    measure: CultureMeasure
    title: str
    text: str
    held_on: date
    participants: int
    materials: list[FileBody]
    by: str
    recorded_at: datetime


class SurveyBody(BaseModel):
    """Hand in what a survey found, or name the indicator that measures it."""

    model_config = closed(examples.SURVEY)

    scope: ScopeKey
    period: PeriodKey
    level: Place
    measure: Kind
    score: Annotated[Decimal | None, Field(ge=0, le=100, max_digits=5, decimal_places=2)] = None
    indicator: Annotated[
        IndicatorKey | None,
        Field(description="取该对象该周期的测量值 · its measured value is taken"),
    ] = None
    respondents: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    origin: Annotated[str, Field(max_length=200, description="问卷名称与日期")] = ""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.score is None) is (self.indicator is None):
            raise ValueError("score 与 indicator 给且只给一个 (one of score and indicator)")
        return self


class CellView(BaseModel):
    """What was found of one level and measure."""

    level: CultureLevel
    level_zh: str
    measure: CultureMeasure
    measure_zh: str
    score: Decimal | None
    """None while no survey was handed in."""

    respondents: int
    indicator: str | None
    origin: str
    campaigns: int
    """Campaigns of the scope for it."""


class ShareView(BaseModel):
    """So many of so many."""

    name: str
    zh: str
    en: str
    count: int
    of: int
    rate: Decimal | None
    """None where there is nothing to count."""


class ParticipationView(BaseModel):
    """Who took part, when and where (全员、全过程、全方位)."""

    from_: Annotated[date, Field(serialization_alias="from")]
    to: date
    roles: list[ShareView]
    """全员: those of a role who acted, of all who hold it."""

    phases: list[ShareView]
    """全过程: cycles in which people acted in a phase, of those that ran."""

    fields: list[ShareView]
    """全方位: scopes of a level with an act, of all of them."""


class IndexView(BaseModel):
    """The culture index (文化指数) of a scope and period, and how it came about."""

    scope: ScopeKey
    period: PeriodKey
    value: Decimal | None
    survey: Decimal | None
    use: Decimal | None
    words: str
    """The arithmetic."""

    cells: list[CellView]
    """Three levels by four measures."""

    uses: list[ShareView]


class ResultView(BaseModel):
    """Something that quality work brought."""

    model_config = ConfigDict(from_attributes=True)

    kind: Literal["correction", "measure", "lesson", "proposal", "review"]
    title: str
    scope: ScopeKey
    scope_name: str
    before: str | None
    """Value before and after, of a correction that was verified."""

    after: str | None
    at: datetime


class WallView(BaseModel):
    """The wall of results (质量成果墙); nothing on it is about one student or teacher."""

    values: list[ShareView]
    """Who cares for quality, who creates it, and how much got better; by counts, never by name."""

    counts: dict[str, int]
    """By kind of the results that are shown, how many there are."""

    results: list[ResultView]
    """The newest thirty first."""

    campaigns: list[CampaignView]
    """The newest thirty first, with their materials: ``GET /evidence/{digest}``."""


class AdviceBody(BaseModel):
    """Put advice to a student on record."""

    model_config = closed(examples.ADVICE)

    student: Annotated[ScopeKey, Field(pattern="^student/")]
    topic: Title
    text: Words


class AdviceView(BaseModel):
    """Advice to a student."""

    id: UUID
    student: ScopeKey
    topic: str
    text: str
    by: str
    at: datetime
