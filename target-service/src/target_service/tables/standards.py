"""Standards."""

from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from target_service.tables.base import Base, Document


class StandardRow(Base):
    """One version of a standard (标准文本); versions are kept for ever."""

    __tablename__ = "standard"

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    indicator: Mapped[str | None]
    basis: Mapped[str | None]
    tiers: Mapped[Document]
    effective_from: Mapped[date]
    approved_by: Mapped[str]
    approved_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
