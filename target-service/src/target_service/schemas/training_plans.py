"""The structured part of a training plan (人才培养方案), and what is said about it."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from target_service.domain.support import Support
from target_service.domain.training_plan import Nature, PlannedCourse
from target_service.schemas.common import Indicator, Spelled, Text, Title

Code = Annotated[Text, Field(min_length=1, max_length=60, examples=["C0001"])]
Hours = Annotated[Decimal, Field(gt=0, le=10_000, decimal_places=2)]
Weight = Annotated[Decimal, Field(gt=0, le=1, decimal_places=6)]


class PlannedCourseBody(BaseModel):
    """A course in the table of a training plan."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    """Its number; the course of the hub is ``course/<code>``."""

    title: Title
    hours: Hours
    practice_hours: Annotated[Decimal, Field(ge=0, le=10_000, decimal_places=2)] = Decimal(0)
    credits: Annotated[Decimal | None, Field(gt=0, le=100, decimal_places=2)] = None
    nature: Nature
    elective: bool = False

    def to_rule(self) -> PlannedCourse:
        """Return the course as the rules see it."""
        return PlannedCourse(
            code=self.code,
            hours=self.hours,
            practice_hours=self.practice_hours,
            credits=self.credits,
            nature=self.nature,
            elective=self.elective,
        )


class RequirementBody(BaseModel):
    """A graduation requirement (毕业要求)."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[Text, Field(min_length=1, max_length=40)]
    title: Title


class SupportBody(BaseModel):
    """A cell of the course-outcome matrix: how strongly a course supports a requirement."""

    model_config = ConfigDict(extra="forbid")

    requirement: Annotated[Text, Field(min_length=1, max_length=40)]
    course: Code
    weight: Weight | None = None
    letter: Annotated[str | None, Field(pattern="^[HML]$")] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "SupportBody":
        if (self.weight is None) == (self.letter is None):
            raise ValueError("weight 与 letter 给其一 (give either weight or letter)")
        return self

    def to_rule(self) -> Support:
        """Return the cell as the rules see it."""
        return Support(
            requirement=self.requirement,
            course=self.course,
            weight=self.weight,
            letter=self.letter,
        )


class TrainingPlanBody(BaseModel):
    """Courses, requirements, and which course supports which requirement."""

    model_config = ConfigDict(extra="forbid")

    years: Annotated[int, Field(ge=2, le=5)] = 3
    courses: Annotated[list[PlannedCourseBody], Field(min_length=1, max_length=400)]
    requirements: Annotated[list[RequirementBody], Field(max_length=60)] = []
    support: Annotated[list[SupportBody], Field(max_length=5000)] = []
    support_indicator: Indicator | None = None
    """Measures what a course attains, a ratio or percent; needed for the attainment."""


class FindingView(BaseModel):
    """Something that a training plan does not keep."""

    rule: str
    path: str
    zh: str
    en: str
    source: str


class PlanFiguresView(BaseModel):
    """What the rules were held against; shares are ratios of all hours."""

    hours: Spelled
    practice: Spelled
    public_basic: Spelled
    elective: Spelled


class LintView(BaseModel):
    """The lint of a training plan."""

    key: str
    version: int
    figures: PlanFiguresView
    findings: list[FindingView]


class ShareView(BaseModel):
    """What a course gives to a requirement."""

    course: str
    weight: Spelled
    attainment: Spelled


class SupportedView(BaseModel):
    """How far a requirement is attained."""

    requirement: str
    title: str
    attainment: Spelled
    """None where no course has a value."""

    coverage: Spelled
    """Weight of the courses that have one, of 1."""

    thin: bool
    """Too little of the weight has a value."""

    shares: list[ShareView]


class SupportView(BaseModel):
    """How far the requirements of a training plan are attained by its courses."""

    key: str
    version: int
    indicator: str
    period: str
    requirements: list[SupportedView]
