"""Registers."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from target_service.tables.base import Base, Document


class RegisterEntryRow(Base):
    """One version of an entry of a register; versions are kept for ever."""

    __tablename__ = "register_entry"
    __table_args__ = (
        Index(
            "uq_register_entry_newest",
            "register",
            "key",
            unique=True,
            postgresql_where=text("newest"),
        ),
    )

    register: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    newest: Mapped[bool]
    title: Mapped[str]
    document: Mapped[Document]
    updated_by: Mapped[str]
    updated_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
