"""Human steps of alerts, as they were told last."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from alert_service.tables.base import Base


class ToldStepRow(Base):
    """Whom an alert was last told to wait for."""

    __tablename__ = "told_step"

    alert: Mapped[str] = mapped_column(ForeignKey("alert.id"), primary_key=True)
    number: Mapped[int]
    """Grows with every step of the alert: one that closed does not open again."""

    owners: Mapped[list[str]] = mapped_column(ARRAY(Text))
    due_at: Mapped[datetime]
    is_open: Mapped[bool]
