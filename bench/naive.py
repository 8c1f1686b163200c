"""The table of the naive way."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Tables of the naive way."""


class Row(Base):
    """A submission."""

    __tablename__ = "naive_submission"

    key: Mapped[str] = mapped_column(primary_key=True)
    score: Mapped[float | None]
    banked: Mapped[bool]


class Score(Base):
    """A score of the hub's own table, by the fields that a page would show."""

    __tablename__ = "record_score"

    key: Mapped[str] = mapped_column(primary_key=True)
    student_no: Mapped[str]
    course_code: Mapped[str]
    term: Mapped[str]
    number: Mapped[float | None]
    passed: Mapped[bool | None]
