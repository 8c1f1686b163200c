"""What people wrote on one-page sheets."""

from datetime import datetime

from sqlalchemy import ARRAY, Text
from sqlalchemy.orm import Mapped, mapped_column

from target_service.tables.base import Base


class SheetRow(Base):
    """Title, leader, order and notes of a sheet; all else follows from goals and tasks."""

    __tablename__ = "sheet"

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    title: Mapped[str]
    leader: Mapped[str]
    objective: Mapped[str]
    tasks: Mapped[list[str]] = mapped_column(ARRAY(Text))
    summary: Mapped[str]
    forecast: Mapped[str]
    updated_by: Mapped[str]
    updated_at: Mapped[datetime]
