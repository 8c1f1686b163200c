"""Tables of learning events: the events by month, and the totals that are due.

No rule lives here.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Index, Numeric, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from datahub.tables import Base
from shared.kit.columns import Instant


class LearningEventRow(Base):
    """One event as it came, and what was read of it. Each month of the campus is a partition."""

    __tablename__ = "learning_event"

    event_id: Mapped[str] = mapped_column(primary_key=True)
    event_at: Mapped[Instant] = mapped_column(primary_key=True)
    source: Mapped[str]
    digest: Mapped[bytes]
    """Of its content: the same id with another one is a conflict."""

    student_no: Mapped[str | None]
    """None where the event voids another one."""

    class_no: Mapped[str | None]
    verb: Mapped[str]
    """One of the dictionary's, or ``voided``."""

    object_type: Mapped[str | None]
    object_id: Mapped[str | None]
    duration_s: Mapped[int | None]
    result_score: Mapped[Decimal | None] = mapped_column(Numeric)
    statement: Mapped[str]
    voids: Mapped[str | None]
    """Id of the event that this one takes back."""

    voided_by: Mapped[str | None]
    """Id of the event that took this one back; whichever of the two came first."""

    batch: Mapped[int] = mapped_column(BigInteger)
    line: Mapped[int] = mapped_column(BigInteger)
    observed: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_learning_event_student", "student_no", "event_at"),
        Index("ix_learning_event_class", "class_no", "event_at"),
        Index("ix_learning_event_voids", "voids", postgresql_where=text("voids IS NOT NULL")),
        {"postgresql_partition_by": "RANGE (event_at)"},
    )


class LearningDueRow(Base):
    """A total that is to be written anew: an event of that day came, or was taken back."""

    __tablename__ = "learning_due"

    day: Mapped[date] = mapped_column(primary_key=True)
    student_no: Mapped[str] = mapped_column(primary_key=True)
    class_no: Mapped[str] = mapped_column(primary_key=True)
    touched: Mapped[int] = mapped_column(server_default="1")
    """Counts: who touches it again writes the row, and waits for whoever is taking it away."""


class LearningSourceRow(Base):
    """How a source names students, classes and verbs."""

    __tablename__ = "learning_source"

    source: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    saved_at: Mapped[Instant] = mapped_column(server_default=func.now())


class LearningKeptRow(Base):
    """The one row: before ``since`` events were dropped, and none is ever taken in again."""

    __tablename__ = "learning_kept"

    id: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[date]
