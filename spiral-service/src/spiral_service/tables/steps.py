"""Human steps of this service (环节), as they were told last."""

from datetime import date, datetime

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from spiral_service.tables.base import Base


class ToldStepRow(Base):
    """What a correction, or those of one cause, was last told to wait for."""

    __tablename__ = "told_step"

    subject: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    """Grows with every step of the subject: one that closed does not open again."""

    kind: Mapped[str]
    scope: Mapped[str]
    owners: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    not_by: Mapped[str]
    due_on: Mapped[date | None]
    is_open: Mapped[bool]
    due_at: Mapped[datetime | None]
    """Until when it should be done; None of one that was told before that was kept."""

    told: Mapped[int] = mapped_column(server_default="0")
    """How many rungs of the ladder were told."""
