"""Events about the culture of quality (质量文化), published by the spiral service."""

from datetime import date
from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.contracts.base import Event, Model
from shared.contracts.vocabulary import PeriodKey, ScopeKey

CultureLevel = Literal["awareness", "identification", "construction"]
CultureMeasure = Literal["spirit", "material", "institution", "conduct"]


class Material(Model):
    """A file that was handed in."""

    digest: str
    """SHA-256 of its content."""

    name: str


class CampaignRecorded(Event):
    """Something that was done for the culture of quality was put on record (文化活动)."""

    type: ClassVar[str] = "qa.spiral.campaign.recorded.v1"

    campaign: str
    scope: ScopeKey
    level: CultureLevel
    measure: CultureMeasure
    title: str
    text: str
    held_on: date
    participants: int
    materials: tuple[Material, ...] = ()
    by: str
    at: AwareDatetime


class SurveyRecorded(Event):
    """What a survey found of one level and measure was handed in, or stated anew."""

    type: ClassVar[str] = "qa.spiral.survey.recorded.v1"

    scope: ScopeKey
    period: PeriodKey
    level: CultureLevel
    measure: CultureMeasure
    score: str
    """Of 100."""

    indicator: str | None
    """The one whose value it is; None of a score that was handed in."""

    respondents: int
    origin: str
    by: str
    at: AwareDatetime
