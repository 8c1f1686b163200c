"""The tables of the naive way, and what it checks."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench.single import FEED


def _coded(field: str, before: str = "") -> BeforeValidator:
    codes: dict[str, str] = FEED["fields"][field]["codes"]

    def check(text: str) -> str:
        if before + text not in codes:
            raise ValueError(text)
        return codes[before + text]

    return BeforeValidator(check)


Term = Annotated[str, _coded("term", "2025-")]
GradeType = Annotated[str, _coded("grade_type")]
Scale = Annotated[str, _coded("scale")]
ExamStatus = Annotated[str, _coded("exam_status")]


class Base(DeclarativeBase):
    """Tables of the naive way."""


class NewScore(Base):
    """A score as it is taken in."""

    __tablename__ = "naive_score"

    key: Mapped[str] = mapped_column(primary_key=True)
    student_no: Mapped[str]
    course_code: Mapped[str]
    term: Mapped[str]
    class_no: Mapped[str | None]
    grade_type: Mapped[str]
    attempt: Mapped[int]
    raw_text: Mapped[str | None]
    number: Mapped[Decimal | None]
    scale: Mapped[str | None]
    passed: Mapped[bool | None]
    exam_status: Mapped[str | None]
    credits_earned: Mapped[Decimal | None]
    gpa: Mapped[Decimal | None]
    recorded_at: Mapped[datetime | None]


class CheckedScore(BaseModel):
    """The same, checked and mapped from how the academic system writes it."""

    student_no: str = Field(validation_alias="xh")
    course_code: str = Field(validation_alias="kch")
    term: Term = Field(validation_alias="xqm")
    class_no: str | None = Field(validation_alias="jxb")
    grade_type: GradeType = Field(validation_alias="cjlx")
    attempt: int = Field(validation_alias="kscs")
    raw_text: str = Field(validation_alias="cj")
    number: Annotated[Decimal, BeforeValidator(lambda text: text.removesuffix("分"))] = Field(
        validation_alias="cj"
    )
    scale: Scale = Field(validation_alias="cjjz")
    passed: Annotated[bool, BeforeValidator(lambda text: text == "是")] = Field(
        validation_alias="sfjg"
    )
    exam_status: ExamStatus = Field(validation_alias="cjbz")
    credits_earned: Decimal = Field(validation_alias="xf")
    gpa: Decimal = Field(validation_alias="jd")
    recorded_at: datetime = Field(validation_alias="lrsj")

    @property
    def key(self) -> str:
        """Its natural key."""
        parts = self.student_no, self.course_code, self.term, self.grade_type, self.attempt
        return "/".join(map(str, parts))


class Score(Base):
    """A score of the hub's own table, by the fields that a page would show."""

    __tablename__ = "record_score"

    key: Mapped[str] = mapped_column(primary_key=True)
    student_no: Mapped[str]
    course_code: Mapped[str]
    term: Mapped[str]
    number: Mapped[float | None]
    passed: Mapped[bool | None]
