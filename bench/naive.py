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
